// What identifies the proxy at a backend over the network: headers of its own, never those of callers.
import { isSecretName } from '../base/secret-name.ts'
import type { BackendTransportConfig } from './config.ts'

type CredentialKeys = Partial<
  Pick<BackendTransportConfig, 'bearer_token' | 'basic_auth' | 'headers'>
>

export interface Credential {
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The same, name after value, as the client library takes them quickest. */
  readonly list: readonly string[]
  /** What no text may contain. */
  readonly secrets: readonly string[]
  /** Whether a refusal can mean what was sent: a header such as X-Team identifies nothing. */
  readonly identifies: boolean
}

/** RFC 7617 section 2, in UTF-8 as section 2.1 has it. */
const basicOf = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`, 'utf8').toString('base64')

const authorizationOf = ({ bearer_token: token, basic_auth: basic }: CredentialKeys) => {
  if (token !== undefined) {
    const value = token.reveal()
    return { authorization: `Bearer ${value}`, secrets: [value] }
  }
  if (basic === undefined) return { authorization: undefined, secrets: [] }
  const password = basic.password?.reveal() ?? ''
  const value = basicOf(basic.username, password)
  // Where there is no password, the name is the key.
  return {
    authorization: `Basic ${value}`,
    secrets: [value, password === '' ? basic.username : password],
  }
}

/** `Token abc`: what a backend repeats is `abc`. */
const afterScheme = (value: string): string =>
  /^[A-Za-z][\w-]*\s+(\S.*)$/s.exec(value)?.[1] ?? value

/** Shorter values of a header that is no credential ("1", "true") are in every other text. */
const shortestText = 8

export const credentialOf = (config: CredentialKeys): Credential => {
  const { authorization, secrets } = authorizationOf(config)
  const own = Object.entries(config.headers ?? {})
    .map(([name, value]) => [name.toLowerCase(), value.reveal()] as const)
    .filter(([name]) => authorization === undefined || name !== 'authorization')
  const all = [
    ...(authorization === undefined ? [] : [['authorization', authorization] as const]),
    ...own,
  ]
  return {
    headers: Object.fromEntries(all),
    list: all.flat(),
    secrets: [
      ...new Set([
        ...secrets,
        ...own
          .filter(([name, value]) => isSecretName(name) || value.length >= shortestText)
          .flatMap(([, value]) => [value, afterScheme(value)]),
      ]),
    ].toSorted((a, b) => b.length - a.length),
    identifies: all.some(([name]) => isSecretName(name)),
  }
}

const token = /^[\w!#$%&'*+.^`|~-]+$/

/** What frames a message, what the transports say in headers, and what only one hop reads (RFC 9110 section 7.6.1). */
const reserved =
  /^(?:host|content-length|content-type|content-encoding|accept|accept-encoding|connection|keep-alive|proxy-connection|proxy-authorization|te|trailer|transfer-encoding|upgrade|expect|http2-settings|last-event-id|mcp-.*|sec-websocket-.*)$/

/** Why no header of such a name can be configured; undefined where one can. */
export const headerNameFault = (
  name: string,
): 'header-name' | 'header-host' | 'header-proxy' | 'header-reserved' | undefined => {
  if (!token.test(name)) return 'header-name'
  const known = name.toLowerCase()
  if (known === 'host') return 'header-host'
  if (known === 'proxy-authorization') return 'header-proxy'
  return reserved.test(known) ? 'header-reserved' : undefined
}

/** Whether a header can have the value, and arrives as it was written (RFC 9110 section 5.5). */
export const isHeaderValue = (value: string): boolean =>
  /^[\t\x20-\x7e]*$/.test(value) && value.trim() === value
