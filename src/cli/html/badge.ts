// The file of --badge: a small SVG for a README, with the grade or the verdict as text.
import { string } from '@oclif/core/flags'
import { openOwnFile, type OwnFile } from '../report/own-file.ts'
import { markup } from './markup.ts'
import type { Tone } from './tone.ts'

export const badgeFlag = {
  badge: string({
    description: 'write the result as a small SVG image, for a README',
    helpValue: '<file>',
    helpGroup: 'CI',
  }),
}

const colours: Readonly<Record<Tone, string>> = {
  ok: '#1a7f3c',
  warn: '#8a5a00',
  bad: '#b3202c',
  open: '#59636e',
  none: '#59636e',
}

export interface Badge {
  readonly label: string
  readonly text: string
  readonly tone: Tone
}

/** Of Verdana at 11 pixels, on average: textLength makes the letters fit. */
const letter = 6.6
const padding = 12

/** Marks a file as written by this program. */
const origin = '<!-- written by mcp-proxy --badge -->'

export const badgeText = ({ label, text, tone }: Badge): string => {
  const left = Math.round(label.length * letter) + padding
  const right = Math.round(text.length * letter) + padding
  const all = left + right
  const words = (x: number, width: number, shown: string) =>
    markup`<text x="${x + width / 2}" y="14" textLength="${width - padding}" lengthAdjust="spacingAndGlyphs">${shown}</text>`
  const picture = markup`<svg xmlns="http://www.w3.org/2000/svg" width="${all}" height="20" role="img" aria-label="${label}: ${text}">
<title>${label}: ${text}</title>
<clipPath id="round"><rect width="${all}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)"><rect width="${left}" height="20" fill="#3b424a"/><rect x="${left}" width="${right}" height="20" fill="${colours[tone]}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${words(0, left, label)}${words(left, right, text)}</g>
</svg>`
  return `${picture.text}\n${origin}\n`
}

/** Undefined where none is wanted. */
export const openBadge = async (file: string | undefined): Promise<OwnFile | undefined> =>
  file === undefined
    ? undefined
    : openOwnFile(file, {
        flag: '--badge',
        mode: 0o644,
        isOurs: (content) => content.toString('utf8').trimEnd().endsWith(origin),
      })
