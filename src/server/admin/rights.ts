// The admin tokens, and what each of them may do.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AdminRight } from '../../config/admin-config.ts'
import type { Config } from '../../config/schema.ts'

export interface AdminCaller {
  /** What the log calls it. */
  readonly name: string
  readonly rights: readonly AdminRight[]
}

/** A caller of this machine that speaks to a loopback listener without admin tokens. */
export const localCaller: AdminCaller = { name: 'local', rights: ['read'] }

export interface AdminTokens {
  readonly count: number
  /** Undefined where no token is this one. Takes as long whichever it is. */
  holderOf(token: string): AdminCaller | undefined
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Tokens are compared by their digests, in constant time, and all of them for each request. */
export const adminTokensOf = ({ security }: Pick<Config, 'security'>): AdminTokens => {
  const { admin_token: first, admin_tokens: others } = security
  const known = [
    ...(first === undefined
      ? []
      : [{ digest: digestOf(first.reveal()), name: 'admin_token', rights: ['read'] as const }]),
    ...others.map(({ name, token, sha256 = '', rights }) => ({
      digest: token === undefined ? Buffer.from(sha256, 'hex') : digestOf(token.reveal()),
      name,
      rights,
    })),
  ]
  return {
    count: known.length,
    holderOf: (token) => {
      const shown = digestOf(token)
      let holder: AdminCaller | undefined
      for (const { digest, name, rights } of known) {
        if (timingSafeEqual(digest, shown)) holder = { name, rights }
      }
      return holder
    },
  }
}
