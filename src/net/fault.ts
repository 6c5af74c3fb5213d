// Why a request came to nothing, told from the errors of the system and of the HTTP client.
import { reachWords } from '../base/system-errors.ts'

export type FaultKind =
  | 'url' // not https, no URL at all
  | 'address' // an address that must not be asked
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'reset' // the connection ended before the answer did
  | 'too-large'
  | 'redirect' // not followed: other origin, too many, or after a POST
  | 'aborted' // by the caller
  | 'protocol' // the peer does not speak HTTP
  | 'encoding' // the body is not what the head says: a foreign coding, or no UTF-8
  | 'proxy' // the forward proxy between us and the peer
  | 'budget' // this run has asked often enough

export interface Fault {
  readonly kind: FaultKind
  /** The code of the system or library error, where there is one: `ECONNREFUSED`. */
  readonly code: string | undefined
  /** Names the cause in words. */
  readonly detail: string
}

const certificateCodes =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CRL|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE/

const connectCodes = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES|EHOSTDOWN)$/

const unpackCodes = /^(?:Z_|ERR_BROTLI|ERR__ERROR)/

/** The codes of errors that our own dispatchers make, with messages that can be shown. */
const ourFaults: Readonly<Record<string, FaultKind>> = {
  MCP_PROXY_ADDRESS: 'address',
  MCP_PROXY_FORWARD: 'proxy',
  MCP_PROXY_BUDGET: 'budget',
}

const codeOf = (error: unknown): string => {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined || cause === null ? '' : codeOf(cause)
}

/** The parser's errors often come without a code. */
const isUnreadable = (error: unknown, code: string): boolean =>
  (error instanceof Error && error.name === 'HTTPParserError') ||
  code.startsWith('HPE_') ||
  code.startsWith('UND_ERR_RES') ||
  code.includes('HEADERS')

/** What an error of the HTTP client means. Its message is repeated only where it is our own. */
export const faultOf = (error: unknown): Fault => {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : ''
  const named = (kind: FaultKind, words: string): Fault => ({
    kind,
    code,
    detail: code === '' ? words : `${words} (${code})`,
  })
  const ours = ourFaults[code]
  if (ours !== undefined) return { kind: ours, code: undefined, detail: message }
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return named('dns', 'host not found')
  if (connectCodes.test(code)) return named('connect', reachWords(code) ?? 'cannot connect')
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return named('timeout', 'no connection in time: timeout')
  }
  if (certificateCodes.test(code)) return named('tls', 'certificate not trusted')
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') {
    return named('tls', 'TLS handshake failed')
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('UND_ERR_SOCKET')) {
    return named('reset', 'connection closed before the answer was complete')
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return named('too-large', 'headers too large')
  if (unpackCodes.test(code)) return named('encoding', 'the compressed answer cannot be unpacked')
  if (isUnreadable(error, code)) {
    return named('protocol', 'not a readable HTTP answer')
  }
  return named('protocol', 'request failed')
}
