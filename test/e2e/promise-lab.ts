// The issuers behind the table of tokens: a real one, and one with real keys that says whatever a row needs.
import { exportJWK, type JWK, type JWTPayload } from 'jose'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../support/scripted-server.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  newSigningKey,
  signingAlgorithms,
  testKey,
  type Members,
  type SigningAlgorithm,
  type SigningKey,
} from '../support/tokens.ts'

export const audience = 'https://mcp.example.com/mcp'

/** One configuration under which rows are judged; `auth` is the `[auth]` section as a person writes it. */
export interface Realm {
  readonly auth: Readonly<Record<string, unknown>>
  readonly security?: Readonly<Record<string, unknown>>
}

/** Published keys that have something wrong or special about them. */
export interface OddKeys {
  /** 1024-bit RSA. */
  readonly weak: SigningKey
  /** ES256 with `use` enc. */
  readonly forEncryption: SigningKey
  /** One of two keys with the same kid. */
  readonly twin: SigningKey
  /** The key of the second issuer, in a set of its own. */
  readonly second: SigningKey
  /** The key that a caller proves possession of. */
  readonly callers: SigningKey
}

export interface Lab {
  /** The issuer string of the scripted issuer. */
  readonly issuer: string
  /** The issuer string that a realm expects. */
  issuerOf(realm: RealmName): string
  /** Claims that every realm of the scripted issuer accepts, with changes. */
  claims(overrides?: Members): JWTPayload
  key(alg?: SigningAlgorithm): Promise<SigningKey>
  /** A key that no key set publishes. */
  readonly strangerKey: SigningKey
  /** The keys of the set that publishes no kid. */
  readonly nameless: readonly SigningKey[]
  readonly odd: OddKeys
  jwt(claims?: Members, header?: Members, alg?: SigningAlgorithm): Promise<string>
  /** A fresh opaque token, and what introspection answers about it. */
  opaque(answer: ScriptedAnswer): string
  /** The answer about a good opaque token, with changes. */
  active(overrides?: Members): ScriptedAnswer
  /** Sets what introspection answers about one token. */
  introspected(token: string, answer: ScriptedAnswer): string
  readonly real: Awaited<ReturnType<typeof startAuthorizationServer>>
  readonly realms: Readonly<Record<RealmName, Realm>>
  readonly clientSecret: string
  close(): Promise<void>
}

export type RealmName =
  | 'jwt'
  | 'strict'
  | 'introspection'
  | 'both'
  | 'real-jwt'
  | 'real-introspection'
  | 'real-both'
  | 'bearer'
  | 'keys-down'
  | 'keys-empty'
  | 'keys-without-kid'
  | 'introspection-down'
  | 'keys-private'
  | 'issuer-down'
  | 'issuer-foreign'
  | 'issuer-plain'
  | 'issuer-keyless'
  | 'issuer-mute'
  | 'lax'
  | 'two-audiences'
  | 'client-as-audience'
  | 'both-any'
  | 'both-strictly'
  | 'both-keys-down'
  | 'signed-answers'
  | 'issuers'
  | 'dpop'
  | 'dpop-required'
  | 'mtls'

const nowSeconds = (): number => Math.floor(Date.now() / 1000)

const without = (members: Members): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

const withoutKid = (jwk: JWK) => ({ ...jwk, kid: undefined })

/** What the issuers at a path of the scripted server publish: each lacks or twists one thing. */
const documents = (origin: string): Readonly<Record<string, Record<string, unknown>>> => {
  const document = (issuer: string) => ({
    issuer,
    jwks_uri: `${origin}/jwks`,
    introspection_endpoint: `${origin}/introspect`,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
  })
  return {
    '': document(origin),
    '/foreign': document('https://id.example'),
    '/plain': { ...document(`${origin}/plain`), jwks_uri: 'http://keys.example/jwks' },
    '/keyless': { ...document(`${origin}/keyless`), jwks_uri: undefined },
    '/second': { ...document(`${origin}/second`), jwks_uri: `${origin}/jwks-second` },
    '/mute': { ...document(`${origin}/mute`), introspection_endpoint: undefined },
  }
}

const startIssuer = async (answers: ReadonlyMap<string, ScriptedAnswer>) => {
  const server = await startScriptedServer()
  const keys = await Promise.all(signingAlgorithms.map((alg) => testKey(alg)))
  const odd: OddKeys = {
    weak: await newSigningKey('RS256', { kid: 'weak', modulusLength: 1024 }),
    forEncryption: await newSigningKey('ES256', { kid: 'for-encryption' }),
    twin: await newSigningKey('ES256', { kid: 'twins' }),
    second: await newSigningKey('ES256', { kid: 'second' }),
    callers: await newSigningKey('ES256'),
  }
  const { forEncryption, twin, weak } = odd
  const published = [
    ...jwksOf(...keys, weak, twin, await newSigningKey('ES256', { kid: 'twins' })).keys,
    { ...forEncryption.publicJwk, use: 'enc' },
  ]
  const nameless = [await newSigningKey('ES256'), await newSigningKey('ES256')]
  const { privateKey, publicJwk } = await testKey()
  for (const [place, body] of Object.entries(documents(server.origin))) {
    server.on(`/.well-known/oauth-authorization-server${place}`, { body })
  }
  server.on('/jwks', { body: { keys: published } })
  server.on('/jwks-second', { body: jwksOf(odd.second) })
  server.on('/jwks-empty', { body: { keys: [] } })
  server.on('/jwks-without-kid', {
    body: { keys: nameless.map((key) => withoutKid(key.publicJwk)) },
  })
  server.on('/jwks-private', {
    body: { keys: [{ ...publicJwk, ...(await exportJWK(privateKey)) }] },
  })
  server.on('/introspect', ({ body }) => {
    const token = new URLSearchParams(body).get('token') ?? ''
    return answers.get(token) ?? { body: { active: false } }
  })
  return { server, nameless, odd }
}

/** A port that refuses connections. */
const closedOrigin = async (): Promise<string> => {
  const server: ScriptedServer = await startScriptedServer()
  await server.close()
  return server.origin
}

const realmsFor = async (issuer: string, real: Lab['real']): Promise<Record<RealmName, Realm>> => {
  const closed = await closedOrigin()
  const client = { client_id: 'resource-server', client_secret: '${LAB_CLIENT_SECRET}' }
  const jwt = { type: 'jwt', issuer, jwks_uri: `${issuer}/jwks`, audience }
  const oauth = { type: 'oauth', issuer, audience, ...client }
  const realOauth = { type: 'oauth', issuer: real.issuer, audience }
  const realClient = {
    ...realOauth,
    client_id: real.clientId,
    client_secret: '${LAB_REAL_SECRET}',
  }
  return {
    jwt: { auth: { ...jwt, required_scopes: ['mcp:read'] } },
    strict: { auth: { ...jwt, profile: 'strict', max_lifetime: 7200, algorithms: ['ES256'] } },
    introspection: {
      auth: { ...oauth, token_validation: 'introspection', required_scopes: ['mcp:read'] },
    },
    both: { auth: { ...oauth, token_validation: 'both' } },
    'real-jwt': { auth: { ...realOauth, token_validation: 'jwt' } },
    'real-introspection': { auth: { ...realClient, token_validation: 'introspection' } },
    'real-both': { auth: { ...realClient, token_validation: 'both' } },
    bearer: { auth: { type: 'bearer', tokens: ['${LAB_STATIC_TOKEN}', 'another-static-token'] } },
    'keys-down': { auth: { ...jwt, jwks_uri: `${closed}/jwks` } },
    'keys-empty': { auth: { ...jwt, jwks_uri: `${issuer}/jwks-empty` } },
    'keys-without-kid': { auth: { ...jwt, jwks_uri: `${issuer}/jwks-without-kid` } },
    'keys-private': { auth: { ...jwt, jwks_uri: `${issuer}/jwks-private` } },
    'issuer-down': { auth: { type: 'oauth', issuer: closed, audience } },
    'issuer-foreign': { auth: { type: 'oauth', issuer: `${issuer}/foreign`, audience } },
    'issuer-plain': { auth: { type: 'oauth', issuer: `${issuer}/plain`, audience } },
    'issuer-keyless': { auth: { type: 'oauth', issuer: `${issuer}/keyless`, audience } },
    'issuer-mute': {
      auth: { ...oauth, issuer: `${issuer}/mute`, token_validation: 'introspection' },
    },
    lax: {
      auth: { ...jwt, profile: 'off', sender_constraint: 'ignore', scope_claims: ['permissions'] },
    },
    'two-audiences': {
      auth: { ...jwt, audience: [audience, 'https://api.example.com'], clock_tolerance: 0 },
    },
    'client-as-audience': {
      auth: { ...jwt, audience: [audience, 'client-1'], audience_claims: ['aud', 'client_id'] },
    },
    'both-any': { auth: { ...oauth, token_validation: 'both', fallback: 'any' } },
    'both-strictly': { auth: { ...oauth, token_validation: 'both', introspect_jwts: true } },
    'both-keys-down': {
      auth: { ...oauth, token_validation: 'both', jwks_uri: `${closed}/jwks` },
    },
    'signed-answers': {
      auth: { ...oauth, token_validation: 'introspection', introspection_response: 'jwt' },
    },
    issuers: {
      auth: {
        type: 'oauth',
        issuer,
        audience,
        issuers: [
          { issuer: `${issuer}/second`, audience: 'https://second.example', profile: 'strict' },
          { issuer: closed },
        ],
      },
    },
    dpop: { auth: { ...jwt, sender_constraint: 'dpop' } },
    'dpop-required': {
      auth: { ...jwt, sender_constraint: 'dpop', sender_constraint_required: true },
    },
    mtls: {
      auth: { ...jwt, sender_constraint: 'mtls', client_cert_header: 'X-Client-Cert' },
      security: { trusted_proxies: ['127.0.0.1'] },
    },
    'introspection-down': {
      auth: {
        ...oauth,
        token_validation: 'both',
        introspection_endpoint: `${closed}/introspect`,
      },
    },
  }
}

export const staticToken = 'static-token-of-the-lab-0123456789'

export const openLab = async (): Promise<Lab> => {
  const answers = new Map<string, ScriptedAnswer>()
  const [{ server, nameless, odd }, real, strangerKey] = await Promise.all([
    startIssuer(answers),
    startAuthorizationServer(),
    newSigningKey('ES256', { kid: 'stranger' }),
  ])
  const issuer = server.origin
  const claims: Lab['claims'] = (overrides = {}) =>
    goodClaims({ iss: issuer, aud: audience, ...overrides }, nowSeconds())
  const introspected: Lab['introspected'] = (token, answer) => {
    answers.set(token, answer)
    return token
  }
  const realms = await realmsFor(issuer, real)
  let minted = 0
  return {
    issuer,
    claims,
    key: testKey,
    strangerKey,
    nameless,
    odd,
    jwt: async (overrides = {}, header = {}, alg = 'ES256') =>
      mintToken(await testKey(alg), claims(overrides), header),
    introspected,
    opaque: (answer) => {
      minted += 1
      return introspected(`opaque-token-${minted}-of-the-lab`, answer)
    },
    active: (overrides = {}) => ({
      body: without({
        active: true,
        iss: issuer,
        aud: audience,
        sub: 'user-1',
        client_id: 'client-1',
        scope: 'mcp:read',
        token_type: 'Bearer',
        iat: nowSeconds() - 60,
        exp: nowSeconds() + 3600,
        ...overrides,
      }),
    }),
    real,
    realms,
    issuerOf: (realm) => String(realms[realm].auth['issuer']),
    clientSecret: 'secret-of-the-lab',
    close: async () => {
      await Promise.all([server.close(), real.close()])
    },
  }
}
