// The authorization code flow with PKCE: builds the address to open, and redeems what came back from it.
import { problemOf } from '../../problems/problem.ts'
import { refusedUrl } from '../../net/exchange.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { AuthServerMetadata } from '../metadata/metadata.ts'
import { askForToken, wishFields, type Grant, type Protocol, type Wish } from './grant.ts'
import { refusal, refusalOfPerson, step } from './refusals.ts'
import { nearMiss } from '../verdict/near-miss.ts'

export interface CodeFlow {
  /** What the browser has to open. */
  readonly url: string
  /** Whether a callback belongs to this login: others do not know its state. */
  readonly isOurs: (parameters: URLSearchParams) => boolean
  /** Throws a UsageError for whatever else than a code for this login came back. */
  readonly redeem: (parameters: URLSearchParams) => Promise<Grant>
}

export interface CodeFlowRequest extends Wish {
  readonly protocol: Protocol
  readonly redirectUri: string
  readonly allowHttp: boolean
}

/** MCP authorization, code protection: without S256 in the metadata a client has to refuse. */
export const requirePkce = (
  { issuer, code_challenge_methods_supported: methods }: AuthServerMetadata,
  assumed: boolean,
): void => {
  if (methods.includes('S256') || (methods.length === 0 && assumed)) return
  throw usageError(
    methods.length === 0
      ? problemOf('asm-pkce', 'unstated', { issuer })
      : problemOf('asm-pkce', 'other', { issuer, methods: methods.join(', ') }),
  )
}

const authorizationEndpoint = ({ as }: Protocol, allowHttp: boolean): URL => {
  const { authorization_endpoint: endpoint, issuer } = as
  if (endpoint === undefined)
    throw usageError(problemOf('login-unsupported', 'authorization', { issuer }))
  const refused = refusedUrl(endpoint, allowHttp)
  if (refused === undefined) return new URL(endpoint)
  throw usageError(problemOf('login-unsupported', 'unsafe', { issuer, why: refused }))
}

const sameUrl = (a: string, b: string): boolean =>
  URL.canParse(a) &&
  URL.canParse(b) &&
  new URL(a).href.replace(/\/$/, '') === new URL(b).href.replace(/\/$/, '')

/** RFC 9207 section 2.4: compared as it came, before anything else of the answer is believed. */
const checkIssuer = ({ as }: Protocol, parameters: URLSearchParams): void => {
  const [issuer, ...more] = parameters.getAll('iss')
  if (more.length > 0) throw usageError(problemOf('login-mix-up', 'twice'))
  if (issuer === undefined) {
    if (as.authorization_response_iss_parameter_supported !== true) return
    throw usageError(problemOf('login-mix-up', 'absent', { issuer: as.issuer }))
  }
  if (issuer !== as.issuer) {
    const values = { named: issuer, issuer: as.issuer }
    // Another host is no slip: only the spelling of one and the same URL is.
    const isSame = sameUrl(issuer, as.issuer)
    const what = isSame ? nearMiss(issuer, as.issuer) : undefined
    throw usageError(
      what === undefined
        ? problemOf('login-mix-up', 'other', values)
        : problemOf('login-mix-up', 'near', { ...values, what }),
    )
  }
}

/** RFC 9126: the request goes to the server beforehand, where that is demanded. */
const pushed = async (
  protocol: Protocol,
  parameters: URLSearchParams,
): Promise<URLSearchParams> => {
  const { lib, as, client, auth, options, wire } = protocol
  const answer = await step('The endpoint for pushed authorization requests', wire, async () =>
    lib.processPushedAuthorizationResponse(
      as,
      client,
      await lib.pushedAuthorizationRequest(as, client, auth, parameters, options),
    ),
  )
  return new URLSearchParams({ client_id: client.client_id, request_uri: answer.request_uri })
}

/** The parameters of RFC 6749 section 4.1.1, RFC 7636 section 4.3 and RFC 8707 section 2. */
const requestParameters = (
  request: CodeFlowRequest,
  { state, challenge }: { readonly state: string; readonly challenge: string },
): URLSearchParams =>
  new URLSearchParams({
    response_type: 'code',
    client_id: request.protocol.client.client_id,
    redirect_uri: request.redirectUri,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...wishFields(request),
    // OpenID Connect Core section 11: without it servers drop offline_access.
    ...(request.scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
  })

export const beginCodeFlow = async (
  request: CodeFlowRequest,
  { push }: { readonly push: boolean },
): Promise<CodeFlow> => {
  const { protocol, redirectUri, resource } = request
  const { lib, as, client, auth, options } = protocol
  const verifier = lib.generateRandomCodeVerifier()
  const state = lib.generateRandomState()
  const challenge = await lib.calculatePKCECodeChallenge(verifier)
  const url = authorizationEndpoint(protocol, request.allowHttp)
  const parameters = requestParameters(request, { state, challenge })
  const shown = push ? await pushed(protocol, parameters) : parameters
  for (const [name, value] of shown) url.searchParams.set(name, value)
  return {
    url: url.href,
    isOurs: (found) => {
      const [given, ...more] = found.getAll('state')
      return given === state && more.length === 0
    },
    redeem: async (found) => {
      checkIssuer(protocol, found)
      const error = found.get('error')
      if (error !== null) {
        const description = found.get('error_description') ?? undefined
        throw refusalOfPerson('The authorization server', { error, description })
      }
      if (found.getAll('code').length !== 1) {
        throw refusal('The authorization server', { error: 'no code', description: undefined })
      }
      return askForToken(protocol, () => {
        const checked = lib.validateAuthResponse(as, client, found, state)
        return lib.authorizationCodeGrantRequest(as, client, auth, checked, redirectUri, verifier, {
          ...options,
          additionalParameters: resource === undefined ? {} : { resource },
        })
      })
    },
  }
}
