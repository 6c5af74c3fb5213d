// Verdicts about several tokens: a line for each, then what to do about each cause once.
import { printable } from '../../base/escape.ts'
import type { ValidateReport } from './validate-report.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'
import { expiryText, outcomeMark } from './verdict-text.ts'

const whatOf = (report: ValidateReport, { style }: View): string => {
  const { problem } = report
  if (problem !== null) return `${style.bold(problem.code)}  ${printable(problem.detail)}`
  if (report.verdict === 'unverified') return report.token.kind
  return expiryText(report) ?? ''
}

export const verdictLines = (reports: readonly ValidateReport[], view: View): string[] => {
  const places = reports.map(({ token }) => /, line (\d+)$/.exec(token.source)?.[1] ?? '')
  const width = longest(places)
  return reports.map((report, index) => {
    const mark = padded(outcomeMark(report.verdict, view.style), 9)
    const place = (places[index] ?? '').padStart(width)
    const head = `${view.style.dim(place)}  ${mark}  ${report.token.fingerprint}  `
    return hanging(head, whatOf(report, view), view.columns).trimEnd()
  })
}

export const verdictLinesText = (reports: readonly ValidateReport[], view: View): string => {
  const { style, columns } = view
  const count = (verdict: ValidateReport['verdict']) => {
    const n = reports.filter((report) => report.verdict === verdict).length
    return n === 0 ? [] : [`${String(n)} ${verdict}`]
  }
  const causes = new Map(
    reports.flatMap(({ problem }) => (problem === null ? [] : [[problem.code, problem.hint]])),
  )
  const width = longest([...causes.keys()])
  const counts = (['accepted', 'rejected', 'undecided', 'unverified'] as const).flatMap(count)
  return [
    ...verdictLines(reports, view),
    '',
    `${String(reports.length)} token${reports.length === 1 ? '' : 's'}: ${counts.join(', ')}`,
    ...[...causes].map(([code, hint]) =>
      hanging(`  ${style.dim('fix')}  ${padded(code, width)}  `, printable(hint), columns),
    ),
  ].join('\n')
}
