// The list of checks as a person reads it: what failed first, with what was compared and what to do.
import { isJsonObject, type Json } from '../../base/json.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { HintReport } from './hints.ts'
import { shortened } from '../../base/escape.ts'
import type { Style } from '../terminal/style.ts'
import { difference, type Difference } from './difference.ts'
import { hanging, longest, padded } from './layout.ts'

const order: readonly CheckReport['status'][] = ['fail', 'warn', 'pass', 'skip']

const marks = (style: Style): Readonly<Record<CheckReport['status'], string>> => ({
  fail: style.red.bold('FAIL'),
  warn: style.yellow('warn'),
  pass: style.green('pass'),
  skip: style.dim('skip'),
})

/** A server decides how long its strings are, and a screen how much of them can be read. */
const longestMessage = 1000

export const messageText = (text: string): string => shortened(text, longestMessage)

export const valueText = (value: Json): string =>
  shortened(typeof value === 'string' ? value : JSON.stringify(value), 300)

const leaves = (value: Json): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap((item: Json) => leaves(item))
    : [typeof value === 'string' ? value : JSON.stringify(value)]

/** Two strings that should be one: for these the eye wants to see where they part. */
const pointed: ReadonlySet<string> = new Set([
  'claim-iss-near-miss',
  'claim-aud-near-miss',
  'asm-issuer',
  'prm-resource',
])

/** In at most `width` columns each; undefined where the check compares no two strings that should be one. */
export const pointedDifference = (
  { id, evidence }: CheckReport,
  width?: number,
): Difference | undefined => {
  const { actual, expected } = evidence ?? {}
  if (!pointed.has(id) || typeof actual !== 'string' || typeof expected !== 'string')
    return undefined
  return difference(actual, expected, width)
}

const differing = (
  check: CheckReport,
  width: number | undefined,
): readonly (readonly [string, string])[] | undefined => {
  const found = pointedDifference(check, width)
  return (
    found && [
      ['found', found.found],
      ['wanted', found.wanted],
      ['', found.carets],
    ]
  )
}

/** What was compared, unless the message already says it. */
export const comparison = ({
  evidence,
  message,
}: CheckReport): readonly (readonly [string, string])[] => {
  if (evidence === null) return []
  const { expected, actual, note } = evidence
  // A table is told elsewhere: as the requests that were made.
  const isTable = Array.isArray(actual) && actual.some((row) => isJsonObject(row))
  const isSaid = (value: Json) => leaves(value).every((leaf) => message?.includes(leaf) === true)
  const rows: (readonly [string, Json | undefined])[] = [
    ['found', isTable ? undefined : actual],
    ['wanted', expected],
  ]
  return [
    ...rows.flatMap(([label, value]) =>
      value === undefined || isSaid(value) ? [] : [[label, valueText(value)] as const],
    ),
    ...(note === undefined ? [] : [['note', messageText(note)] as const]),
  ]
}

export interface View {
  readonly style: Style
  readonly columns: number | undefined
}

export const counted = (checks: readonly CheckReport[]): string => {
  const names = { fail: 'failed', warn: 'with advice', pass: 'passed', skip: 'skipped' }
  return order
    .flatMap((status) => {
      const count = checks.filter((check) => check.status === status).length
      return count === 0 ? [] : [`${String(count)} ${names[status]}`]
    })
    .join(', ')
}

const fact = (value: Json): string =>
  isJsonObject(value)
    ? Object.entries(value)
        .map(([name, member]) => `${name} ${leaves(member ?? null).join(' ')}`)
        .join(', ')
    : leaves(value).join(' ')

/** What a check that passed was looking at. */
const seen = ({ evidence }: CheckReport): string => {
  const { actual, note } = evidence ?? {}
  return [
    ...(actual === undefined ? [] : [fact(actual)]),
    ...(note === undefined ? [] : [note]),
  ].join(', ')
}

/** Ids that share what there is to say are told together. */
const grouped = (checks: readonly CheckReport[]): readonly (readonly [string, string[]])[] => {
  const groups = new Map<string, string[]>()
  for (const check of checks) {
    const text = check.message ?? seen(check)
    groups.set(text, [...(groups.get(text) ?? []), check.id])
  }
  return [...groups]
}

/** Where nobody says how wide the screen is, lists of ids still do not become endless lines. */
const listColumns = 100

const quietLines = (
  status: 'pass' | 'skip',
  checks: readonly CheckReport[],
  { style, columns }: View,
): string[] => {
  const head = `  ${marks(style)[status]}  `
  return grouped(checks).map(([message, ids]) => {
    const list = ids.join(', ')
    const text = message === '' ? list : `${list}: ${style.dim(messageText(message))}`
    return hanging(head, text, columns ?? listColumns)
  })
}

const briefLength = 120

/** The headline has said it: a sentence may be repeated, of a paragraph only its beginning. */
const briefly = ({ message }: CheckReport): string => {
  const text = message ?? ''
  return text.length > briefLength
    ? `${shortened(text, briefLength)} (as said above)`
    : messageText(text)
}

/** What the rest of the report says already, and what it knows beside the checks. */
export interface Surroundings {
  /** The check whose remedy and hints stand in the headline already. */
  readonly primary?: string | undefined
  readonly hints?: readonly HintReport[]
  /** What stands before an id; default: what became of the check. */
  readonly mark?: (check: CheckReport) => string
}

const isTold = ({ status }: CheckReport): boolean => status === 'fail' || status === 'warn'

/** `fail` and `warn` on lines of their own with evidence and remedy below; the rest gathered. With marks of their own they stand in the order given. */
export const checkLines = (
  checks: readonly CheckReport[],
  view: View,
  { primary, hints = [], mark }: Surroundings = {},
): string[] => {
  const { style, columns } = view
  const marked = mark ?? (({ status }: CheckReport) => marks(style)[status])
  const of = (status: CheckReport['status']) => checks.filter((check) => check.status === status)
  const told = mark === undefined ? [...of('fail'), ...of('warn')] : checks.filter(isTold)
  const width = longest(told.map(({ id }) => id))
  const markWidth = Math.max(4, longest(told.map(marked)))
  const indent = 2 + markWidth + 2 + width + 2
  // On a narrow terminal what stands below an id would be squeezed beside it.
  const isNarrow = columns !== undefined && columns < indent + 60
  const below = ' '.repeat(isNarrow ? 8 : indent)
  const room = columns === undefined ? undefined : Math.max(20, columns - below.length - 7)
  return [
    ...told.flatMap((check) => {
      const head = `  ${padded(marked(check), markWidth)}  ${padded(check.id, width)}  `
      const said = check.id === primary
      const pictured = differing(check, room ?? longestMessage)
      const rows: (readonly [string, string])[] = [
        ...(pictured === undefined ? comparison(check) : []),
        ...(check.hint === null || said ? [] : [['fix', check.hint] as const]),
        ...hints
          .filter((hint) => hint.check === check.id && !said)
          .map(({ provider, text }) => ['hint', `${provider}: ${text}`] as const),
      ]
      const row = (name: string): string => `${below}${style.dim(padded(name, 6))} `
      const message = said ? briefly(check) : messageText(check.message ?? '')
      return [
        ...(isNarrow && mark !== undefined
          ? [head.trimEnd(), hanging(below, message, columns)]
          : [hanging(head, message, columns)]),
        ...(pictured ?? []).map(([name, line]) => `${row(name)}${line}`.trimEnd()),
        ...rows.map(([name, words]) => hanging(row(name), messageText(words), columns)),
      ]
    }),
    ...quietLines('pass', of('pass'), view),
    ...quietLines('skip', of('skip'), view),
  ]
}
