// The verdict about one token, or about several, as `validate` reports it.
import type { AuthGate } from '../../core/validator/auth-gate.ts'
import type { Presentation } from '../../core/verdict/presentation.ts'
import { resourceMetadataUrl } from '../../core/challenge/resource-metadata.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import type { CheckReport, ProblemReport } from '../../core/verdict/checks-report.ts'
import { audienceList } from '../../core/claims/audience.ts'
import type { Expectations, ExpectationSource } from '../token/expectations.ts'
import type { HintReport } from '../report/hints.ts'
import { knownUrl, type HttpAnswer } from '../report/http-answer.ts'
import type { Attempt } from '../../net/interceptors/recorded-http.ts'
import type { TokenView } from '../token/token-view.ts'
import type { WrongMember } from './wrong-members.ts'

export interface JudgedToken extends TokenView {
  readonly source: string
  /** The members that its failed checks are about. */
  readonly wrong: readonly WrongMember[]
}

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
  readonly token: JudgedToken
  readonly expected: {
    readonly type: string
    readonly strategy: string | null
    readonly issuer: string | null
    readonly audience: readonly string[]
    readonly required_scopes: readonly string[]
    /** Who said so; `token`: no one, and the issuer is the one that the token names. */
    readonly from: ExpectationSource
    readonly config: string | null
    /** The MCP server of --for. */
    readonly server: string | null
  } | null
  /** Whom the token names as its audience. */
  readonly meant_for: readonly string[]
  /** False where no audience is expected, so that a token for another server passes too. */
  readonly audience_judged: boolean
  /** exp of the token, or of the answer about it. */
  readonly exp: number | null
  /** When the acceptance ends, in seconds since 1970: tolerance and caching included. */
  readonly expires_at: number | null
  readonly checks: readonly CheckReport[]
  readonly hints: readonly HintReport[]
  readonly attempts: readonly Attempt[]
}

/** Several tokens, in the order of their lines. */
export interface ValidateLinesReport {
  readonly schema_version: 1
  readonly command: 'validate'
  /** `rejected` where one is, else `undecided` where one is. */
  readonly verdict: ValidateReport['verdict']
  readonly results: readonly ValidateReport[]
}

export const expectedReport = (
  { auth, file, from, server }: Expectations,
  audiences: readonly string[],
) => ({
  type: auth.type,
  strategy: auth.type === 'oauth' ? auth.token_validation : auth.type === 'jwt' ? 'jwt' : null,
  issuer: auth.type === 'oauth' || auth.type === 'jwt' ? (auth.issuer ?? null) : null,
  audience: audiences,
  required_scopes: 'required_scopes' in auth ? auth.required_scopes : [],
  from,
  config: file ?? null,
  server: server ?? null,
})

/** For whom the token is, and whether that was looked at. */
export const audienceReport = (
  { auth }: Expectations,
  audiences: readonly string[],
  verdict: Verdict,
  { claims }: TokenView,
) => {
  const known = verdict.outcome === 'accepted' ? verdict.principal.claims : (claims ?? {})
  const names = auth.type === 'jwt' || auth.type === 'oauth' ? auth.audience_claims : ['aud']
  return {
    meant_for: [...new Set(names.flatMap((name) => audienceList(known[name])))].slice(0, 20),
    audience_judged: audiences.length > 0 || auth.type === 'bearer' || auth.type === 'keys',
  }
}

export const expiresAt = (verdict: Verdict): number | null =>
  verdict.outcome === 'accepted' && verdict.expiresAt !== undefined
    ? Math.floor(verdict.expiresAt / 1000)
    : null

/** What the accepted claims say, else what the token says of itself. */
export const expOf = (verdict: Verdict, { claims }: TokenView): number | null => {
  const exp = (verdict.outcome === 'accepted' ? verdict.principal.claims : claims)?.['exp']
  return typeof exp === 'number' ? exp : null
}

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

export const unverified = (
  token: Omit<JudgedToken, 'wrong'>,
  now: string,
): ValidateReport & { readonly verdict: 'unverified' } => ({
  schema_version: 1,
  command: 'validate',
  verdict: 'unverified',
  now,
  now_given: false,
  problem: null,
  http: null,
  token: { ...token, wrong: [] },
  expected: null,
  meant_for: audienceList(token.claims?.['aud']),
  audience_judged: false,
  exp: typeof token.claims?.['exp'] === 'number' ? token.claims['exp'] : null,
  expires_at: null,
  checks: [],
  hints: [],
  attempts: [],
})

const severest = ['rejected', 'undecided', 'unverified', 'accepted'] as const

export const linesReport = (results: readonly ValidateReport[]): ValidateLinesReport => ({
  schema_version: 1,
  command: 'validate',
  verdict:
    severest.find((verdict) => results.some((report) => report.verdict === verdict)) ?? 'rejected',
  results,
})
