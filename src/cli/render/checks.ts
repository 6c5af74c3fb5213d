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

/** What was compared, unless the message already says it. */
const comparison = ({ evidence, message }: CheckReport): readonly (readonly [string, string])[] => {
  if (evidence === null) return []
  const { expected, actual, note } = evidence
  const lines: [string, string][] = []
  const said = message ?? ''
  // A table is told elsewhere: as the requests that were made.
  const isTable = Array.isArray(actual) && actual.some((row) => isJsonObject(row))
  if (actual !== undefined && !isTable && !said.includes(valueText(actual)))
    lines.push(['found', valueText(actual)])
  if (expected !== undefined && !said.includes(valueText(expected))) {
    lines.push(['wanted', valueText(expected)])
  }
  if (note !== undefined) lines.push(['note', printable(note)])
  return lines
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

/** Each check on a line of its own; `fail` and `warn` with evidence and remedy below. */
export const checkLines = (checks: readonly CheckReport[], { style, columns }: View): string[] => {
  const width = longest(checks.map(({ id }) => id))
  const below = ' '.repeat(2 + 4 + 2 + width + 2)
  return order.flatMap((status) =>
    checks
      .filter((check) => check.status === status)
      .flatMap((check) => {
        const told = status === 'fail' || status === 'warn'
        const id = told ? check.id : style.dim(check.id)
        const head = `  ${marks(style)[status]}  ${padded(id, width)}  `
        const text = printable(check.message ?? '')
        const extra: readonly (readonly [string, string])[] = told
          ? [...comparison(check), ...(check.hint === null ? [] : [['fix', check.hint] as const])]
          : []
        return [
          hanging(head, status === 'skip' ? style.dim(text) : text, columns).trimEnd(),
          ...extra.map(([label, words]) =>
            hanging(`${below}${style.dim(padded(label, 6))} `, printable(words), columns),
          ),
        ]
      }),
  )
}
