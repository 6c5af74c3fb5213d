// How our client proves itself at the authorization server (RFC 6749 section 2.3, RFC 7662 section 2.1).
import type { ClientCertificate } from '../../net/client-certificate.ts'
import type { Secret } from '../../base/secret.ts'

/** Methods whose proof is the secret itself, or nothing. */
export type SecretAuthMethod =
  | 'client_secret_basic'
  /** Basic without the form-encoding that RFC 6749 asks for: some servers read it that way. */
  | 'client_secret_basic_raw'
  | 'client_secret_post'
  /** The secret is itself a bearer token. */
  | 'bearer'
  | 'none'

export type ClientCredentials = { readonly clientId: string | undefined } & (
  | { readonly method: SecretAuthMethod; readonly clientSecret: Secret | undefined }
  /** RFC 7523 section 2.2: a fresh assertion for each call. */
  | { readonly method: 'private_key_jwt'; readonly assertion: AssertionSource }
  /** RFC 8705 section 2: the connection is the proof. */
  | { readonly method: 'tls_client_auth'; readonly certificate: ClientCertificate }
)

export type ClientAuthMethod = ClientCredentials['method']

export const clientAuthMethods = [
  'client_secret_basic',
  'client_secret_basic_raw',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'bearer',
  'none',
] as const satisfies readonly ClientAuthMethod[]

/** Signs a new assertion for a call to the endpoint. */
export type AssertionSource = (endpoint: string) => Promise<string>

/** RFC 6749 appendix B: application/x-www-form-urlencoded, which is not what encodeURIComponent makes. */
const formEncode = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2)

const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`, 'utf8').toString('base64')}`

export interface AuthenticatedForm {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

interface Proof {
  readonly authorization?: string
  readonly fields?: Readonly<Record<string, string>>
}

const proofOf = async (credentials: ClientCredentials, endpoint: string): Promise<Proof> => {
  const id = credentials.clientId ?? ''
  const named = credentials.clientId === undefined ? {} : { client_id: id }
  if (credentials.method === 'private_key_jwt') {
    const assertion = await credentials.assertion(endpoint)
    const fields = { client_assertion_type: assertionType, client_assertion: assertion }
    return { fields: { ...named, ...fields } }
  }
  if (credentials.method === 'tls_client_auth') return { fields: named }
  const secret = credentials.clientSecret?.reveal() ?? ''
  switch (credentials.method) {
    case 'client_secret_basic':
      return { authorization: basic(formEncode(id), formEncode(secret)) }
    case 'client_secret_basic_raw':
      return { authorization: basic(id, secret) }
    case 'client_secret_post':
      return { fields: { client_id: id, client_secret: secret } }
    case 'bearer':
      return { authorization: `Bearer ${secret}` }
    case 'none':
      return { fields: named }
  }
}

/**
 * Adds the credentials to a form. The result holds secrets: it goes to the endpoint and nowhere else.
 * Does not check that a method has what it needs; a missing part is sent empty and refused there.
 */
export const authenticateForm = async (
  form: Readonly<Record<string, string>>,
  credentials: ClientCredentials,
  endpoint: string,
): Promise<AuthenticatedForm> => {
  const { authorization, fields } = await proofOf(credentials, endpoint)
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: new URLSearchParams({ ...form, ...fields }).toString(),
  }
}
