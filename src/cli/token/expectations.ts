// What is expected of a token: flags are another way to write the [auth] section, parsed by the same schema.
import { existsSync } from 'node:fs'
import { bytesWithoutByteOrderMark } from '../../base/byte-order-mark.ts'
import { type JsonObject, isJsonObject, parseJson } from '../../base/json.ts'
import { isReadFault, readFileOrPipe } from '../../base/read-file.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { Secret } from '../../base/secret.ts'
import {
  problemFromUsage,
  usageError,
  UsageError,
  usageProblem,
  type UsageProblem,
} from '../../problems/usage-error.ts'
import type { ProfileConfig } from '../../config/profile-schema.ts'
import type { Config } from '../../config/schema.ts'
import type { AuthConfig, authConfigSchema } from '../../core/auth-config/auth-config.ts'
import { oauthConfigSchema } from '../../core/auth-config/oauth-config.ts'
import type { AuthFlagValues } from '../flags/auth-flags.ts'
import { possessionOverrides, type RequestFlagValues } from './captured-request.ts'
import { clientSecret } from './client-secret.ts'
import { exactUrl } from '../address/checked-address.ts'
import { issuerMissing, namedIssuers } from './named-issuer.ts'
import { printable } from '../../base/escape.ts'
import { completeClient } from './complete-client.ts'
import type { Narrator } from '../terminal/narrator.ts'

export interface Expectations {
  readonly auth: AuthConfig
  /** The public URL of the proxy, where a configuration names it: the audience that serve would default to. */
  readonly publicUrl: string | undefined
  readonly localKeys: JsonObject | undefined
  /** The configuration file that was read, and what it says. */
  readonly file: string | undefined
  readonly config?: Config
  /** That of whose endpoint it is; undefined: the whole proxy. */
  readonly profile?: ProfileConfig | undefined
  /** Who said what to expect: a file, flags, the MCP server of --for, or the token alone, which names its issuer. */
  readonly from: ExpectationSource
  /** The MCP server of --for. */
  readonly server?: string
}

export type ExpectationSource = 'configuration' | 'flags' | 'server' | 'token'

/** Asks for a value that is missing, or throws what says so. */
export type AskForValue = (what: string, missing: Problem) => Promise<string>

interface Context {
  readonly env: NodeJS.ProcessEnv
  readonly warn: Narrator['warn']
  readonly note: (text: string) => void
  readonly ask: AskForValue
  /** Without echo. */
  readonly askSecret: AskForValue
  /** The profile at whose endpoint the token is shown. */
  readonly endpoint?: string | undefined
  /** The command introspects whatever strategy the configuration names. */
  readonly introspects?: true
  /** What is to be judged: where no one names an issuer, the tokens do. */
  readonly tokens?: readonly string[]
  /** What the MCP server of --for says. */
  readonly server?: ServerExpectations | undefined
}

/** What an MCP server expects of tokens, by its own metadata and challenge. */
export interface ServerExpectations {
  readonly url: string
  readonly issuers: readonly string[]
  readonly audience: string
  readonly scopes: readonly string[]
}

type Raw = Record<string, unknown>

const flagOf: Readonly<Record<string, string>> = {
  issuer: '--issuer',
  audience: '--audience',
  jwks_uri: '--jwks-uri',
  introspection_endpoint: '--introspection-endpoint',
  client_id: '--client-id',
  client_secret: '--client-secret-file',
  client_auth: '--client-auth',
  client_key: '--client-key-file',
  client_cert: '--client-cert-file',
  client_cert_key: '--client-cert-key-file',
  token_validation: '--strategy',
  required_scopes: '--require-scope',
  scope_claims: '--scope-claim',
  audience_claims: '--audience-claim',
  algorithms: '--algorithm',
  profile: '--profile',
  clock_tolerance: '--tolerance',
}

const impliedMethod = (flags: AuthFlagValues): string | undefined => {
  if (flags['client-key-file'] !== undefined) return 'private_key_jwt'
  return flags['client-cert-file'] === undefined ? undefined : 'tls_client_auth'
}

/** What the flags say, in the words of the [auth] section; what they leave open is not there. */
const overridesOf = (flags: AuthFlagValues, secret: string | undefined): Raw =>
  Object.fromEntries(
    Object.entries({
      issuer: flags.issuer,
      audience: flags.audience,
      jwks_uri: flags['jwks-uri'],
      introspection_endpoint: flags['introspection-endpoint'],
      client_id: flags['client-id'],
      client_secret: secret,
      client_auth: flags['client-auth'] ?? impliedMethod(flags),
      client_key: flags['client-key-file'],
      client_cert: flags['client-cert-file'],
      client_cert_key: flags['client-cert-key-file'],
      token_validation: flags.strategy,
      required_scopes: flags['require-scope'],
      scope_claims: flags['scope-claim'],
      audience_claims: flags['audience-claim'],
      algorithms: flags.algorithm,
      profile: flags.profile,
      clock_tolerance: flags.tolerance,
      allow_http: flags['allow-http'] === true ? true : undefined,
      allow_private: flags['allow-private'] === true ? true : undefined,
    }).filter(([, value]) => value !== undefined),
  )

/** A parsed section as it could have been written: secrets become text again, for the schema's eyes alone. */
const unparsed = (value: unknown): unknown => {
  if (value instanceof Secret) return value.reveal()
  if (Array.isArray(value)) return value.map(unparsed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unparsed(member)]))
}

const parseAuth = (
  schema: typeof authConfigSchema | typeof oauthConfigSchema,
  raw: Raw,
): AuthConfig => {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }): UsageProblem => {
    const key = path.findLast((step) => typeof step === 'string') ?? 'auth'
    return usageProblem(
      problemOf('config-value', 'flag', { flag: flagOf[key] ?? key, why: message }),
    )
  })
  throw new UsageError(problems)
}

const largestKeySet = 16 * 1_048_576

const localKeySet = async (file: string): Promise<JsonObject> => {
  const read = await readFileOrPipe(file, { maxBytes: largestKeySet })
  if (isReadFault(read)) {
    throw usageError(
      read.code === 'ENOENT'
        ? problemOf('usage-flag', 'key-set-absent', { file })
        : problemOf('usage-flag', 'key-set-unreadable', { file, why: read.why }),
    )
  }
  const parsed = parseJson(bytesWithoutByteOrderMark(read.bytes), { maxBytes: largestKeySet })
  if (!parsed.ok) {
    throw usageError(problemOf('usage-flag', 'key-set-json', { file, why: parsed.reason }))
  }
  const { value: set, duplicates } = parsed
  if (duplicates[0] !== undefined) {
    const member = JSON.stringify(duplicates[0].slice(0, 60))
    throw usageError(problemOf('usage-flag', 'key-set-member-twice', { file, member }))
  }
  if (!isJsonObject(set) || !Array.isArray(set['keys'])) {
    throw usageError(problemOf('usage-flag', 'key-set-without-keys', { file }))
  }
  return set
}

const cannotIntrospect = (file: string, type: string): UsageError =>
  usageError(problemOf('config-value', 'introspect', { type }), { place: { file } })

const fromFile = async (file: string, overrides: Raw, context: Context): Promise<Expectations> => {
  const { loadConfig } = await import('../../config/load.ts')
  const { publicUrlOf } = await import('../../config/public-url.ts')
  const { endpointNamed } = await import('../../config/profiles.ts')
  const { config: whole, warnings } = await loadConfig(file, context.env)
  for (const warning of warnings) context.warn(problemFromUsage(warning, ''))
  const { config, profile } = endpointNamed(whole, context.endpoint)
  const written = Object.entries(config.auth).map(([key, value]) => [key, unparsed(value)])
  const raw: Raw = { ...(Object.fromEntries(written) as Raw), ...overrides }
  if (context.introspects === true) {
    if (raw['type'] !== 'oauth') throw cannotIntrospect(file, config.auth.type)
    await completeClient(raw, context)
  }
  const { authConfigSchema } = await import('../../core/auth-config/auth-config.ts')
  const changed = context.introspects === true || Object.keys(overrides).length > 0
  const auth = changed ? parseAuth(authConfigSchema, raw) : config.auth
  const publicUrl = publicUrlOf(config)
  return { auth, publicUrl, localKeys: undefined, file, config, profile, from: 'configuration' }
}

/** Several are each judged by their own. */
const issuersIn = (issuers: readonly string[]): Raw => {
  const [first, ...others] = issuers
  if (first === undefined) return {}
  return { issuer: first, ...(others.length === 0 ? {} : { issuers: others.map(asIssuer) }) }
}
const asIssuer = (issuer: string): Raw => ({ issuer })

/** Flags count more than the server, and the token is asked where neither says anything. */
const completed = async (
  overrides: Raw,
  { tokens = [], server, ask, note }: Context,
): Promise<{ readonly raw: Raw; readonly from: ExpectationSource }> => {
  const raw: Raw = { type: 'oauth', ...overrides }
  if (server !== undefined) {
    const { issuers, audience, scopes } = server
    if (raw['issuer'] === undefined) Object.assign(raw, issuersIn(issuers))
    raw['audience'] ??= [audience]
    if (scopes.length > 0) raw['required_scopes'] ??= scopes
    return { raw, from: 'server' }
  }
  if (raw['audience'] === undefined) raw['allow_any_audience'] = true
  if (raw['issuer'] !== undefined) return { raw, from: 'flags' }
  const named = namedIssuers(tokens)
  if (named.length === 0) {
    raw['issuer'] = await ask('The issuer (--issuer)', issuerMissing(tokens))
    return { raw, from: 'flags' }
  }
  note(`the issuer is the one that the token names: ${named.map(printable).join(', ')}`)
  Object.assign(raw, issuersIn(named))
  return { raw, from: 'token' }
}

const fromFlags = async (overrides: Raw, context: Context): Promise<Expectations> => {
  const { raw, from } = await completed(overrides, context)
  if (context.introspects === true) await completeClient(raw, context)
  const introspects = raw['introspection_endpoint'] !== undefined || raw['client_id'] !== undefined
  if (raw['token_validation'] === undefined && introspects) {
    raw['token_validation'] = 'both'
    context.note('strategy: both, since a client for introspection is given')
  }
  return {
    auth: parseAuth(oauthConfigSchema, raw),
    publicUrl: undefined,
    localKeys: undefined,
    file: undefined,
    from,
    ...(context.server === undefined ? {} : { server: context.server.url }),
  }
}

/** What the flags, and the configuration they name, expect of a token. */
export const expectations = async (
  written: AuthFlagValues & RequestFlagValues,
  given: Omit<Context, 'endpoint'>,
): Promise<Expectations> => {
  const flags =
    written.issuer === undefined
      ? written
      : { ...written, issuer: exactUrl(written.issuer, '--issuer', given) }
  const context: Context = { ...given, endpoint: flags.endpoint }
  const secret = await clientSecret({
    file: flags['client-secret-file'],
    stdin: flags['client-secret-stdin'] === true,
    env: context.env,
    warn: context.warn,
  })
  // The environment may hold a secret for another run: alone it does not say how to judge.
  const explicit =
    flags['client-secret-file'] !== undefined || flags['client-secret-stdin'] === true
  const useSecret = explicit || flags['client-id'] !== undefined || context.introspects === true
  const overrides = overridesOf(flags, useSecret ? secret : undefined)
  const isNamed = flags.issuer !== undefined || context.server !== undefined
  const byDefault = !isNamed && existsSync('proxy.toml') ? 'proxy.toml' : undefined
  const file = flags.config ?? byDefault
  if (file === undefined && flags.endpoint !== undefined) {
    throw usageError(problemOf('usage-flag', 'endpoint-without-file'))
  }
  if (flags.config === undefined && byDefault !== undefined) context.note('using proxy.toml')
  const found =
    file === undefined
      ? await fromFlags({ ...overrides, ...possessionOverrides(flags) }, context)
      : await fromFile(file, overrides, context)
  const keys = flags['jwks-file']
  return keys === undefined ? found : { ...found, localKeys: await localKeySet(keys) }
}
