// The tokens that the proxy shows at one backend: its own, and those that it gets in exchange for the tokens of callers.
import { createFlightLimit } from '../../base/flight-limit.ts'
import type { Ports } from '../../base/ports.ts'
import type { Secret } from '../../base/secret.ts'
import { credentialsOf } from '../auth-config/client-credentials.ts'
import type { ClientCredentials } from '../client/client-authentication.ts'
import type { OauthError } from '../client/server-words.ts'
import { findEndpoint, type EndpointSource } from '../metadata/endpoint.ts'
import { createMetadataSource, type MetadataSource } from '../metadata/metadata-source.ts'
import {
  clientCredentialsGrant,
  openProtocol,
  tokenExchangeGrant,
  type Protocol,
} from '../oauth-client/grant.ts'
import { wireTroubleOf } from '../oauth-client/refusals.ts'
import { tokenDigest } from '../token/token-digest.ts'
import { createTokenKeeper, type GrantedToken, type Obtained } from './token-keeper.ts'
import type { UpstreamAuth } from './upstream-config.ts'

export type UpstreamGrant = UpstreamAuth['grant']

/** Why there is no token to show. */
export type TokenTrouble = {
  readonly grant: UpstreamGrant
  /** Where it was asked for, for a person. */
  readonly at: string
} & (
  | { readonly kind: 'refused'; readonly error: OauthError }
  | {
      /** `undiscovered`: the token endpoint itself is not known. */
      readonly kind: 'unreachable' | 'busy' | 'malformed' | 'undiscovered'
      readonly why: string
    }
)

/** The token of a caller that another one is wanted for. */
export interface Subject {
  /** The key of its principal. */
  readonly caller: string
  readonly token: string
  /** Milliseconds since the epoch; undefined where that is not known. */
  readonly endsAt: number | undefined
}

type Taken = Obtained<TokenTrouble>

export interface TokenSource {
  /** Reads the key files. Throws a UsageError where one cannot be used. */
  prove(): Promise<void>
  /** In exchange for the token of a caller; without one, the proxy's own. */
  take(subject?: Subject): Taken | Promise<Taken>
  /** Where the token was refused: whether it is worth taking another one. */
  refused(token: Secret, subject?: Subject): boolean
  close(): void
}

export interface TokenSourceOptions {
  /** Of the backend, for metrics. */
  readonly name: string
  readonly auth: UpstreamAuth
  /** The table of the configuration that `auth` comes from. */
  readonly place: string
  readonly ports: Ports
}

/** Requests for tokens at one authorization server, at once and waiting. */
const flights = { flying: 32, waiting: 1024 } as const

const ownKey = 'own'

/** Two callers never share one, nor do two tokens of one caller. */
const keyOf = (subject: Subject | undefined): string =>
  subject === undefined ? ownKey : JSON.stringify([subject.caller, tokenDigest(subject.token)])

const metadataOf = (
  { issuer, metadata_issuer: metadataIssuer, client_auth, ...auth }: UpstreamAuth,
  ports: Ports,
): MetadataSource | undefined =>
  issuer === undefined || auth.token_endpoint !== undefined
    ? undefined
    : createMetadataSource({
        issuer,
        metadataIssuer,
        strategy: undefined,
        mutualTls: client_auth === 'tls_client_auth',
        allowHttp: auth.allow_http,
        allowPrivate: auth.allow_private,
        ports,
      })

const readCredentials = (
  { issuer, token_endpoint: endpoint = '', ...auth }: UpstreamAuth,
  place: string,
  { clock }: Ports,
): Promise<ClientCredentials> =>
  credentialsOf(
    {
      ...auth,
      issuer: issuer ?? endpoint,
      ...(issuer === undefined ? { client_assertion_audience: 'endpoint' } : {}),
    },
    place,
    clock,
  )

export const createTokenSource = (options: TokenSourceOptions): TokenSource => {
  const { name, auth, place, ports } = options
  const { issuer, token_endpoint: fixed } = auth
  const closed = new AbortController()
  const metadata = metadataOf(auth, ports)
  const requests = ports.meter.counter('mcp_proxy_upstream_tokens_total')
  const limit = createFlightLimit(flights.flying, flights.waiting)
  const keeper = createTokenKeeper<TokenTrouble>(ports.clock)
  const at = fixed ?? issuer ?? ''
  const endpoint: EndpointSource =
    fixed === undefined && metadata !== undefined
      ? metadata.tokenEndpoint
      : { url: at, reach: 'private' }
  let credentials: Promise<ClientCredentials> | undefined
  const client = () => (credentials ??= readCredentials(auth, place, ports))

  const wish = { scopes: auth.scopes, resource: auth.resource, audience: auth.audience }
  const request = (protocol: Protocol, subject: Subject | undefined) =>
    subject === undefined
      ? clientCredentialsGrant(protocol, wish)
      : tokenExchangeGrant(protocol, wish, {
          token: subject.token,
          type: auth.subject_token_type ?? 'access_token',
        })

  const trouble = (grant: UpstreamGrant, kind: 'busy' | 'undiscovered', why: string) => ({
    trouble: { grant, at, kind, why },
  })

  const once = async (
    grant: UpstreamGrant,
    subject: Subject | undefined,
  ): Promise<GrantedToken | { readonly trouble: TokenTrouble }> => {
    const found = await findEndpoint(endpoint, closed.signal)
    if ('missing' in found) {
      const why = 'why' in found.missing ? found.missing.why : 'its metadata has no token_endpoint'
      return trouble(grant, 'undiscovered', why)
    }
    // One for each request: it remembers the last answer.
    const protocol = await openProtocol(
      { issuer: issuer ?? found.url, token_endpoint: found.url },
      await client(),
      {
        ports,
        trusted: [at],
        allowHttp: auth.allow_http,
        allowPrivate: auth.allow_private,
        signal: closed.signal,
      },
    )
    try {
      const { accessToken: value, lifetimeSeconds } = await request(protocol, subject)
      return { value, lifetimeSeconds }
    } catch (error) {
      const met = wireTroubleOf(error, protocol.wire)
      if (met === undefined) throw error
      return { trouble: { grant, at: found.url, ...met } }
    }
  }

  const ask = async (subject: Subject | undefined) => {
    const grant = subject === undefined ? 'client_credentials' : 'token_exchange'
    const answer =
      (await limit.run(() => once(grant, subject))) ??
      trouble(grant, 'busy', 'too many requests for tokens wait for it')
    const outcome = 'trouble' in answer ? answer.trouble.kind : 'granted'
    requests.add({ backend: name, grant, outcome })
    if ('trouble' in answer) {
      const { kind } = answer.trouble
      const error = 'error' in answer.trouble ? answer.trouble.error.error : undefined
      ports.log.warn({ backend: name, grant, outcome: kind, error }, 'no token for the backend')
    }
    return answer
  }

  return {
    prove: async () => void (await client()),
    take: (subject) =>
      keeper.take({
        key: keyOf(subject),
        notAfter: subject?.endsAt,
        ask: () => ask(subject),
      }),
    refused: (token, subject) => keeper.refused(keyOf(subject), token),
    close: () => {
      closed.abort()
      metadata?.close()
    },
  }
}
