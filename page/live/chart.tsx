// One picture of values over time, as lines, with its latest values as text. Its colours are those of the style sheet.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { clockMinutes } from '../parts/words.ts'
import { pathThrough, roundMarks } from './scale.ts'

export interface Line {
  readonly label: string
  /** The class with its colour. */
  readonly colour: string
}

interface Props {
  readonly title: string
  readonly lines: readonly Line[]
  readonly write: (value: number) => string
  /** The least that the picture is high. */
  readonly atLeast: number
  /** Seconds since 1970, in equal steps. */
  readonly times: readonly number[]
  readonly values: readonly (readonly (number | null)[])[]
}

const height = 110
const margin = { left: 52, right: 6, top: 6, bottom: 18 }
const widthOfTime = 90

const useWidth = () => {
  const place = useRef<HTMLDivElement>(null)
  const [width, use] = useState(0)
  useLayoutEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const measure = () => use(element.clientWidth)
    measure()
    const sized = new ResizeObserver(measure)
    sized.observe(element)
    return () => sized.disconnect()
  }, [])
  return [place, width] as const
}

const highest = (values: Props['values'], atLeast: number): number =>
  values.reduce(
    (top, some) => some.reduce<number>((most, value) => Math.max(most, value ?? 0), top),
    atLeast,
  )

const Lines = ({
  lines,
  write,
  times,
  values,
  atLeast,
  width,
}: Props & { readonly width: number }) => {
  const top = highest(values, atLeast) * 1.05
  const right = width - margin.right
  const bottom = height - margin.bottom
  const x = (index: number) =>
    margin.left + (index / Math.max(1, times.length - 1)) * (right - margin.left)
  const y = (value: number) => bottom - (value / top) * (bottom - margin.top)
  const everyMark = Math.ceil((times.length * widthOfTime) / width)
  return (
    <svg width={width} height={height} aria-hidden="true">
      {roundMarks(top, 3).map((value) => (
        <g key={value}>
          <line class="grid" x1={margin.left} x2={right} y1={y(value)} y2={y(value)} />
          <text x={margin.left - 6} y={y(value) + 4} text-anchor="end">
            {write(value)}
          </text>
        </g>
      ))}
      {times.map((time, index) =>
        index % everyMark !== 0 || x(index) > right - 30 ? null : (
          <text key={time} x={x(index)} y={height - 3}>
            {clockMinutes(time)}
          </text>
        ),
      )}
      {lines.map(({ label, colour }, index) => {
        const points = (values[index] ?? []).map((value, at) =>
          value === null ? null : ([x(at), y(value)] as const),
        )
        return <path key={label} class={colour} d={pathThrough(points)} />
      })}
    </svg>
  )
}

export const Chart = (props: Props) => {
  const { title, lines, write, values } = props
  const [place, width] = useWidth()
  return (
    <figure class="chart">
      <figcaption>
        {title}
        {lines.map(({ label, colour }, index) => {
          const last = values[index]?.findLast((value) => value !== null) ?? undefined
          return (
            <span key={label} class="key">
              <span class={`swatch ${colour}`} /> {label}{' '}
              <span class="dim">{last === undefined ? '–' : write(last)}</span>
            </span>
          )
        })}
      </figcaption>
      <div ref={place} class="canvas">
        {width > 0 && <Lines {...props} width={width} />}
      </div>
    </figure>
  )
}
