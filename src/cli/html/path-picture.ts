// The path as a picture: a box for each part, an arrow between them, twice: side by side, and stacked for narrow windows.
import { shortened } from '../../base/escape.ts'
import { markup, type Markup } from './markup.ts'
import { signs, type Tone } from './tone.ts'

export interface Hop {
  /** Of the section that shows its requests and answers. */
  readonly anchor: string
  readonly name: string
  /** What is there, such as a host. */
  readonly place: string
  readonly tone: Tone
  /** The state in words. */
  readonly state: string
}

const box = { width: 184, height: 78 }
const gap = 26
const margin = 4

type Direction = 'wide' | 'tall'

interface Spot {
  readonly x: number
  readonly y: number
}

const spotOf = (index: number, direction: Direction): Spot =>
  direction === 'wide'
    ? { x: margin + index * (box.width + gap), y: margin }
    : { x: margin, y: margin + index * (box.height + gap) }

const sizeOf = (count: number, direction: Direction) => {
  const long = (side: number) => count * side + (count - 1) * gap + 2 * margin
  return direction === 'wide'
    ? { width: long(box.width), height: box.height + 2 * margin }
    : { width: box.width + 2 * margin, height: long(box.height) }
}

/** From the box of this spot to the next. */
const arrow = ({ x, y }: Spot, direction: Direction): Markup => {
  const start =
    direction === 'wide'
      ? { x: x + box.width, y: y + box.height / 2 }
      : { x: x + box.width / 2, y: y + box.height }
  const line = direction === 'wide' ? `h ${gap - 3}` : `v ${gap - 3}`
  const head = direction === 'wide' ? 'm -7 -5 l 7 5 l -7 5' : 'm -5 -7 l 5 7 l 5 -7'
  return markup`<path class="arrow" d="M ${start.x} ${start.y} ${line} ${head}"/>`
}

const drawn = ({ anchor, name, place, tone, state }: Hop, { x, y }: Spot): Markup => {
  const middle = x + box.width / 2
  const row = (dy: number, what: string, text: string): Markup =>
    markup`<text class="${what}" x="${middle}" y="${y + dy}" text-anchor="middle">${text}</text>`
  return markup`<a href="#${anchor}"><rect class="box ${tone}" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="8"/>
${row(23, 'name', name)}
${row(43, 'place', shortened(place, 26))}
${row(64, `state ${tone}`, `${signs[tone]} ${state}`)}</a>
`
}

const picture = (hops: readonly Hop[], direction: Direction): Markup => {
  const { width, height } = sizeOf(hops.length, direction)
  const spots = hops.map((_, index) => spotOf(index, direction))
  return markup`<svg class="path ${direction}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="group" aria-label="The path of a request, one box for each part">
${spots.slice(0, -1).map((spot) => arrow(spot, direction))}
${hops.map((hop, index) => drawn(hop, spots[index] ?? spotOf(0, direction)))}</svg>
`
}

export const pathPicture = (hops: readonly Hop[]): Markup =>
  markup`<figure>${picture(hops, 'wide')}${picture(hops, 'tall')}<figcaption>Each box leads to its requests and answers below.</figcaption></figure>
`
