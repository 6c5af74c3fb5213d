// The work of `validate`: tokens and expectations in, the verdicts of the one validator out.
import type { JsonObject } from '../../base/json.ts'
import { keptExchanges } from '../report/kept-exchanges.ts'
import { systemClock, type Clock } from '../../base/clock.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { ask, askSecret } from '../terminal/ask.ts'
import type { AuthFlagValues } from '../flags/auth-flags.ts'
import type { RequestFlagValues } from '../token/captured-request.ts'
import { exitCodeOf, exitCodes } from '../command/exit-codes.ts'
import { expectations, type Expectations } from '../token/expectations.ts'
import { rendered, type Format } from '../report/formats.ts'
import type { ForFlagValues } from '../discover/server-expectations.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import { openJudge, type Judgement } from './judge-token.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { NetworkFlagValues } from '../flags/network-flags.ts'
import { unverifiedLine, unverifiedText } from './token-text.ts'
import { verdictLines, verdictLinesText } from './verdict-lines.ts'
import { verdictLine, verdictText } from './verdict-text.ts'
import type { CommandResult } from '../command/report-command.ts'
import { expectingLogin, storedToken, type StoreFlagValue } from '../login/stored-token.ts'
import type { Subject } from '../report/subject.ts'
import { tokenLinesOf, type TokenLine } from '../token/token-lines.ts'
import { mendToken } from '../token/token-repairs.ts'
import { tokenText } from '../token/token-source.ts'
import { tokenView } from '../token/token-view.ts'
import {
  linesReport,
  unverified,
  type ValidateLinesReport,
  type ValidateReport,
} from './validate-report.ts'

export interface ValidateFlags
  extends AuthFlagValues, RequestFlagValues, NetworkFlagValues, StoreFlagValue, ForFlagValues {
  readonly 'decode-only'?: boolean | undefined
  readonly 'follow-iss'?: boolean | undefined
  readonly lines?: boolean | undefined
  readonly format?: Format | undefined
  readonly timeout: number
  readonly now?: string | undefined
}

const millisecondsOf = (text: string): number => {
  const seconds = /^\d{1,12}(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(seconds)) {
    throw usageError(problemOf('usage-flag', 'now-form'))
  }
  return seconds
}

const clockAt = (text: string | undefined, clock: Clock): Clock => {
  if (text === undefined) return clock
  const offset = millisecondsOf(text) - clock.now()
  return { ...clock, now: () => clock.now() + offset }
}

const subjectOf = (report: ValidateReport): Subject => {
  const { token, verdict, problem, checks, hints, http, now } = report
  const answer = [http?.status, http?.challenge].filter((part) => part !== null).join(' ')
  return {
    name: `token ${token.fingerprint}`,
    verdict,
    problem,
    facts: [
      ['token', `${token.kind}, ${String(token.characters)} characters, from ${token.source}`],
      ['judged at', now],
      ...(http === null ? [] : [['serve answers', answer] as const]),
    ],
    checks,
    hints,
    counts: ({ status }) => status === 'fail',
  }
}

const exitCodeOfReport = ({ verdict, token }: ValidateReport): number => {
  if (verdict !== 'unverified') return exitCodeOf(verdict)
  return token.kind === 'opaque' && token.header === null && token.claims === null
    ? exitCodes.rejected
    : exitCodes.accepted
}

export const oneFinding = (
  report: ValidateReport,
  { format }: ValidateFlags,
  columns: number | undefined,
  page?: () => string,
): CommandResult<ValidateReport> => {
  const decoded = report.verdict === 'unverified'
  return {
    report,
    exitCode: exitCodeOfReport(report),
    ...rendered(
      format,
      'validate',
      [subjectOf(report)],
      {
        text: (style) => (decoded ? unverifiedText : verdictText)(report, { style, columns }),
        line: (style) => (decoded ? unverifiedLine : verdictLine)(report, style),
      },
      page,
    ),
  }
}

const linesFinding = (
  reports: readonly ValidateReport[],
  { format }: ValidateFlags,
  columns: number | undefined,
  page?: () => string,
): CommandResult<ValidateLinesReport> => {
  const report = linesReport(reports)
  const codes = reports.map(exitCodeOfReport)
  return {
    report,
    exitCode:
      [exitCodes.rejected, exitCodes.undecided].find((code) => codes.includes(code)) ??
      exitCodes.accepted,
    ...rendered(
      format,
      'validate',
      reports.map(subjectOf),
      {
        text: (style) => verdictLinesText(reports, { style, columns }),
        line: (style) => verdictLines(reports, { style, columns: undefined }).join('\n'),
      },
      page,
    ),
  }
}

/** Each is judged by itself: more of them would keep a terminal waiting for minutes, and are no list of tokens. */
const mostTokens = 10_000

const checkSeveral = (n: number, flags: ValidateFlags): void => {
  if (n > mostTokens) {
    throw usageError(problemOf('usage-flag', 'too-many-tokens', { n, most: mostTokens }))
  }
  if (flags['dpop-proof'] !== undefined) throw usageError(problemOf('usage-flag', 'proof-of-many'))
}

/** What became of one token, or of several, and by what they were judged; undefined: they were only decoded. */
export interface JudgedTokens {
  readonly results: readonly { readonly report: ValidateReport; readonly verdict?: Verdict }[]
  readonly isSeveral: boolean
  readonly expected: Expectations | undefined
  /** Every request with its answer, redacted; empty unless a page is made of it. */
  readonly exchanges: readonly JsonObject[]
}

const serverOf = async (flags: ValidateFlags, narrator: Narrator) => {
  if (flags.for === undefined) return undefined
  const { expectedByServer } = await import('../discover/server-expectations.ts')
  return expectedByServer(flags, narrator)
}

/** `check`: throws where the command cannot go on with what is expected. Nothing has been asked by then. */
export const judgeTokens = async (
  argument: string | undefined,
  flags: ValidateFlags,
  narrator: Narrator,
  check: (judged: Omit<JudgedTokens, 'results' | 'exchanges'>) => void = () => undefined,
): Promise<JudgedTokens> => {
  const { env, warn, note, canAsk } = narrator
  const clock = clockAt(flags.now, systemClock)
  const stored = await storedToken(argument, flags, narrator)
  const stdinTaken = flags['client-secret-stdin'] === true
  const { text, source } = stored ?? (await tokenText({ argument, stdinTaken, env, warn, note }))
  const several = tokenLinesOf(text, flags.lines === true)
  const tokens: readonly TokenLine[] = several ?? [{ text, place: undefined }]
  if (several !== undefined) checkSeveral(several.length, flags)
  const expected = flags['decode-only']
    ? undefined
    : await expectations(expectingLogin(flags, stored), {
        env,
        warn,
        note,
        ask: (what, missing) => ask({ what, missing, allowed: canAsk() }),
        askSecret: (what, missing) => askSecret({ what, missing, allowed: canAsk() }),
        tokens: tokens.map((line) => mendToken(line.text).token),
        server: await serverOf(flags, narrator),
      })
  const sourceOf = ({ place }: TokenLine) =>
    place === undefined ? source : `${source}, line ${String(place)}`
  const judged = { isSeveral: several !== undefined, expected }
  check(judged)

  if (expected === undefined) {
    const now = new Date(clock.now()).toISOString()
    const view = (line: TokenLine) => tokenView(mendToken(line.text).token)
    return {
      ...judged,
      exchanges: [],
      results: tokens.map((line) => ({
        report: unverified({ ...view(line), source: sourceOf(line) }, now),
      })),
    }
  }
  const { exchanges, around } = keptExchanges(
    flags.format === 'html',
    tokens.map((line) => mendToken(line.text).token),
    env,
  )
  const judge = await openJudge(
    expected,
    {
      clock,
      nowGiven: flags.now !== undefined,
      followIss: flags['follow-iss'] === true,
      timeoutSeconds: flags.timeout,
      request: flags,
      network: flags,
      around,
    },
    narrator,
  )
  try {
    const results: Judgement[] = []
    for (const line of tokens) results.push(await judge.judge(mendToken(line.text), sourceOf(line)))
    return { ...judged, results, exchanges: exchanges() }
  } finally {
    judge.close()
  }
}

export const validateToken = async (
  argument: string | undefined,
  flags: ValidateFlags,
  narrator: Narrator,
): Promise<CommandResult<ValidateReport | ValidateLinesReport>> => {
  const { results, isSeveral, exchanges } = await judgeTokens(argument, flags, narrator)
  const reports = results.map(({ report }) => report)
  const [only] = reports
  const html =
    flags.format === 'html' ? (await import('./validate-html.ts')).validateHtml : undefined
  const page = html === undefined ? undefined : () => html(reports, exchanges)
  return isSeveral || only === undefined
    ? linesFinding(reports, flags, narrator.columns, page)
    : oneFinding(only, flags, narrator.columns, page)
}
