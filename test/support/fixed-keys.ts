// A KeySource over keys that a test holds: what a healthy key set answers, with every call counted.
import { importJWK, type CryptoKey, type KeyObject } from 'jose'
import { fail, pass } from '../../src/core/verdict/check.ts'
import { said } from './said.ts'
import type { KeyLookup, KeyQuery, KeySource } from '../../src/core/keys/key-source.ts'
import type { SigningKey } from './tokens.ts'

export interface FixedKeys extends KeySource {
  /** How many times a fetch would have been needed or was waited for. */
  finds: number
  revision: number
  /** Replaces the keys, as a rotation does. */
  rotate(...keys: readonly SigningKey[]): Promise<void>
}

interface FixedKeysOptions {
  /** Nothing at hand until somebody asks with `find`. */
  readonly cold?: boolean
  /** The set cannot be fetched. */
  readonly down?: boolean
}

const uri = 'https://id.acme.test/jwks'

export const fixedKeys = async (
  keys: readonly SigningKey[],
  options: FixedKeysOptions = {},
): Promise<FixedKeys> => {
  let held: { key: CryptoKey | KeyObject | Uint8Array; of: SigningKey }[] = []
  let cold = options.cold === true
  const take = async (next: readonly SigningKey[]) => {
    held = await Promise.all(
      next.map(async (of) => ({ of, key: await importJWK(of.publicJwk, of.alg) })),
    )
  }
  await take(keys)
  const lookup = ({ alg, kid }: KeyQuery): KeyLookup => {
    if (options.down === true) {
      return { checks: [fail(said('jwks-fetch', `ECONNREFUSED from ${uri}`))], candidates: [] }
    }
    const fetched = pass('jwks-fetch', undefined, { actual: uri })
    const named = held.filter(({ of }) => kid === undefined || of.kid === kid)
    if (named.length === 0) {
      return {
        checks: [
          fetched,
          fail(
            said('sig-kid-found', `kid ${kid ?? '(none)'} not among ${held.length} keys at ${uri}`),
          ),
        ],
        candidates: [],
      }
    }
    const fitting = named.filter(({ of }) => of.alg === alg)
    const found = [fetched, pass('sig-kid-found')]
    if (fitting.length === 0) {
      return {
        checks: [...found, fail(said('sig-key-fit', `Key ${kid ?? ''} does not suit ${alg}`))],
        candidates: [],
      }
    }
    return {
      checks: [...found, pass('sig-key-fit')],
      candidates: fitting.map(({ of, key }) => ({ kid: of.kid, key })),
    }
  }
  const source: FixedKeys = {
    finds: 0,
    revision: 1,
    find: (query) => {
      source.finds += 1
      if (!cold) return lookup(query)
      cold = false
      return Promise.resolve().then(() => lookup(query))
    },
    peek: (query) => (cold ? undefined : lookup(query)),
    rotate: async (...next) => {
      await take(next)
      source.revision += 1
    },
  }
  return source
}
