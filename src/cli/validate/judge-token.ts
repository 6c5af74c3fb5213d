// Judges tokens by the one validator, and reports each with everything that was asked on its behalf.
import type { Ports } from '../../base/ports.ts'
import type { Clock } from '../../base/clock.ts'
import type { AuthGate } from '../../core/validator/auth-gate.ts'
import type { Check } from '../../core/verdict/check.ts'
import { createValidator } from '../../core/validator/create-validator.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import { capturedRequest, type RequestFlagValues } from '../token/captured-request.ts'
import { checkReport, problemReport } from '../../core/verdict/checks-report.ts'
import type { Expectations } from '../token/expectations.ts'
import { hintsAbout } from '../report/hints.ts'
import { httpAnswer } from '../report/http-answer.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import { recorded } from '../../net/interceptors/recorded-http.ts'
import { withRepairs, type MendedToken } from '../token/token-repairs.ts'
import { tokenView } from '../token/token-view.ts'
import { wrongMembers } from './wrong-members.ts'
import {
  audienceReport,
  expectedReport,
  expiresAt,
  expOf,
  resourceOf,
  type ValidateReport,
} from './validate-report.ts'
import { problemOf } from '../../problems/problem.ts'

export interface JudgeOptions {
  readonly clock: Clock
  /** The clock is not the real one (`--now`). */
  readonly nowGiven: boolean
  /** Try the keys of the issuer that a refused token names. */
  readonly followIss: boolean
  readonly timeoutSeconds: number
  readonly request: RequestFlagValues
  readonly network: NetworkFlagValues
  /** Around the network, for what is kept of requests beside the report; default: nothing. */
  readonly around?: (ports: Ports) => Ports
}

export interface Judgement {
  readonly report: ValidateReport
  readonly verdict: Verdict
}

export interface TokenJudge {
  judge(mended: MendedToken, source: string): Promise<Judgement>
  close(): void
}

type Told = Pick<Narrator, 'quiet' | 'warn' | 'note' | 'env'>

/** A moment that the caller made up disagrees with every server, and says nothing about the clock. */
const withoutClock = (checks: readonly Check[]): readonly Check[] =>
  checks.filter(({ id }) => id !== 'time-clock')

/** Without the request that brought it, a bound token is judged as what it then is: a bearer token. */
const noteMissingProof = (verdict: Verdict, { possession }: AuthGate, note: Told['note']): void => {
  if (verdict.outcome === 'accepted' || possession === undefined) return
  const { code } = verdict.problem
  if (code === 'pop-dpop' && possession.kind === 'dpop') {
    note('a proof is needed: give that of a captured request with --dpop-proof, --method and --url')
  }
  if (code === 'pop-mtls' && possession.kind === 'mtls') {
    note('a certificate is needed: give the one of the client with --certificate')
  }
}

/** One validator for all tokens: keys and metadata are fetched once. */
export const openJudge = async (
  expected: Expectations,
  options: JudgeOptions,
  narrator: Told,
): Promise<TokenJudge> => {
  const { quiet, warn, note } = narrator
  const { clock, nowGiven, timeoutSeconds } = options
  const { auth, publicUrl, localKeys } = expected
  const presentation = await capturedRequest(options.request, expected)
  const { around = (ports) => ports } = options
  const network = await networkPorts(options.network, narrator, { clock })
  const { ports, attempts } = recorded(around(network))
  const gate = await createValidator(auth, ports, {
    ...(publicUrl === undefined ? {} : { defaultAudience: publicUrl }),
    ...(localKeys === undefined ? {} : { localKeys }),
    ...(expected.from === 'token' ? { issuerOfToken: true } : {}),
    thorough: true,
  })

  const followed = async (token: string, verdict: Verdict, signal: AbortSignal) => {
    if (!options.followIss || (auth.type !== 'oauth' && auth.type !== 'jwt')) return []
    const { followIssuer } = await import('../../core/investigation/wrong-authority.ts')
    const issuers = gate.authorizationServers
    const allowHttp = auth.allow_http
    return [await followIssuer(token, ports, { verdict, issuers, allowHttp, signal })]
  }

  const found = async (token: string) => {
    const patience = AbortSignal.timeout(timeoutSeconds * 1000)
    const verdict = await gate.validate(token, patience, presentation)
    const more = await followed(token, verdict, patience)
    if (patience.aborted) warn(problemOf('usage-advice', 'gave-up', { seconds: timeoutSeconds }))
    if (presentation === undefined) noteMissingProof(verdict, gate, note)
    return { verdict, more }
  }

  return {
    judge: async (mended, source) => {
      const { token } = mended
      const asked = attempts.length
      const { verdict, more } = await withProgress(
        { text: 'asking the authorization server', quiet },
        () => found(token),
      )
      const made = [...verdict.checks, ...more]
      const checks = withRepairs(mended, nowGiven ? withoutClock(made) : made)
      const view = tokenView(token)
      const report: ValidateReport = {
        schema_version: 1,
        command: 'validate',
        verdict: verdict.outcome,
        now: new Date(clock.now()).toISOString(),
        now_given: nowGiven,
        problem: verdict.outcome === 'accepted' ? null : problemReport(verdict.problem),
        http: httpAnswer(verdict, resourceOf(expected, gate, presentation?.scheme)),
        token: { ...view, source, wrong: wrongMembers(checks, view, auth) },
        expected: expectedReport(expected, gate.audiences),
        ...audienceReport(expected, gate.audiences, verdict, view),
        exp: expOf(verdict, view),
        expires_at: expiresAt(verdict),
        checks: checks.map(checkReport),
        hints: await hintsAbout({ checks, token }, auth, gate),
        attempts: attempts.slice(asked),
      }
      return { report, verdict }
    },
    close: () => gate.close(),
  }
}
