// The work of `introspect`: the authorization server's answer as it came, and the verdict serve draws from it.
import type { Ports } from '../../base/ports.ts'
import { printableLines } from '../../base/escape.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Check } from '../../core/verdict/check.ts'
import { createValidator } from '../../core/validator/create-validator.ts'
import type { IntrospectionTiming } from '../../core/introspection/introspection-probe.ts'
import type { Introspection } from '../../core/introspection/introspection-report.ts'
import { introspectionEndpointOf } from '../../core/metadata/metadata-checks.ts'
import { ask, askSecret } from '../terminal/ask.ts'
import type { AuthFlagValues } from '../flags/auth-flags.ts'
import { checkReport, problemReport } from '../../core/verdict/checks-report.ts'
import { exitCodeOf } from '../command/exit-codes.ts'
import { expectedByServer, type ForFlagValues } from '../discover/server-expectations.ts'
import { expectations, type Expectations } from '../token/expectations.ts'
import { keptExchanges } from '../report/kept-exchanges.ts'
import { rendered, type Format } from '../report/formats.ts'
import { hintsAbout } from '../report/hints.ts'
import { httpAnswer } from '../report/http-answer.ts'
import type { IntrospectReport } from './introspect-report.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import { rawAnswer } from './raw-answer.ts'
import { recorded } from '../../net/interceptors/recorded-http.ts'
import { redact } from '../report/redact.ts'
import { introspectionText } from './introspection-text.ts'
import { verdictLine } from '../validate/verdict-text.ts'
import type { CommandResult } from '../command/report-command.ts'
import { expectingLogin, storedToken, type StoreFlagValue } from '../login/stored-token.ts'
import { plain } from '../terminal/style.ts'
import type { Subject } from '../report/subject.ts'
import { isApiKey } from '../../core/token/api-key-prefix.ts'
import { mendToken, withRepairs } from '../token/token-repairs.ts'
import { tokenText } from '../token/token-source.ts'
import { tokenView } from '../token/token-view.ts'
import {
  audienceReport,
  expectedReport,
  expiresAt,
  expOf,
  resourceOf,
} from '../validate/validate-report.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

export interface IntrospectFlags
  extends AuthFlagValues, NetworkFlagValues, StoreFlagValue, ForFlagValues {
  readonly raw?: boolean | undefined
  readonly count?: number | undefined
  readonly probe?: boolean | undefined
  readonly format?: Format | undefined
  readonly timeout: number
}

const answerOf = ({ answer }: Introspection): JsonObject | null =>
  answer.kind === 'answer' ? redact(answer.body) : null

const latencyOf = (timing: IntrospectionTiming | undefined): IntrospectReport['latency'] =>
  timing === undefined
    ? null
    : {
        calls: timing.calls.length,
        answered: timing.calls.filter(({ exchange }) => exchange?.status !== undefined).length,
        median_ms: timing.medianMs ?? null,
        worst_ms: timing.worstMs ?? null,
      }

/** The answer, or several of them with their times; then, if asked for, what a stranger is told. */
const questioned = async (
  ask: () => Promise<Introspection>,
  probe: (() => Promise<{ readonly check: Check }>) | undefined,
  { count }: IntrospectFlags,
  signal: AbortSignal,
) => {
  const { timeIntrospection } = await import('../../core/introspection/introspection-probe.ts')
  const timing = count === undefined ? undefined : await timeIntrospection(ask, count, signal)
  const found = timing?.calls[0] ?? (await ask())
  const more = [
    ...(timing === undefined ? [] : [timing.check]),
    ...(probe === undefined ? [] : [(await probe()).check]),
  ]
  return { found, timing, more }
}

const asked = async (
  token: string,
  expected: Expectations,
  flags: IntrospectFlags,
  narrator: Narrator,
  around: (ports: Ports) => Ports,
) => {
  const { quiet, warn } = narrator
  const { ports, attempts } = recorded(around(await networkPorts(flags, narrator)))
  const { auth, publicUrl } = expected
  const options = {
    ...(publicUrl === undefined ? {} : { defaultAudience: publicUrl }),
    ...(expected.from === 'token' ? { issuerOfToken: true } : {}),
  }
  const gate = await createValidator(auth, ports, options)
  const { introspect, probe } = gate
  if (introspect === undefined) throw new Error('a validator for introspection cannot introspect')
  const patience = AbortSignal.timeout(flags.timeout * 1000)
  try {
    const answers = await withProgress({ text: 'asking the authorization server', quiet }, () =>
      questioned(
        () => introspect(token, patience),
        flags.probe === true && probe !== undefined ? () => probe(patience) : undefined,
        flags,
        patience,
      ),
    )
    if (patience.aborted) warn(problemOf('usage-advice', 'gave-up', { seconds: flags.timeout }))
    const metadata = gate.discovery()?.metadata
    const discovered = metadata === undefined ? undefined : introspectionEndpointOf(metadata)
    const endpoint = answers.found.exchange?.url ?? discovered ?? null
    return { ...answers, attempts, gate, endpoint }
  } finally {
    gate.close()
  }
}

const subjectOf = (report: IntrospectReport): Subject => {
  const { token, verdict, problem, checks, hints, endpoint, latency } = report
  return {
    name: `token ${token.fingerprint}`,
    verdict,
    problem,
    facts: [
      ['endpoint', endpoint ?? 'none'],
      ['serve answers', String(report.http.status)],
      ...(latency === null ? [] : [['median', `${String(latency.median_ms)} ms`] as const]),
    ],
    checks,
    hints,
    counts: ({ status }) => status === 'fail',
  }
}

export const introspectToken = async (
  argument: string | undefined,
  flags: IntrospectFlags,
  narrator: Narrator,
): Promise<CommandResult<IntrospectReport>> => {
  const { env, warn, note, canAsk, columns } = narrator
  const stored = await storedToken(argument, flags, narrator)
  const stdinTaken = flags['client-secret-stdin'] === true
  const { text, source } = stored ?? (await tokenText({ argument, stdinTaken, env, warn, note }))
  if (isApiKey(mendToken(text).token)) throw usageError(problemOf('usage-flag', 'introspect-key'))
  const expected = await expectations(expectingLogin(flags, stored), {
    env,
    warn,
    note,
    introspects: true,
    tokens: [mendToken(text).token],
    server: await expectedByServer(flags, narrator),
    ask: (what, missing) => ask({ what, missing, allowed: canAsk() }),
    askSecret: (what, missing) => askSecret({ what, missing, allowed: canAsk() }),
  })
  const { auth } = expected
  const mended = mendToken(text)
  const { token } = mended
  const now = new Date().toISOString()
  const kept = keptExchanges(flags.format === 'html', [token], env)
  const answers = await asked(token, expected, flags, narrator, kept.around)
  const { found, timing, more, attempts, gate, endpoint } = answers
  const { verdict } = found
  const isOauth = auth.type === 'oauth'
  const view = tokenView(token)
  const checks = withRepairs(mended, [...verdict.checks, ...more])
  const answer = answerOf(found)
  const report: IntrospectReport = {
    schema_version: 1,
    command: 'introspect',
    verdict: verdict.outcome,
    now,
    problem: verdict.outcome === 'accepted' ? null : problemReport(verdict.problem),
    http: httpAnswer(verdict, resourceOf(expected, gate)),
    token: { ...view, source },
    expected: expectedReport(expected, gate.audiences),
    ...audienceReport(expected, gate.audiences, verdict, view),
    endpoint,
    client_id: (isOauth ? auth.client_id : undefined) ?? null,
    client_auth: isOauth ? (auth.client_auth ?? 'client_secret_basic') : null,
    answer,
    latency: latencyOf(timing),
    exp: expOf(verdict, view),
    expires_at: expiresAt(verdict),
    checks: checks.map(checkReport),
    hints: await hintsAbout({ checks, token, answer: answer ?? undefined }, auth, gate),
    attempts,
  }
  const exitCode = exitCodeOf(verdict.outcome)
  if (flags.raw === true) {
    note(verdictLine(report, plain))
    const clientSecret = isOauth ? auth.client_secret?.reveal() : undefined
    const raw = () => rawAnswer(found, { token, clientSecret }, warn)
    return { report, exitCode, text: () => (columns === undefined ? raw() : printableLines(raw())) }
  }
  const html =
    flags.format === 'html' ? (await import('../html/subject-page.ts')).subjectPage : undefined
  const page =
    html === undefined
      ? undefined
      : () => html('introspect', subjectOf(report), kept.exchanges(), now)
  return {
    report,
    exitCode,
    ...rendered(
      flags.format,
      'introspect',
      [subjectOf(report)],
      {
        text: (style) => introspectionText(report, { style, columns }),
        line: (style) => verdictLine(report, style),
      },
      page,
    ),
  }
}
