// The rules of MCP authorization as a person reads them: the broken ones on lines of their own, the others gathered.
import type { ReadinessReport } from './discover-report.ts'
import { printable } from '../../base/escape.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

const levels: readonly ReadinessReport['level'][] = ['MUST', 'SHOULD', 'MAY']

const span = ({ revisions }: ReadinessReport): string => {
  const [first = '', ...rest] = revisions
  const last = rest.at(-1)
  return last === undefined ? first : `${first} to ${last}`
}

const gathered: readonly (readonly [ReadinessReport['status'], string])[] = [
  ['could-not-tell', 'could not tell'],
  ['needs-token', 'needs a token'],
  ['pass', 'kept'],
]

/** Where nobody says how wide the screen is, lists of ids still do not become endless lines. */
const listColumns = 100

const brokenLines = (rows: readonly ReadinessReport[], { style, columns }: View): string[] => {
  const width = longest(rows.map(({ id }) => id))
  return rows.map((row) => {
    const level = padded(row.level, 6)
    const mark = row.level === 'MUST' ? style.red(level) : style.yellow(level)
    const text = `${row.rule} (${span(row)}; ${row.decided_by.join(', ')})`
    return hanging(`  ${mark}  ${padded(row.id, width)}  `, printable(text), columns)
  })
}

const gatheredLines = (rows: readonly ReadinessReport[], { style, columns }: View): string[] =>
  gathered.flatMap(([status, name]) => {
    const ids = rows.flatMap((row) => (row.status === status ? [row.id] : []))
    if (ids.length === 0) return []
    const head = `  ${style.dim(padded(name, 14))}  `
    return [hanging(head, ids.join(', '), columns ?? listColumns)]
  })

/** Rules that bind clients are in the JSON report alone: nothing was found about them. */
export const readinessLines = (rows: readonly ReadinessReport[], view: View): string[] => {
  const asked = rows.filter(({ status }) => status !== 'client-rule')
  const broken = levels.flatMap((level) =>
    asked.filter((row) => row.status === 'fail' && row.level === level),
  )
  const kept = asked.filter(({ status }) => status === 'pass').length
  const told = asked.filter(({ status }) => status === 'pass' || status === 'fail').length
  const aside = asked.filter(({ status }) => status === 'not-applicable').length
  return [
    `${view.style.bold('MCP readiness')}  ${String(kept)} of ${String(told)} rules kept`,
    ...brokenLines(broken, view),
    ...gatheredLines(asked, view),
    ...(aside > 0 ? [view.style.dim(`  ${String(aside)} rules do not apply here`)] : []),
    '',
  ]
}
