// Log lines for people: one for each event, in columns, coloured, cut to the width of the terminal.
import type { ChalkInstance } from 'chalk'
import type { Clock } from '../../base/clock.ts'
import { duration } from '../../base/duration.ts'
import { printable } from '../../base/escape.ts'
import type { LogFields } from '../../base/ports.ts'
import { cutTo, screenWidth } from '../../base/screen-width.ts'
import { shortId } from '../../decisions/decision-log.ts'
import { tookText, whoText } from '../../decisions/event-words.ts'
import { fieldsText } from './fields-text.ts'
import { createRepeats, type Repeats } from './repeats.ts'

/** The terminal that shows the log, or the pipe that gets what a terminal would show. */
export interface Terminal {
  readonly isTTY: boolean
  /** Asked again for each line; undefined: lines are not cut. */
  columns(): number | undefined
  readonly style: ChalkInstance
}

type Level = 'debug' | 'info' | 'warn' | 'error'
type Paint = (text: string) => string

interface Cell {
  readonly text: string
  readonly paint?: Paint
  /** Columns that it takes at least, and at most. */
  readonly min?: number
  readonly max?: number
}

interface Row {
  readonly status: Cell
  readonly cells: readonly Cell[]
  readonly id?: string | undefined
  /** Whether equal events are counted instead of shown. */
  readonly folds: boolean
}

/** From this width on, what and who have columns of their own. */
const wideColumns = 140
/** From this width on, there is room for whole request ids. */
const idColumns = 150
const timeWidth = 8
const statusWidth = 9

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? printable(value) : undefined
const number = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined

const statusPaint = (style: ChalkInstance, outcome: unknown): Paint => {
  if (outcome === 'ok') return style.green
  return outcome === 'undecided' || outcome === 'error' ? style.yellow : style.red
}

/** A call or a refusal. */
const decisionRow = (fields: LogFields, style: ChalkInstance, isWide: boolean): Row => {
  const { outcome, status, code, detail, rule } = fields
  const ok = outcome === 'ok'
  const who = whoText({
    sub: text(fields['sub']),
    clientId: text(fields['client_id']),
    client: text(fields['client']),
    address: text(fields['address']),
  })
  const what = text(fields['name']) ?? text(fields['method']) ?? text(fields['http_method']) ?? '-'
  const reasons = [text(detail), rule === undefined ? undefined : `rule ${text(rule) ?? ''}`]
  const why = reasons.filter((one) => one !== undefined && one !== '').join('; ')
  const column = (columns: number) => ({ max: columns, ...(isWide ? { min: columns } : {}) })
  const word = number(status)?.toString() ?? text(outcome) ?? ''
  return {
    status: { text: word, paint: statusPaint(style, outcome) },
    cells: [
      { text: what, ...column(26) },
      { text: who, paint: style.cyan, ...column(22) },
      { text: tookText(number(fields['duration_ms'])), ...column(7) },
      { text: text(code) ?? '', paint: style.bold },
      { text: why },
    ],
    id: text(fields['request_id']),
    // A call that went well is shown each time: it took another time.
    folds: !ok,
  }
}

const levelPaint = (style: ChalkInstance, level: Level): Paint =>
  ({ debug: style.dim, info: style.blue, warn: style.yellow, error: style.red })[level]

/** Anything else: the backend that it is about, the message, its reasons, and the other fields. */
const otherRow = (level: Level, fields: LogFields, message: string, style: ChalkInstance): Row => {
  const { backend, request_id: id, event: _event, code, detail, line, stream, ...rest } = fields
  // What a backend wrote is shown instead of the words for it.
  const said = line === undefined ? message : `${text(stream) ?? 'said'}: ${text(line) ?? ''}`
  return {
    status: { text: level, paint: levelPaint(style, level) },
    cells: [
      { text: text(backend) ?? '', paint: style.bold },
      { text: printable(said) },
      { text: text(code) ?? '', paint: style.bold },
      { text: text(detail) ?? '' },
      { text: printable(fieldsText(rest).trim()), paint: style.dim },
    ],
    id: text(id),
    folds: true,
  }
}

const plural = (count: number, word: string): string =>
  `${String(count)} ${word}${count === 1 ? '' : 's'}`

const counts = (counted: unknown): string =>
  typeof counted === 'object' && counted !== null
    ? Object.entries(counted)
        .map(([code, count]) => `${String(count)} ${code}`)
        .join(', ')
    : ''

/** The last lines: what was answered, what was refused, and for how long it ran. */
const endedRows = (fields: LogFields, style: ChalkInstance): readonly Row[] => {
  const of = (name: string): number => number(fields[name]) ?? 0
  const parts = [
    `${plural(of('calls'), 'call')} in ${duration(of('uptime_s'))}`,
    ...(of('ok') > 0 ? [`${String(of('ok'))} ok`] : []),
    ...(of('errors') > 0 ? [plural(of('errors'), 'error')] : []),
    ...(of('failed') > 0 ? [`${String(of('failed'))} failed`] : []),
  ]
  const row = (word: string, said: string): Row => ({
    status: { text: word, paint: style.bold },
    cells: [{ text: printable(said) }],
    folds: false,
  })
  return [
    row('ended', parts.join(', ')),
    ...(of('refused') === 0
      ? []
      : [row('refused', `${String(of('refused'))}: ${counts(fields['refusals'])}`)]),
  ]
}

const readyRow = (message: string, style: ChalkInstance): Row => ({
  status: { text: 'ready', paint: style.green.bold },
  cells: [{ text: printable(message.replace(/^ready: /, '')) }],
  folds: false,
})

const rowsOf = (
  level: Level,
  fields: LogFields,
  message: string,
  style: ChalkInstance,
  isWide: boolean,
): readonly Row[] => {
  switch (fields['event']) {
    case 'audit':
    case 'refusal':
      return [decisionRow(fields, style, isWide)]
    case 'ended':
      return endedRows(fields, style)
    case 'ready':
      return [readyRow(message, style)]
    default:
      return [otherRow(level, fields, message, style)]
  }
}

const fit = ({ text: given, min = 0, max = Infinity }: Cell, left: number): string => {
  const cut = cutTo(given, Math.min(max, left))
  return cut + ' '.repeat(Math.max(0, Math.min(min, left) - screenWidth(cut)))
}

/** `suffix` is shown whole, whatever is cut. */
const draw = (
  { status, cells, id }: Row,
  {
    time,
    columns,
    style,
    suffix,
  }: {
    readonly time: string
    readonly columns: number | undefined
    readonly style: ChalkInstance
    readonly suffix: string
  },
): string => {
  const width = columns ?? Infinity
  const shownId = id === undefined ? '' : width >= idColumns ? id : id.slice(0, shortId)
  const ends = [
    ...(suffix === '' ? [] : [{ text: suffix, paint: style.yellow }]),
    ...(shownId === '' ? [] : [{ text: shownId, paint: style.dim }]),
  ]
  let left = width - ends.reduce((sum, end) => sum + 2 + screenWidth(end.text), 0)
  const drawn: string[] = []
  const put = (cell: Cell): void => {
    const gap = drawn.length === 0 ? 0 : 2
    if (cell.text === '' && (cell.min ?? 0) === 0) return
    if (left - gap < 1) return
    const fitted = fit(cell, left - gap)
    left -= gap + screenWidth(fitted)
    drawn.push((cell.paint ?? String)(fitted))
  }
  put({ text: time, paint: style.dim, min: timeWidth })
  put({ ...status, min: statusWidth, max: statusWidth })
  for (const cell of cells) put(cell)
  return [...drawn, ...ends.map(({ text: word, paint }) => paint(word))].join('  ').trimEnd()
}

export interface PrettyLog {
  write(level: Level, fields: LogFields, message: string): void
  /** Shows what was counted. */
  close(): void
}

export const createPrettyLog = (
  terminal: Terminal,
  clock: Clock,
  sink: { write(line: string): unknown },
): PrettyLog => {
  const { style } = terminal
  const repeats: Repeats = createRepeats(clock)
  const show = (row: Row, columns: number | undefined, suffix = ''): void => {
    const time = new Date(clock.now()).toISOString().slice(11, 11 + timeWidth)
    sink.write(`${draw(row, { time, columns, style, suffix })}\n`)
  }
  return {
    write: (level, fields, message) => {
      const columns = terminal.columns()
      const isWide = columns === undefined || columns >= wideColumns
      for (const row of rowsOf(level, fields, message, style, isWide)) {
        const key = JSON.stringify([row.status.text, row.cells.map((cell) => cell.text)])
        const again = (count: number, seconds: number): void =>
          show(row, terminal.columns(), `x${String(count)} in ${String(seconds)} s`)
        if (!row.folds || repeats.isNew(key, again)) show(row, columns)
      }
    },
    close: () => repeats.close(),
  }
}
