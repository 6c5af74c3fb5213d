// The sections introspection and tokens: whether the configured client is taken, and what a revoked token still can do.
import { hasIssuer } from '../../core/auth-config/auth-kinds.ts'
import { randomBytes } from 'node:crypto'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { fail, pass, skip, warn, type Check, type FailedCheck } from '../../core/verdict/check.ts'
import { createValidator } from '../../core/validator/create-validator.ts'
import type { Discovery } from '../../core/metadata/discovery.ts'
import { duration } from '../../base/duration.ts'
import {
  checkRandomToken,
  timeIntrospection,
} from '../../core/introspection/introspection-probe.ts'
import type { Introspection } from '../../core/introspection/introspection-report.ts'
import { secretShape } from '../../core/client/secret-shape.ts'
import {
  isSilent,
  issuerHints,
  issuerSettings,
  type ExaminedIssuer,
  type IssuerSettings,
} from './issuer-examination.ts'
import type { Fact, ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

type Oauth = NonNullable<IssuerSettings['alone']>

const timedCalls = 3

const errorIn = (body: string | undefined): string => {
  const parsed = parseJson(body ?? '')
  const error = parsed.ok && isJsonObject(parsed.value) ? parsed.value['error'] : undefined
  return typeof error === 'string' && /^\w{1,64}$/.test(error) ? ` ${error}` : ''
}

const methodOf = ({ client_auth: method = 'client_secret_basic' }: Oauth): string => method

const advertised = (server: Discovery): readonly string[] =>
  server.metadata?.introspection_endpoint_auth_methods_supported ?? []

/** The commonest causes in the order of their frequency, as far as they fit what is known. */
const clientProblem = (auth: Oauth, server: Discovery, answer: string): Problem => {
  const id = 'intro-client-auth'
  const method = methodOf(auth)
  const values = { answer, client: auth.client_id ?? '', method }
  const methods = advertised(server)
  if (methods.length > 0 && !methods.includes(method.replace(/_raw$/, ''))) {
    return problemOf(id, 'client-method', { ...values, methods: methods.join(', ') })
  }
  if (method === 'private_key_jwt') return problemOf(id, 'client-key', values)
  if (method === 'tls_client_auth') return problemOf(id, 'client-certificate', values)
  const secret = auth.client_secret?.reveal() ?? ''
  const isEncoded = /[^\w*.-]/.test(secret) && method === 'client_secret_basic'
  return problemOf(id, isEncoded ? 'client-encoded' : 'client', values)
}

const refusedClient = (
  { exchange }: Introspection,
  auth: Oauth,
  server: Discovery,
): FailedCheck => {
  const secret = auth.client_secret?.reveal()
  const answer = `${exchange?.status ?? ''}${errorIn(exchange?.body)}`
  const shape = secret === undefined ? undefined : { note: `the secret: ${secretShape(secret)}` }
  return fail(clientProblem(auth, server, answer), shape)
}

type Told = Pick<ReportSection, 'summary' | 'checks' | 'open'>

const judged = (found: Introspection, auth: Oauth, server: Discovery): Told => {
  const { answer, exchange } = found
  if (exchange === undefined) {
    const because = 'no introspection endpoint is known'
    return { summary: because, checks: [skip('intro-reach', because)] }
  }
  if (answer.kind === 'client-refused') {
    const refused = refusedClient(found, auth, server)
    return { summary: refused.message, checks: [refused] }
  }
  if (answer.kind === 'unreachable') {
    const silent = isSilent(exchange)
    const why = exchange.fault?.kind === 'aborted' ? 'no answer in time' : answer.detail
    const said = fail(
      exchange.fault?.kind === 'aborted' ? problemOf('intro-reach', 'failed', { why }) : answer,
    )
    return { summary: why, ...(silent ? { checks: [], open: [said] } : { checks: [said] }) }
  }
  if (answer.kind === 'unverified') {
    return { summary: 'the signed answer is not proven', checks: answer.checks }
  }
  const accepted = pass('intro-client-auth', `client "${auth.client_id ?? ''}" (${methodOf(auth)})`)
  const reached = pass('intro-reach', exchange.url)
  const random = checkRandomToken(found)
  const active = random.status === 'warn'
  return {
    summary: active ? 'calls a random token active' : `takes our client, ${methodOf(auth)}`,
    checks: [accepted, reached, random],
  }
}

const asked = async (
  examined: ExaminedIssuer,
  auth: Oauth,
  { ports, signal, probes, generation, calm }: DoctorContext,
): Promise<ReportSection> => {
  const { settings, server } = examined
  const base = { section: 'introspection', subject: settings.issuer } as const
  const { publicUrl } = generation
  const gate = await openGate(auth, ports, publicUrl)
  try {
    const { introspect, probe } = gate
    if (introspect === undefined) throw new Error('a gate that introspects cannot')
    const ask = () => introspect(randomBytes(32).toString('base64url'), signal)
    const first = await ask()
    const told = judged(first, auth, server)
    await calm()
    const answers = first.answer.kind === 'answer' || first.answer.kind === 'signed'
    const timing = answers ? await timeIntrospection(ask, timedCalls, signal) : undefined
    const probed: Check[] = probes && probe !== undefined ? [(await probe(signal)).check] : []
    const ms = timing?.medianMs === undefined ? '' : `, ${Math.round(timing.medianMs)} ms`
    const facts: Fact[] = [['endpoint', first.exchange?.url ?? 'none']]
    const checks = [...told.checks, ...(timing === undefined ? [] : [timing.check]), ...probed]
    return {
      ...base,
      ...told,
      summary: `${told.summary}${ms}`,
      facts,
      checks,
      hints: await issuerHints(examined, checks),
    }
  } finally {
    gate.close()
  }
}

const openGate = (auth: Oauth, ports: Ports, publicUrl: string | undefined) =>
  createValidator(auth, ports, publicUrl === undefined ? {} : { defaultAudience: publicUrl })

export const introspection = async (world: DoctorContext): Promise<readonly ReportSection[]> => {
  const issuers = await world.issuers()
  const asking = issuers.flatMap((examined) => {
    const { alone, strategy } = examined.settings
    return alone === undefined || strategy === 'jwt' ? [] : [asked(examined, alone, world)]
  })
  if (asking.length > 0) return Promise.all(asking)
  const summary = issuers.length === 0 ? 'no issuer is configured' : 'not used: strategy jwt'
  return [{ section: 'introspection', summary, checks: [] }]
}

const lifetime = (auth: { readonly max_lifetime?: number | undefined }): string =>
  auth.max_lifetime === undefined
    ? 'its exp, which max_lifetime does not limit'
    : `its exp, at most ${duration(auth.max_lifetime)} (max_lifetime)`

const revocationOf = (
  { alone, strategy }: IssuerSettings,
  auth: { readonly max_lifetime?: number | undefined },
): Pick<ReportSection, 'summary' | 'checks'> => {
  const id = 'policy-revocation'
  if (alone !== undefined && (strategy === 'introspection' || alone.introspect_jwts)) {
    const seen = `a revocation is seen within ${duration(alone.cache_ttl)} (cache_ttl)`
    return { summary: `${strategy}; ${seen}`, checks: [pass(id, seen)] }
  }
  const until = lifetime(auth)
  return {
    summary: `${strategy}; a revoked JWT works until its exp`,
    checks: [warn(problemOf(id, { until }))],
  }
}

/** What follows from the strategy alone. */
export const tokens = ({ loaded }: DoctorContext): readonly ReportSection[] => {
  const { auth } = loaded.config
  if (!hasIssuer(auth)) {
    const summary = {
      none: 'no token is required',
      bearer: 'static tokens',
      keys: 'API keys; a revoked one is refused within a second',
    }[auth.type]
    return [{ section: 'tokens', summary, checks: [] }]
  }
  return issuerSettings(auth).map((settings) => ({
    section: 'tokens',
    subject: settings.issuer,
    ...revocationOf(settings, settings.alone ?? auth),
  }))
}
