// Findings as a page shows them: by severity, each with what was compared and what to do about it.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { CheckReport, ProblemReport } from '../../core/verdict/checks-report.ts'
import { comparison, pointedDifference } from '../report/checks-text.ts'
import type { Difference } from '../report/difference.ts'
import type { HintReport } from '../report/hints.ts'
import { markup, type Markup, type Piece } from './markup.ts'

const severities: readonly Severity[] = ['fatal', 'high', 'medium', 'low', 'info']

export type Row = readonly [name: string, text: Piece]

export const rowsMarkup = (rows: readonly Row[]): Markup =>
  markup`<dl>${rows.map(([name, text]) => markup`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
`

const marked = (text: string, { carets }: Difference): Markup => {
  const start = carets.indexOf('^')
  const end = start + carets.trimStart().length
  return markup`<code>${text.slice(0, start)}<mark>${text.slice(start, end)}</mark>${text.slice(end)}</code>`
}

const comparedRows = (check: CheckReport): readonly Row[] => {
  const found = pointedDifference(check)
  return found === undefined
    ? comparison(check).map(([name, text]): Row => [name, markup`<code>${text}</code>`])
    : [
        ['found', marked(found.found, found)],
        ['wanted', marked(found.wanted, found)],
      ]
}

const hintRows = (id: string, hints: readonly HintReport[]): readonly Row[] =>
  hints
    .filter(({ check }) => check === id)
    .map(({ provider, text }): Row => ['hint', `${provider}: ${text}`])

export const checkMarkup = (check: CheckReport, hints: readonly HintReport[]): Markup => {
  const { id, message, hint, spec } = check
  return markup`<article class="finding ${check.severity}"><p class="title"><code>${id}</code> ${message ?? ''}</p>
${rowsMarkup([
  ...comparedRows(check),
  ...(hint === null ? [] : [['fix', hint] as const]),
  ...hintRows(id, hints),
  ...(spec === null ? [] : [['spec', spec] as const]),
])}</article>
`
}

/** In the order of severity; nothing where nothing was found. */
export const findingsMarkup = (
  checks: readonly CheckReport[],
  hints: readonly HintReport[],
): Markup => {
  const found = checks.filter(({ status }) => status === 'fail' || status === 'warn')
  if (found.length === 0) return markup`<p>No check failed.</p>`
  return markup`${severities.map((severity) => {
    const some = found.filter((check) => check.severity === severity)
    return some.length === 0
      ? undefined
      : markup`<h3 class="severity ${severity}">${severity} (${some.length})</h3>
${some.map((check) => checkMarkup(check, hints))}`
  })}`
}

/** What was in order, and what was not asked, behind a click. */
export const quietMarkup = (checks: readonly CheckReport[]): Markup => {
  const list = (status: 'pass' | 'skip', title: string): Markup | undefined => {
    const some = checks.filter((check) => check.status === status)
    return some.length === 0
      ? undefined
      : markup`<details><summary>${some.length} ${title}</summary><ul>${some.map(
          ({ id, message }) =>
            markup`<li><code>${id}</code>${message === null ? '' : `: ${message}`}</li>`,
        )}</ul></details>
`
  }
  return markup`${list('pass', 'passed')}${list('skip', 'skipped')}`
}

/** The cause that leads, with its remedy. */
export const causeMarkup = (
  problem: ProblemReport,
  hints: readonly HintReport[],
  more: readonly Row[] = [],
): Markup => markup`<section class="cause"><h2><code>${problem.code}</code> ${problem.detail}</h2>
${rowsMarkup([
  ...more,
  ['fix', problem.hint],
  ...hintRows(problem.code, hints),
  ...(problem.spec === null ? [] : [['spec', problem.spec] as const]),
  ['more', markup`<code>mcp-proxy explain ${problem.code}</code>`],
])}</section>
`
