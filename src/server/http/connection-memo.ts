// What each connection proved last: its next request with the same header costs a comparison, no validation.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TokenValidator, Verdict } from '../../core/verdict/verdict.ts'
import { headerValues } from './header-values.ts'

interface Proven {
  /** The value of the one Authorization header. */
  readonly authorization: string
  readonly verdict: Verdict
}

type Asking = Pick<IncomingMessage, 'rawHeaders'> & { readonly socket: Socket }

export interface ConnectionMemo {
  /** The verdict of now on what the request says; undefined where it has to be validated. */
  recall(request: Asking, validator: Pick<TokenValidator, 'holds'>): Verdict | undefined
  remember(request: Asking, verdict: Verdict): void
}

/** Undefined without the header, and with two of them: node:http would show the first alone. */
const onlyAuthorization = (rawHeaders: readonly string[]): string | undefined => {
  const values = headerValues(rawHeaders, 'authorization')
  return values?.length === 1 ? values[0] : undefined
}

/**
 * One header for each open connection, for as long as it is open. The validator alone says whether its
 * verdict still holds; a verdict of another validator never does. Does not look at anything that a
 * request brings beside the header: not for callers who have to prove possession.
 */
export const createConnectionMemo = (): ConnectionMemo => {
  const proven = new WeakMap<Socket, Proven>()
  return {
    recall: ({ socket, rawHeaders }, { holds }) => {
      if (holds === undefined) return undefined
      const last = proven.get(socket)
      if (last === undefined || onlyAuthorization(rawHeaders) !== last.authorization) {
        return undefined
      }
      return holds(last.verdict) ? last.verdict : undefined
    },
    remember: ({ socket, rawHeaders }, verdict) => {
      const authorization = onlyAuthorization(rawHeaders)
      if (authorization === undefined || verdict.outcome !== 'accepted') proven.delete(socket)
      else proven.set(socket, { authorization, verdict })
    },
  }
}
