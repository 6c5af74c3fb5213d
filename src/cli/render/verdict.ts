// A verdict as a person reads it: the cause and its remedy, the token, the checks, what serve would answer.
import type { CheckReport, ProblemReport } from '../checks-report.ts'
import { absolute, relative } from '../duration.ts'
import { printable } from '../escape.ts'
import type { HttpAnswer } from '../http-answer.ts'
import type { Attempt } from '../recorded-http.ts'
import type { Style } from '../style.ts'
import type { ValidateReport } from '../validate-token.ts'
import { checkLines, counted, type View } from './checks.ts'
import { hanging, longest, padded } from './layout.ts'
import { tokenLines } from './token.ts'

type Outcome = 'accepted' | 'rejected' | 'undecided'

const outcomeMark = (outcome: Outcome, style: Style): string =>
  ({
    accepted: style.green.bold('ACCEPTED'),
    rejected: style.red.bold('REJECTED'),
    undecided: style.yellow.bold('UNDECIDED'),
  })[outcome]

const label = (text: string, { style }: View): string => `  ${style.dim(padded(text, 5))}`

/** The first lines: the decision, its cause, the next step. */
export const headline = (outcome: Outcome, problem: ProblemReport | null, view: View): string[] => {
  const mark = outcomeMark(outcome, view.style)
  if (problem === null) return [mark]
  const { code, detail, hint, spec } = problem
  return [
    hanging(`${mark}  ${view.style.bold(code)}  `, printable(detail), view.columns),
    hanging(label('fix', view), printable(hint), view.columns),
    ...(spec === null ? [] : [hanging(label('spec', view), spec, view.columns)]),
  ]
}

export const answerLine = ({ status, challenge, retry_after }: HttpAnswer, view: View): string => {
  const head = view.style.bold('serve answers')
  if (status === 200) return `${head}  passes the call on to the backend`
  const parts = [
    ...(challenge === null ? [] : [`WWW-Authenticate: ${printable(challenge)}`]),
    ...(retry_after === null ? [] : [`Retry-After: ${String(retry_after)}`]),
  ]
  return hanging(`${head}  ${String(status)}  `, parts.join('  '), view.columns)
}

export const attemptLines = (attempts: readonly Attempt[], { style }: View): string[] => {
  const width = longest(attempts.map(({ url }) => printable(url)))
  return attempts.map(({ method, url, status, ms, error }) => {
    const result = status === null ? style.red(error ?? 'no answer') : String(status)
    const time = ms === null ? '' : `${String(Math.round(ms))} ms`
    return `  ${padded(method, 4)}  ${padded(printable(url), width)}  ${result}  ${style.dim(time)}`
  })
}

const expectedLines = (report: ValidateReport, view: View): string[] => {
  if (report.expected === null) return []
  const { strategy, type, issuer, audience, required_scopes, config } = report.expected
  const rows: (readonly [string, string | null])[] = [
    ['strategy', strategy ?? type],
    ['issuer', issuer],
    ['audience', audience.length === 0 ? null : audience.join('  ')],
    ['scopes', required_scopes.length === 0 ? null : required_scopes.join(' ')],
  ]
  const source = config === null ? 'from the flags' : `from ${printable(config)}`
  return [
    `${view.style.bold('Expected')}  ${source}`,
    ...rows.flatMap(([name, value]) =>
      value === null
        ? []
        : [hanging(`  ${view.style.dim(padded(name, 8))}  `, printable(value), view.columns)],
    ),
  ]
}

const section = (title: string, note: string, lines: readonly string[], view: View): string[] =>
  lines.length === 0 ? [] : [`${view.style.bold(title)}  ${note}`.trimEnd(), ...lines, '']

const expiry = (report: ValidateReport): string | undefined => {
  if (report.expires_at === null) return undefined
  const nowSeconds = Date.parse(report.now) / 1000
  return `until ${String(absolute(report.expires_at))}, ${relative(report.expires_at, nowSeconds)}`
}

/** The primary cause leads. */
const ordered = (checks: readonly CheckReport[], primary: string | undefined): CheckReport[] =>
  [...checks].sort((a, b) => Number(b.id === primary) - Number(a.id === primary))

export const verdictText = (report: ValidateReport, view: View): string => {
  const { verdict, problem, http, token, checks, attempts } = report
  const nowSeconds = Date.parse(report.now) / 1000
  const until = expiry(report)
  return [
    ...headline(verdict as Outcome, problem, view).map((line, index) =>
      index === 0 && until !== undefined ? `${line}  ${until}` : line,
    ),
    ...(report.now_given
      ? [view.style.yellow(`  judged as of ${report.now} (--now), not of the real time`)]
      : []),
    '',
    ...tokenLines(token, nowSeconds, view),
    '',
    ...expectedLines(report, view),
    '',
    ...section(
      'Checks',
      counted(checks),
      checkLines(ordered(checks, problem?.code), view, problem?.code),
      view,
    ),
    ...section('Requests', '', attemptLines(attempts, view), view),
    ...(http === null ? [] : [answerLine(http, view)]),
  ]
    .join('\n')
    .trimEnd()
}
