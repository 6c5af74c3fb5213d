// An address as a person gave it: read where its meaning is certain, else with what was probably meant.
import { nearest } from '../../config/nearest.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { documentAddress, type About } from './document-address.ts'
import { repairAddress } from './pasted-repairs.ts'

export interface ReadAddress {
  readonly kind: 'address'
  readonly address: string
  /** What was changed, as parts of a sentence; empty: nothing. */
  readonly said: readonly string[]
  /** What it is the address of, where a metadata document was given, which says it. */
  readonly about?: About
}

export type Pasted =
  | ReadAddress
  /** `meant`: what to write instead. */
  | { readonly kind: 'similar' | 'credential' | 'socket'; readonly meant: string }
  | { readonly kind: 'several'; readonly n: number; readonly first: string }
  | { readonly kind: 'other' }

/** RFC 6750 section 5.3: no tokens in URLs. Reports show the address, so it must not contain one. */
const credentialNames = /^(?:(?:access_|id_|refresh_)?token|client_secret|password|code)$/i

const holdsCredential = ({ username, password, searchParams }: URL): boolean =>
  username !== '' ||
  password !== '' ||
  [...searchParams.keys()].some((name) => credentialNames.test(name))

const withoutCredential = (url: URL): string => {
  const { protocol, host, pathname, searchParams } = url
  const kept = [...searchParams].filter(([name]) => !credentialNames.test(name))
  const query = kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}${query}`
}

/** A host, perhaps with a port and a path: a name needs a dot or a port, so that no stray word is one. */
const bareHost =
  /^(?<host>localhost|\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?)(?<port>:\d{1,5})?(?:[/?#]|$)/i

/** Dotted tokens have parts that no one calls a host: nothing of them may come back in a report. */
const couldBeToken = (host: string): boolean =>
  host
    .split('.')
    .some(
      (label) => label.startsWith('eyJ') || label.length > 63 || /^(?=.*[A-Z]).{16,}$/.test(label),
    )

/** The scheme that an address without one gets: `example.com` is read as a browser reads it, this machine as http. */
const schemeFor = (address: string): string | undefined => {
  const { host, port } = bareHost.exec(address)?.groups ?? {}
  if (host === undefined || /[@\s]/.test(address) || couldBeToken(host)) return undefined
  const isName = host === 'localhost' || /[.:]/.test(host) || port !== undefined
  if (!isName) return undefined
  return isLoopbackHost(host) ? 'http://' : 'https://'
}

const schemes = ['https', 'http', 'wss', 'ws']
const aSocket = /^wss?:\/\//i
const anUrl = /(?:https?|wss?):\/\/(?:\[[0-9a-f:.]{2,45}\])?[^\s"'`<>\\()[\]{}|]{1,2048}/gi

/** A terminal or a mail program broke it: what follows has no other meaning than to go on with the path. */
const broken = /^(?:https?|wss?):\/\/\S+(?:[ \t]*[\r\n]+[ \t]*[\w./?&=%~-]+)+$/i

/** A text that has addresses in it, or an address that its text breaks. */
const insideText = (text: string): Pasted => {
  if (broken.test(text)) return meaning(text.replace(/\s+/g, ''))
  const found = new Set((text.match(anUrl) ?? []).map((url) => repairAddress(url).text))
  const [first, ...others] = [...found].filter((url) => URL.canParse(url))
  if (first === undefined) return { kind: 'other' }
  if (others.length === 0) return meaning(first)
  const shown = shownAddress(first)
  return shown === undefined ? { kind: 'other' } : { kind: 'several', n: found.size, first: shown }
}

/** What may be proposed: never a credential. */
const shownAddress = (text: string): string | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^(?:https?|wss?):$/.test(url.protocol)) return undefined
  return holdsCredential(url) ? withoutCredential(url) : text
}

const meaning = (text: string): Pasted => {
  const meant = shownAddress(text)
  return meant === undefined ? { kind: 'other' } : { kind: 'similar', meant }
}

/** `htps://host`, `ttps://host`. */
const misspelt = (text: string): string | undefined => {
  const [, scheme = '', rest = ''] = /^([a-z]{2,7}):\/\/(\S+)$/i.exec(text) ?? []
  if (scheme === '' || /^s?ftps?$/i.test(scheme)) return undefined
  const meant = nearest(scheme, schemes)
  return meant === undefined ? undefined : `${meant}://${rest}`
}

const socketAs = (scheme: 'http' | 'ws', address: string): string =>
  address.replace(/^(?:http|ws)/i, scheme)

const readUrl = (address: string, said: readonly string[], sockets: boolean): Pasted => {
  const isSocket = aSocket.test(address)
  const plain = isSocket ? socketAs('http', address) : address
  const url = new URL(plain)
  if (holdsCredential(url)) {
    const meant = withoutCredential(url)
    return { kind: 'credential', meant: isSocket ? socketAs('ws', meant) : meant }
  }
  if (isSocket)
    return sockets ? { kind: 'address', address, said } : { kind: 'socket', meant: address }
  const document = documentAddress(address)
  if (document === undefined) return { kind: 'address', address, said }
  const what = document.about === 'mcp' ? 'server' : 'issuer'
  return { kind: 'address', ...document, said: [...said, `the ${what} of that metadata document`] }
}

export interface Accepted {
  /** Whether an address of a WebSocket server is one too; default: no. */
  readonly sockets?: boolean
  /** Whether a host without a scheme is one; default: yes. */
  readonly hosts?: boolean
}

export const readPasted = (
  given: string,
  { sockets = false, hosts = true }: Accepted = {},
): Pasted => {
  const { text, said } = repairAddress(given)
  const scheme = hosts ? schemeFor(text) : undefined
  const address = scheme === undefined ? text : `${scheme}${text}`
  const steps = scheme === undefined ? said : [...said, `${scheme} added`]
  if (/\s/.test(address)) return insideText(text)
  if (/^(?:https?|wss?):\/\//i.test(address) && URL.canParse(address)) {
    return readUrl(address, steps, sockets)
  }
  const meant = misspelt(text)
  if (meant !== undefined) return meaning(meant)
  return /[\s"'`<>(){}[\]|]/.test(text) ? insideText(text) : { kind: 'other' }
}

/** Whether it is an address as it was given, but for a scheme: nothing else is in it that could be secret. */
export const isPlainAddress = (text: string): boolean =>
  readPasted(text).kind === 'address' && repairAddress(text).said.length === 0
