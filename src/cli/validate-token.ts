// The work of `validate`: token and expectations in, the verdict of the one validator out.
import { systemClock, type Clock } from '../base/clock.ts'
import { systemPorts } from '../base/system-ports.ts'
import { UsageError } from '../base/usage-error.ts'
import type { AuthGate } from '../core/auth-gate.ts'
import type { Check } from '../core/check.ts'
import { createValidator } from '../core/create-validator.ts'
import type { Presentation } from '../core/presentation.ts'
import { resourceMetadataUrl } from '../core/resource-metadata.ts'
import type { Verdict } from '../core/verdict.ts'
import { ask, askSecret } from './ask.ts'
import type { AuthFlagValues } from './auth-flags.ts'
import { capturedRequest, type RequestFlagValues } from './captured-request.ts'
import { expectations, type Expectations } from './expectations.ts'
import {
  checkReport,
  problemReport,
  type CheckReport,
  type ProblemReport,
} from './checks-report.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { httpAnswer, knownUrl, type HttpAnswer } from './http-answer.ts'
import type { Narrator } from './narrator.ts'
import { withProgress } from './progress.ts'
import { recorded, type Attempt } from './recorded-http.ts'
import { unverifiedText } from './render/token.ts'
import { verdictText } from './render/verdict.ts'
import type { Finding } from './report-command.ts'
import { mendToken } from './token-repairs.ts'
import { tokenText } from './token-source.ts'
import { tokenView, type TokenView } from './token-view.ts'

export interface ValidateReport {
  readonly schema_version: 1
  readonly command: 'validate'
  /** `unverified`: only decoded (`--decode-only`). */
  readonly verdict: 'accepted' | 'rejected' | 'undecided' | 'unverified'
  /** When the verdict holds: the clock that was used, and whether it was the real one. */
  readonly now: string
  readonly now_given: boolean
  readonly problem: ProblemReport | null
  readonly http: HttpAnswer | null
  readonly token: TokenView & { readonly source: string }
  readonly expected: {
    readonly type: string
    readonly strategy: string | null
    readonly issuer: string | null
    readonly audience: readonly string[]
    readonly required_scopes: readonly string[]
    readonly config: string | null
  } | null
  /** When the acceptance ends, in seconds since 1970. */
  readonly expires_at: number | null
  readonly checks: readonly CheckReport[]
  readonly attempts: readonly Attempt[]
}

export interface ValidateFlags extends AuthFlagValues, RequestFlagValues {
  readonly 'decode-only'?: boolean | undefined
  readonly timeout: number
  readonly now?: string | undefined
}

const millisecondsOf = (text: string): number => {
  const seconds = /^\d{1,12}(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(seconds)) {
    throw new UsageError({
      code: 'usage-flag',
      message: '--now is not a time',
      hint: 'write 2026-11-23T17:40:00Z, or seconds since 1970',
    })
  }
  return seconds
}

const clockAt = (text: string | undefined, clock: Clock): Clock => {
  if (text === undefined) return clock
  const offset = millisecondsOf(text) - clock.now()
  return { ...clock, now: () => clock.now() + offset }
}

/** A moment that the caller made up disagrees with every server, and says nothing about the clock. */
const withoutClock = (checks: readonly Check[], now: string | undefined): readonly Check[] =>
  now === undefined ? checks : checks.filter(({ id }) => id !== 'time-clock')

/** Without the request that brought it, a bound token is judged as what it then is: a bearer token. */
const noteMissingProof = (
  verdict: Verdict,
  { possession }: AuthGate,
  note: Narrator['note'],
): void => {
  if (verdict.outcome === 'accepted' || possession === undefined) return
  const { code } = verdict.problem
  if (code === 'pop-dpop' && possession.kind === 'dpop') {
    note('a proof is needed: give that of a captured request with --dpop-proof, --method and --url')
  }
  if (code === 'pop-mtls' && possession.kind === 'mtls') {
    note('a certificate is needed: give the one of the client with --certificate')
  }
}

/** The verdict, or `undecided` when the command's own patience ended first. */
const judged = async (
  token: string,
  expected: Expectations,
  flags: ValidateFlags,
  clock: Clock,
  { quiet, warn, note }: Narrator,
) => {
  const presentation = capturedRequest(flags, expected)
  const { ports, attempts } = recorded(systemPorts({ clock }))
  const gate = await createValidator(expected.auth, ports, {
    ...(expected.publicUrl === undefined ? {} : { defaultAudience: expected.publicUrl }),
    ...(expected.localKeys === undefined ? {} : { localKeys: expected.localKeys }),
  })
  const patience = AbortSignal.timeout(flags.timeout * 1000)
  try {
    const verdict = await withProgress(
      { text: 'asking the authorization server', quiet },
      async () => gate.validate(token, patience, presentation),
    )
    if (patience.aborted) warn(`gave up after ${String(flags.timeout)} s (--timeout)`)
    if (presentation === undefined) noteMissingProof(verdict, gate, note)
    return { verdict, attempts, gate, scheme: presentation?.scheme }
  } finally {
    gate.close()
  }
}

export const expectedReport = ({ auth, file }: Expectations, audiences: readonly string[]) => ({
  type: auth.type,
  strategy: auth.type === 'oauth' ? auth.token_validation : auth.type === 'jwt' ? 'jwt' : null,
  issuer: auth.type === 'oauth' || auth.type === 'jwt' ? (auth.issuer ?? null) : null,
  audience: audiences,
  required_scopes: auth.type === 'oauth' || auth.type === 'jwt' ? auth.required_scopes : [],
  config: file ?? null,
})

export const expiresAt = (verdict: Verdict): number | null =>
  verdict.outcome === 'accepted' && verdict.expiresAt !== undefined
    ? Math.floor(verdict.expiresAt / 1000)
    : null

/** What the challenge of serve would name. */
export const resourceOf = (
  { publicUrl }: Expectations,
  gate: AuthGate,
  scheme?: Presentation['scheme'],
) => {
  const url = gate.authorizationServers.length === 0 ? undefined : knownUrl(publicUrl)
  return {
    resourceMetadata: url === undefined ? undefined : resourceMetadataUrl(url),
    requiredScopes: gate.requiredScopes,
    possession: gate.possession,
    scheme,
  }
}

const onlyDecoded = (
  view: ValidateReport['token'],
  now: string,
  columns: number | undefined,
): Finding<ValidateReport> => {
  const report: ValidateReport = {
    schema_version: 1,
    command: 'validate',
    verdict: 'unverified',
    now,
    now_given: false,
    problem: null,
    http: null,
    token: view,
    expected: null,
    expires_at: null,
    checks: [],
    attempts: [],
  }
  return {
    report,
    exitCode: view.kind === 'opaque' ? exitCodes.rejected : exitCodes.accepted,
    text: (style) => unverifiedText(report, { style, columns }),
  }
}

export const validateToken = async (
  argument: string | undefined,
  flags: ValidateFlags,
  narrator: Narrator,
): Promise<Finding<ValidateReport>> => {
  const { env, warn, note, canAsk, columns } = narrator
  const clock = clockAt(flags.now, systemClock)
  const expected = flags['decode-only']
    ? undefined
    : await expectations(flags, {
        env,
        warn,
        note,
        ask: (what, hint) => ask({ what, hint, allowed: canAsk }),
        askSecret: (what, hint) => askSecret({ what, hint, allowed: canAsk }),
      })
  const stdinTaken = flags['client-secret-stdin'] === true
  const { text, source } = await tokenText({ argument, stdinTaken, env, warn, note })
  const { token, repairs } = mendToken(text)
  const view = { ...tokenView(token), source }
  const now = new Date(clock.now()).toISOString()
  if (expected === undefined) return onlyDecoded(view, now, columns)

  const { verdict, attempts, gate, scheme } = await judged(token, expected, flags, clock, narrator)
  const report: ValidateReport = {
    schema_version: 1,
    command: 'validate',
    verdict: verdict.outcome,
    now,
    now_given: flags.now !== undefined,
    problem: verdict.outcome === 'accepted' ? null : problemReport(verdict.problem),
    http: httpAnswer(verdict, resourceOf(expected, gate, scheme)),
    token: view,
    expected: expectedReport(expected, gate.audiences),
    expires_at: expiresAt(verdict),
    checks: [...repairs, ...withoutClock(verdict.checks, flags.now)].map(checkReport),
    attempts,
  }
  return {
    report,
    exitCode: exitCodeOf(verdict.outcome),
    text: (style) => verdictText(report, { style, columns }),
  }
}
