// What the tests ask of an authorization server that others wrote: its addresses, a client, tokens of each kind.

export interface RealServer {
  /** Its name in the catalogue of the registry that it comes from. */
  readonly name: string
  readonly issuer: string
  /** The client that may introspect. */
  readonly client: { readonly id: string; readonly secret: string }
  readonly tokens: Readonly<Record<TokenName, string>>
  close(): Promise<void>
}

export type TokenName =
  /** A JWT for `audience`, of `scopes`, valid for an hour. */
  | 'good'
  /** The same, but its `exp` has passed, or passes a second after the start. */
  | 'expired'
  /** The same, for `otherAudience`. */
  | 'elsewhere'
  /** What the server gives when no resource was asked for. */
  | 'aimless'
  /** What the server gives that is not a JWT, valid for an hour. */
  | 'opaque'
  /** A token that the server has revoked. */
  | 'revoked'

export const audience = 'https://mcp.acme.test/mcp'
export const otherAudience = 'https://files.acme.test/mcp'
export const scopes = ['mcp:read', 'mcp:call'] as const

/** RFC 6749 section 2.3.1 without the form-encoding: for identifiers and secrets that need none. */
export const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

/** Posts a form as a client; the answer's text, or an error that names what the server said. */
export const postForm = async (
  url: string,
  credentials: string,
  form: Readonly<Record<string, string>>,
): Promise<string> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: credentials },
    body: new URLSearchParams(form),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
  return text
}

/** An access token, by whatever grant the form names. */
export const askForToken = async (
  url: string,
  credentials: string,
  form: Readonly<Record<string, string>>,
): Promise<string> => {
  const answer = JSON.parse(await postForm(url, credentials, form)) as { access_token: string }
  return answer.access_token
}

/** The client credentials grant for these scopes. */
export const machineGrant = (
  resource?: string,
  scope: string = scopes.join(' '),
): Record<string, string> => ({
  grant_type: 'client_credentials',
  scope,
  ...(resource === undefined ? {} : { resource }),
})
