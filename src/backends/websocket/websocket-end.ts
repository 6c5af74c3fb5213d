// Why a WebSocket ended: what the codes of RFC 6455 section 7.4 and the errors of the library say.
import { brokenProtocol, lostLink, type BackendFault } from '../failure.ts'
import { reasonOf } from '../http/round-trip.ts'

export const faultOf = (
  backend: string,
  error: NodeJS.ErrnoException,
  maxBytes: number,
): BackendFault => {
  const { code = '' } = error
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return brokenProtocol(backend, `a message of more than ${maxBytes} bytes`, 'size')
  }
  if (code.startsWith('WS_ERR_')) {
    return brokenProtocol(backend, `it broke the WebSocket protocol (${code})`)
  }
  return lostLink(backend, reasonOf(error))
}

const meanings: Readonly<Record<number, string>> = {
  1000: 'normal closure',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported kind of frame',
  1007: 'invalid text',
  1008: 'policy violation',
  1009: 'message too big',
  1010: 'extension missing',
  1011: 'internal error',
  1012: 'restart',
  1013: 'try again later',
  1014: 'bad gateway',
}

const withoutCode = 1005
const withoutFrame = 1006

export const closed = (backend: string, code: number): BackendFault => {
  if (code === withoutFrame) return lostLink(backend, 'the connection was dropped')
  if (code === withoutCode) return lostLink(backend, 'it closed the connection')
  const meaning = meanings[code]
  const told = meaning === undefined ? String(code) : `${code}, ${meaning}`
  return lostLink(backend, `it closed the connection (${told})`)
}
