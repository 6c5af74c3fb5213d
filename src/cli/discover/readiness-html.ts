// The rules of MCP authorization as a table: a row for each rule, a column for each protocol version.
import { revisions } from '../../mcp/revision.ts'
import { markup, type Markup } from '../html/markup.ts'
import { table } from '../html/page.ts'
import { signs, type Tone } from '../html/tone.ts'
import type { ReadinessReport } from './discover-report.ts'

type Status = ReadinessReport['status']

const cells: Readonly<Record<Exclude<Status, 'client-rule'>, readonly [Tone, string]>> = {
  pass: ['ok', 'met'],
  fail: ['bad', 'broken'],
  'could-not-tell': ['open', 'no answer'],
  'needs-token': ['open', 'needs a token'],
  'not-applicable': ['none', 'does not apply'],
}

const cell = ({ status, level, revisions: since }: ReadinessReport, revision: string): Markup => {
  if (status === 'client-rule' || !since.includes(revision)) return markup`<td class="center"></td>`
  const [tone, word] = cells[status]
  const shown = tone === 'bad' && level !== 'MUST' ? 'warn' : tone
  return markup`<td class="center"><span class="badge ${shown}">${signs[shown]} ${word}</span></td>`
}

const rowOf = (
  row: ReadinessReport,
): Markup => markup`<tr><td>${row.level}</td><th scope="row">${row.rule}<br><span class="made">${row.spec}${
  row.status === 'fail' && row.because !== null ? markup`. Found: ${row.because}` : ''
}</span></th>${revisions.map((revision) => cell(row, revision))}</tr>
`

/** Rules that bind clients are left out: nothing was found about them. */
export const readinessMarkup = (rows: readonly ReadinessReport[]): Markup => {
  const asked = rows.filter(({ status }) => status !== 'client-rule')
  const kept = asked.filter(({ status }) => status === 'pass').length
  const judged = asked.filter(({ status }) => status === 'pass' || status === 'fail').length
  return markup`<p>${kept} of ${judged} applicable rules met. An empty cell: that version has no such rule.</p>
${table('Readiness', ['Level', 'Rule', ...revisions], asked.map(rowOf))}`
}
