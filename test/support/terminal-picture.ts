// Output of a terminal as an SVG: what a person sees, as text that can be read and selected.

interface Run {
  readonly text: string
  readonly bold: boolean
  readonly colour: string | undefined
}

const colours: Readonly<Record<string, string>> = {
  '2': '#8b949e',
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Bold, dim, red, green and yellow: what our own output uses. */
const runsOf = (line: string): readonly Run[] => {
  let bold = false
  let colour: string | undefined
  return line.split('\u001b[').flatMap((part, index) => {
    const [, codes = '', text = ''] =
      index === 0 ? ['', '', part] : (/^([\d;]*)m(.*)$/s.exec(part) ?? [])
    for (const code of codes.split(';')) {
      if (code === '0') [bold, colour] = [false, undefined]
      if (code === '1') bold = true
      if (code === '22') [bold, colour] = [false, colour === colours['2'] ? undefined : colour]
      if (code === '39') colour = undefined
      colour = colours[code] ?? colour
    }
    return text === '' ? [] : [{ text, bold, colour }]
  })
}

const size = { row: 19, column: 8.05, margin: 16 }

const span = ({ text, bold, colour }: Run): string =>
  `<tspan${bold ? ' font-weight="bold"' : ''}${colour === undefined ? '' : ` fill="${colour}"`}>${escaped(text)}</tspan>`

/** `columns`: how wide the terminal was. */
export const terminalPicture = (
  title: string,
  lines: readonly string[],
  columns: number,
): string => {
  const width = Math.ceil(columns * size.column + 2 * size.margin)
  const height = lines.length * size.row + 2 * size.margin
  const rows = lines.map(
    (line, index) =>
      `<text x="${size.margin}" y="${size.margin + (index + 0.75) * size.row}" xml:space="preserve">${runsOf(line).map(span).join('')}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13.3" fill="#e6edf3">
${rows.join('\n')}
</g>
</svg>
`
}
