// How our client proves itself at the authorization server (RFC 6749 section 2.3, RFC 7662 section 2.1).
import type { Secret } from '../base/secret.ts'

export type ClientAuthMethod =
  | 'client_secret_basic'
  /** Basic without the form-encoding that RFC 6749 asks for: some servers read it that way. */
  | 'client_secret_basic_raw'
  | 'client_secret_post'
  /** The secret is itself a bearer token. */
  | 'bearer'
  | 'none'

export interface ClientCredentials {
  readonly clientId: string | undefined
  readonly clientSecret: Secret | undefined
  readonly method: ClientAuthMethod
}

/** RFC 6749 appendix B: application/x-www-form-urlencoded, which is not what encodeURIComponent makes. */
const formEncode = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2)

const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`, 'utf8').toString('base64')}`

export interface AuthenticatedForm {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Adds the credentials to a form. The result holds secrets: it goes to the server and nowhere else.
 * Does not check that a method has what it needs; a missing part is sent empty and refused there.
 */
export const authenticateForm = (
  form: Readonly<Record<string, string>>,
  { clientId, clientSecret, method }: ClientCredentials,
): AuthenticatedForm => {
  const id = clientId ?? ''
  const secret = clientSecret?.reveal() ?? ''
  const withBody = (
    more: Readonly<Record<string, string>>,
    authorization?: string,
  ): AuthenticatedForm => ({
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: new URLSearchParams({ ...form, ...more }).toString(),
  })
  switch (method) {
    case 'client_secret_basic':
      return withBody({}, basic(formEncode(id), formEncode(secret)))
    case 'client_secret_basic_raw':
      return withBody({}, basic(id, secret))
    case 'client_secret_post':
      return withBody({ client_id: id, client_secret: secret })
    case 'bearer':
      return withBody({}, `Bearer ${secret}`)
    case 'none':
      return withBody(clientId === undefined ? {} : { client_id: clientId })
  }
}
