// A verdict as a person reads it: the cause and its remedy, the token, the checks, what serve would answer.
import type { CheckReport, ProblemReport } from '../../core/verdict/checks-report.ts'
import { duration } from '../../base/duration.ts'
import { timeOfDay } from '../terminal/duration.ts'
import { printable } from '../../base/escape.ts'
import type { HintReport } from '../report/hints.ts'
import type { HttpAnswer } from '../report/http-answer.ts'
import type { Attempt } from '../../net/interceptors/recorded-http.ts'
import type { Style } from '../terminal/style.ts'
import type { ValidateReport } from './validate-report.ts'
import { checkLines, counted, type View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'
import { tokenLines } from './token-text.ts'

type Outcome = ValidateReport['verdict']

export const outcomeMark = (outcome: Outcome, style: Style): string =>
  ({
    accepted: style.green.bold('ACCEPTED'),
    rejected: style.red.bold('REJECTED'),
    undecided: style.yellow.bold('UNDECIDED'),
    unverified: style.yellow('UNVERIFIED'),
  })[outcome]

const label = (text: string, { style }: View): string => `  ${style.dim(padded(text, 5))} `

export interface Judged {
  readonly verdict: Outcome
  readonly now: string
  readonly problem: ProblemReport | null
  readonly exp: number | null
  readonly checks: readonly CheckReport[]
  readonly hints: readonly HintReport[]
  readonly meant_for: readonly string[]
  readonly audience_judged: boolean
}

const notJudged = 'not judged for an audience'

/** Whom the token is for, where no one said whom it has to be for. */
const audienceRow = ({ meant_for, audience_judged, verdict }: Judged): [string, string][] => {
  if (audience_judged || verdict === 'unverified') return []
  const names = meant_for.map((name) => JSON.stringify(name)).join(', ')
  const whom = names === '' ? 'names no audience' : `meant for ${names}`
  return [['aud', `${whom}: ${notJudged} (--audience, --for <mcp-url>)`]]
}

/** "expires in 41m 10s (12:30:01Z)"; within the tolerance an acceptance outlives the token. */
export const expiryText = ({ exp, now }: Pick<Judged, 'exp' | 'now'>): string | undefined => {
  if (exp === null) return undefined
  const nowSeconds = Date.parse(now) / 1000
  const moment = timeOfDay(exp, nowSeconds)
  if (moment === undefined) return undefined
  return exp > nowSeconds
    ? `expires in ${duration(exp - nowSeconds)} (${moment})`
    : `expired ${duration(nowSeconds - exp)} ago (${moment}), within the tolerance`
}

/** The decision and its cause in one line. */
export const verdictLine = (judged: Judged, style: Style): string => {
  const mark = outcomeMark(judged.verdict, style)
  const { problem } = judged
  const rest =
    problem === null
      ? [expiryText(judged) ?? [], judged.audience_judged ? [] : notJudged].flat().join(', ')
      : `${style.bold(problem.code)}  ${printable(problem.detail)}`
  return `${mark}  ${rest}`.trimEnd()
}

/** The issuer that the token really is from explains a refusal better than any single check. */
const trueAuthority = ({ checks }: Judged): string | undefined =>
  checks.find(({ id, status }) => id === 'sig-wrong-authority' && status === 'warn')?.message ??
  undefined

/** In what a refused issuer or audience differs from the accepted one, where that is little. */
const nearMiss = ({ checks, problem }: Judged): string | undefined =>
  checks.find(({ id, status }) => id === `${problem?.code ?? ''}-near-miss` && status === 'warn')
    ?.evidence?.note

/** The first lines: the decision, its cause, the next step. */
export const headline = (judged: Judged, view: View): string[] => {
  const { problem, hints } = judged
  const { style, columns } = view
  const audience = audienceRow(judged).map(([name, text]) =>
    hanging(label(name, view), printable(text), columns),
  )
  if (problem === null) return [verdictLine(judged, style), ...audience]
  const { code, detail, hint, spec } = problem
  const authority = trueAuthority(judged)
  const near = nearMiss(judged)
  const rows: (readonly [string, string])[] = [
    ...(authority === undefined ? [] : [['cause', authority] as const]),
    ...(near === undefined ? [] : [['near', `differs only by ${near}`] as const]),
    ['fix', hint],
    ...hints
      .filter(({ check }) => check === code)
      .map(({ provider, text }) => ['hint', `${provider}: ${text}`] as const),
    ...(spec === null ? [] : [['spec', spec] as const]),
  ]
  const mark = outcomeMark(judged.verdict, style)
  return [
    hanging(`${mark}  ${style.bold(code)}  `, printable(detail), columns),
    ...rows.map(([name, text]) => hanging(label(name, view), printable(text), columns)),
    ...audience,
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

const sourceText = ({ from, config, server }: NonNullable<ValidateReport['expected']>): string => {
  if (from === 'configuration') return `from ${config ?? 'the configuration'}`
  if (from === 'server') return `from the metadata of ${server ?? 'the MCP server'}`
  return from === 'token' ? 'the issuer that the token names' : 'from the flags'
}

/** What serve would answer depends on an audience, and there is none. */
const isForetold = ({ verdict, audience_judged, expected }: ValidateReport): boolean =>
  verdict !== 'accepted' || audience_judged || expected?.from === 'configuration'

const expectedLines = (report: ValidateReport, view: View): string[] => {
  if (report.expected === null) return []
  const { strategy, type, issuer, audience, required_scopes } = report.expected
  const rows: (readonly [string, string | null])[] = [
    ['strategy', strategy ?? type],
    ['issuer', issuer],
    ['audience', audience.length === 0 ? null : audience.join('  ')],
    ['scopes', required_scopes.length === 0 ? null : required_scopes.join(' ')],
  ]
  return [
    `${view.style.bold('Expected')}  ${printable(sourceText(report.expected))}`,
    ...rows.flatMap(([name, value]) =>
      value === null
        ? []
        : [hanging(`  ${view.style.dim(padded(name, 8))}  `, printable(value), view.columns)],
    ),
  ]
}

const section = (title: string, note: string, lines: readonly string[], view: View): string[] =>
  lines.length === 0 ? [] : [`${view.style.bold(title)}  ${note}`.trimEnd(), ...lines, '']

/** The primary cause leads. */
const ordered = (checks: readonly CheckReport[], primary: string | undefined): CheckReport[] =>
  [...checks].sort((a, b) => Number(b.id === primary) - Number(a.id === primary))

export const verdictText = (report: ValidateReport, view: View): string => {
  const { problem, http, token, checks, hints, attempts } = report
  const nowSeconds = Date.parse(report.now) / 1000
  return [
    ...headline(report, view),
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
      checkLines(ordered(checks, problem?.code), view, { primary: problem?.code, hints }),
      view,
    ),
    ...section('Requests', '', attemptLines(attempts, view), view),
    ...(http === null || !isForetold(report) ? [] : [answerLine(http, view)]),
  ]
    .join('\n')
    .trimEnd()
}
