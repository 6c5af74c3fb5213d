// What the authorization server said about a token, as a person reads it.
import { printable } from '../../base/escape.ts'
import type { IntrospectReport } from './introspect-report.ts'
import { checkLines, counted, type View } from '../report/checks-text.ts'
import { memberLines, tokenLine } from '../validate/token-text.ts'
import { answerLine, attemptLines, headline } from '../validate/verdict-text.ts'

const clientText = ({ client_id, client_auth }: IntrospectReport): string =>
  client_id === null ? 'without credentials' : `as ${printable(client_id)} (${String(client_auth)})`

const answerLines = (report: IntrospectReport, view: View): string[] => {
  const nowSeconds = Date.parse(report.now) / 1000
  const title = `${view.style.bold('Answer')}  ${clientText(report)}`
  if (report.answer !== null) return [title, ...memberLines(report.answer, nowSeconds, view)]
  return [title, `  ${view.style.dim('none that can be used')}`]
}

const latencyLines = ({ latency }: IntrospectReport, { style }: View): string[] => {
  if (latency === null) return []
  const { calls, answered, median_ms, worst_ms } = latency
  const ms = (value: number | null) => (value === null ? '-' : `${String(Math.round(value))} ms`)
  return [
    `  ${style.dim('time ')} median ${ms(median_ms)}, worst ${ms(worst_ms)}, ${String(answered)} of ${String(calls)} calls answered`,
  ]
}

export const introspectionText = (report: IntrospectReport, view: View): string => {
  const { problem, token, checks, hints, attempts, http } = report
  return [
    ...headline(report, view),
    ...latencyLines(report, view),
    '',
    `${view.style.bold('Token')}  ${tokenLine(token)}`,
    ...(attempts.length === 0
      ? []
      : ['', view.style.bold('Requests'), ...attemptLines(attempts, view)]),
    '',
    ...answerLines(report, view),
    '',
    `${view.style.bold('Checks')}  ${counted(checks)}`,
    ...checkLines(checks, view, { primary: problem?.code, hints }),
    '',
    answerLine(http, view),
  ].join('\n')
}
