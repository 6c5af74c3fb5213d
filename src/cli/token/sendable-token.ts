// A token as it can be sent to a server: what pasting did to it is corrected, and what no header can have is refused.
import { isLoopbackHost } from '../../net/address.ts'
import { isFinding, problemFrom } from '../../core/verdict/check.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { mendToken } from './token-repairs.ts'
import type { TokenText } from './token-source.ts'

export const sendableToken = ({ text, source }: TokenText, warn: Narrator['warn']): string => {
  const { token, repairs } = mendToken(text)
  for (const check of repairs) {
    if (isFinding(check)) warn(problemFrom(check))
  }
  if (/[^\x21-\x7e]/.test(token) || token === '') {
    throw usageError(problemOf('usage-flag', 'token-characters', { source }))
  }
  return token
}

/** A token goes over https, or stays on this machine. */
export const requireSafeWay = ({ protocol, hostname }: URL, allowHttp: boolean): void => {
  const isPlain = protocol === 'http:' || protocol === 'ws:'
  if (isPlain && !allowHttp && !isLoopbackHost(hostname)) {
    throw usageError(problemOf('usage-flag', 'token-in-clear'))
  }
}
