// The list of checks as a person reads it: what failed first, with what was compared and what to do.
import { isJsonObject, type Json } from '../../base/json.ts'
import type { CheckReport } from '../checks-report.ts'
import { printable, shortened } from '../escape.ts'
import type { Style } from '../style.ts'
import { hanging, longest, padded } from './layout.ts'

const order: readonly CheckReport['status'][] = ['fail', 'warn', 'pass', 'skip']

const marks = (style: Style): Readonly<Record<CheckReport['status'], string>> => ({
  fail: style.red.bold('FAIL'),
  warn: style.yellow('warn'),
  pass: style.green('pass'),
  skip: style.dim('skip'),
})

export const valueText = (value: Json): string =>
  shortened(typeof value === 'string' ? value : JSON.stringify(value), 300)

const leaves = (value: Json): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap((item: Json) => leaves(item))
    : [typeof value === 'string' ? value : JSON.stringify(value)]

/** What was compared, unless the message already says it. */
const comparison = ({ evidence, message }: CheckReport): readonly (readonly [string, string])[] => {
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
    ...(note === undefined ? [] : [['note', printable(note)] as const]),
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
    const text = message === '' ? list : `${list}: ${style.dim(printable(message))}`
    return hanging(head, text, columns ?? listColumns)
  })
}

/** The headline has said it: a sentence may be repeated, a paragraph not. */
const briefly = ({ message }: CheckReport): string =>
  (message ?? '').length > 120 ? 'as said above' : printable(message ?? '')

/** `fail` and `warn` on lines of their own with evidence and remedy below; the rest gathered. */
export const checkLines = (
  checks: readonly CheckReport[],
  view: View,
  /** The check whose remedy stands in the headline already. */
  primary?: string,
): string[] => {
  const { style, columns } = view
  const of = (status: CheckReport['status']) => checks.filter((check) => check.status === status)
  const told = [...of('fail'), ...of('warn')]
  const width = longest(told.map(({ id }) => id))
  const below = ' '.repeat(2 + 4 + 2 + width + 2)
  return [
    ...told.flatMap((check) => {
      const head = `  ${marks(style)[check.status]}  ${padded(check.id, width)}  `
      const remedy =
        check.hint === null || check.id === primary ? [] : [['fix', check.hint] as const]
      return [
        hanging(
          head,
          check.id === primary ? briefly(check) : printable(check.message ?? ''),
          columns,
        ),
        ...[...comparison(check), ...remedy].map(([label, words]) =>
          hanging(`${below}${style.dim(padded(label, 6))} `, printable(words), columns),
        ),
      ]
    }),
    ...quietLines('pass', of('pass'), view),
    ...quietLines('skip', of('skip'), view),
  ]
}
