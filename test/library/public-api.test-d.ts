// The types of the package as those who use it write them: `npm run types` fails where one of these uses no longer
// compiles, and where one that has to be refused does. Nothing here runs.
import { createServer, type IncomingMessage } from 'node:http'
import { fastify } from 'fastify'
import {
  asTokenValidator,
  audienceMatches,
  authConfigSchema,
  createValidator,
  discoverAuthServer,
  DiscoveryError,
  FallbackValidator,
  IntrospectionValidator,
  JwtValidator,
  OAuthError,
  problemSpec,
  protectResource,
  Secret,
  systemPorts,
  UsageError,
  type AcceptedVerdict,
  type AuthConfig,
  type AuthGate,
  type AuthServerMetadata,
  type Check,
  type Clock,
  type Discovery,
  type DiscoveryAttempt,
  type DiscoveryOptions,
  type Evidence,
  type FallbackValidatorOptions,
  type GuardAnswer,
  type GuardDecision,
  type IntrospectionValidatorOptions,
  type Json,
  type JsonObject,
  type JwtValidatorOptions,
  type Logger,
  type Meter,
  type OAuthErrorKind,
  type Ports,
  type Presentation,
  type Principal,
  type Problem,
  type ProblemCode,
  type ProblemSpec,
  type ProtectedRequest,
  type ProtectResourceOptions,
  type Readiness,
  type ResourceGuard,
  type TokenClaims,
  type TokenValidator,
  type UsageProblem,
  type ValidatorOptions,
  type Verdict,
} from '../../src/index.ts'
// @ts-expect-error what is not listed in src/index.ts is no part of the package
import { judge } from '../../src/index.ts'

// Generic functions are assignable to each other only where their types are the same, not merely compatible.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Exactly<A> = <T>() => T extends A ? 1 : 2
type Same<A, B> = Exactly<A> extends Exactly<B> ? true : false
const isSame = <A, B>(same: Same<A, B>): Same<A, B> => same

/** As the README shows it. */
export const judgeToken = async (token: string): Promise<Principal | ProblemCode> => {
  const auth = authConfigSchema.parse({ type: 'oauth', issuer: 'https://id.example' })
  isSame<typeof auth, AuthConfig>(true)
  const options: ValidatorOptions = { defaultAudience: 'api', localKeys: { keys: [] } }
  const gate: AuthGate = await createValidator(auth, systemPorts(), options)
  const verdict: Verdict = await gate.validate(token, AbortSignal.timeout(5000))
  const ready: Readiness = gate.ready()
  if (!ready.ready) return ready.problem.code
  gate.close()
  // @ts-expect-error only an accepted token has a caller
  void verdict.principal
  if (verdict.outcome === 'accepted') {
    // @ts-expect-error an accepted token has no problem
    void verdict.problem
    return verdict.principal
  }
  isSame<typeof verdict.outcome, 'rejected' | 'undecided'>(true)
  const { code, detail }: Problem = verdict.problem
  isSame<typeof detail, string>(true)
  return code
}

export const readChecks = (checks: readonly Check[]): readonly (Evidence | undefined)[] => {
  // @ts-expect-error a report is read, not changed
  checks.push()
  return checks.map((check) => {
    isSame<typeof check.status, 'pass' | 'warn' | 'fail' | 'skip'>(true)
    if (check.status === 'fail') isSame<typeof check.message, string>(true)
    if (check.status === 'skip') isSame<typeof check.because, string>(true)
    return check.evidence
  })
}

const spec: ProblemSpec = problemSpec('time-exp')
export const hint: string = spec.hint
// @ts-expect-error there is no such check
void problemSpec('time-expired')

// A validator of one's own fits wherever one of ours does.
const own: TokenValidator = {
  validateToken: async (token): Promise<TokenClaims> => {
    isSame<typeof token, string>(true)
    throw new OAuthError('InvalidToken', 'no')
  },
}
// @ts-expect-error a kind that does not exist
void new OAuthError('Expired', 'no')

export const kindOf = (error: OAuthError): OAuthErrorKind => {
  isSame<typeof error.status, 401 | 403 | 503>(true)
  isSame<ReturnType<typeof error.wwwAuthenticate>, string | undefined>(true)
  return error.kind
}

const jwtOptions: JwtValidatorOptions = {
  issuer: 'https://id.example',
  audience: ['api'],
  jwksUri: 'https://id.example/keys',
}
// @ts-expect-error without an audience every token of the issuer would be accepted
void new JwtValidator({ issuer: 'https://id.example', jwksUri: 'https://id.example/keys' })
const introspectionOptions: IntrospectionValidatorOptions = { requiredScopes: ['mcp:read'] }
const fallbackOptions: FallbackValidatorOptions = { fallback: 'any' }

export const validators = (): readonly TokenValidator[] => {
  const jwt = new JwtValidator(jwtOptions)
  const introspection = new IntrospectionValidator(
    'https://id.example/introspect',
    'client',
    new Secret('secret'),
    { ...introspectionOptions, audience: ['api'] },
  )
  isSame<ReturnType<typeof introspection.expectedAudience>, IntrospectionValidator>(true)
  // @ts-expect-error the secret is missing
  void new IntrospectionValidator('https://id.example/introspect', 'client')
  const both = new FallbackValidator(jwt, introspection, fallbackOptions)
  isSame<typeof both.first, JwtValidator>(true)
  // @ts-expect-error a fallback has two validators
  void new FallbackValidator(jwt)
  return [own, both, asTokenValidator({ validate: (token) => introspection.validate(token) })]
}

export const discover = async (clock: Clock, log: Logger, meter: Meter): Promise<string> => {
  const ports: Ports = systemPorts({ clock, log, meter })
  const options: DiscoveryOptions = { allowHttp: true, attemptMs: 1000 }
  try {
    const metadata: AuthServerMetadata = await discoverAuthServer('https://id.example', {
      ...options,
      ports,
    })
    return metadata.issuer
  } catch (error) {
    if (!(error instanceof DiscoveryError)) throw error
    const { attempts }: Discovery = error.discovery
    return attempts.map(({ outcome }: DiscoveryAttempt) => outcome).join(', ')
  }
}

const proof: Presentation = { scheme: 'dpop', method: 'POST', url: 'https://a.example', proofs: [] }
export const shown = (gate: AuthGate, signal: AbortSignal) => gate.validate('token', signal, proof)

const usage: UsageProblem = {
  code: 'config-value',
  message: 'wrong',
  place: { file: 'a', line: 1 },
}
export const problems: readonly UsageProblem[] = new UsageError(usage).problems

isSame<ReturnType<typeof audienceMatches>, boolean>(true)
// @ts-expect-error both are needed
void audienceMatches('api')

export const protect = async (): Promise<ResourceGuard> => {
  const options: ProtectResourceOptions = {
    auth: { type: 'oauth', issuer: 'https://id.example' },
    resource: 'https://api.example/',
  }
  // @ts-expect-error without its address no client could be sent to the metadata
  void protectResource({ auth: options.auth })
  // @ts-expect-error a section that does not exist
  void protectResource({ ...options, auth: { type: 'basic' } })
  const guard = await protectResource(options)
  createServer((request, response) => {
    guard(request, response, () => {
      const { verdict } = request as IncomingMessage & ProtectedRequest
      isSame<typeof verdict, AcceptedVerdict>(true)
      response.end(verdict.principal.sub)
    })
  })
  fastify().addHook('onRequest', async (request, reply) => {
    const decision: GuardDecision = await guard.decide(request.raw)
    // @ts-expect-error what passes is not answered
    void decision.answer
    if (decision.pass) return
    const { status, headers, body }: GuardAnswer = decision.answer
    await reply.code(status).headers(headers).send(body)
  })
  return guard
}

const claims: JsonObject = { aud: ['api'] }
export const audience: Json | undefined = claims['aud']
void judge
