// How the tour gets its tokens: client credentials with a resource indicator (RFC 8707), and revocation (RFC 7009).
import type { Announcement, ClientName } from './realm.ts'
import { scopes } from './realm.ts'

const post = async (url: string, name: ClientName, secret: string, form: object) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ ...form }),
  })
  if (!response.ok) throw new Error(`the issuer answered ${response.status} to client ${name}`)
  return response
}

/** An access token for `resource`, as the issuer gives it to this client. */
export const obtainToken = async (
  { issuer, clients }: Announcement,
  name: ClientName,
  resource: string,
): Promise<string> => {
  const response = await post(`${issuer}/token`, name, clients[name], {
    grant_type: 'client_credentials',
    scope: scopes.join(' '),
    resource,
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}

export const revokeToken = async (
  { issuer, clients }: Announcement,
  name: ClientName,
  token: string,
): Promise<void> => {
  await post(`${issuer}/token/revocation`, name, clients[name], { token })
}
