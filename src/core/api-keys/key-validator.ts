// Judges API keys by the file that knows them: one digest and one look-up for each, however many keys there are.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { duration, isoSeconds } from '../../base/duration.ts'
import type { Principal } from '../../base/principal.ts'
import { problemOf } from '../../problems/problem.ts'
import { scopeCheck } from '../claims/scopes.ts'
import { checkInput } from '../token/token-input.ts'
import { fail, pass, type Check } from '../verdict/check.ts'
import { judge, neverAccepted } from '../verdict/judge.ts'
import type { Verdict } from '../verdict/verdict.ts'
import { keyLength, readKey } from './key-form.ts'
import type { KeyEntry } from './key-file.ts'

export interface KeyValidator {
  /** Decides about what begins as our keys do. */
  validate(key: string): Verdict
  /** The keys that count from now on. */
  use(keys: readonly KeyEntry[]): void
}

interface KnownKey {
  readonly entry: KeyEntry
  readonly digest: Buffer
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  /** What it gets for as long as it is neither expired nor revoked. */
  readonly verdict: Verdict
}

/** Compared with where no key has the id, so that a guess takes as long as a miss. */
const noDigest = Buffer.alloc(32)

/** Who calls with the key. */
export const keyPrincipal = ({ id, name, owner, scopes, roles, sha256 }: KeyEntry): Principal => ({
  method: 'key',
  // All keys of one owner are one caller, as all tokens of one subject are.
  key: JSON.stringify(owner === undefined ? ['key', name] : ['key-owner', owner]),
  sub: owner ?? name,
  clientId: name,
  scopes,
  roles,
  audience: [],
  claims: { key_id: id, key_name: name },
  fingerprint: sha256.slice(0, 8),
})

const formCheck = (key: string): Check | undefined => {
  const { fault } = readKey(key)
  if (fault === undefined) return undefined
  return fault === 'length'
    ? fail(problemOf('key-form', 'length', { n: key.length, wanted: keyLength }))
    : fail(problemOf('key-form', fault))
}

/** The first check that failed is the last that was made. */
const refused = (...checks: readonly Check[]): Verdict =>
  judge([pass('key-form'), ...checks], neverAccepted, undefined)

const passed = [pass('key-form'), pass('key-unknown'), pass('key-revoked'), pass('key-expired')]

export const createKeyValidator = (
  requiredScopes: readonly string[],
  clock: Pick<Clock, 'now'>,
): KeyValidator => {
  let known: ReadonlyMap<string, KnownKey> = new Map()

  const know = (entry: KeyEntry): KnownKey => {
    const { sha256, expires, revoked, scopes } = entry
    const expiresAt = expires === undefined ? undefined : Date.parse(expires)
    const checks = [...passed, scopeCheck(requiredScopes, scopes)]
    return {
      entry,
      digest: Buffer.from(sha256, 'hex'),
      expiresAt,
      revokedAt: revoked === undefined ? undefined : Date.parse(revoked),
      verdict: judge(checks, () => keyPrincipal(entry), expiresAt),
    }
  }

  /** Name and dates of a key are for those alone who have it. */
  const ended = ({ entry, expiresAt, revokedAt }: KnownKey): Check | undefined => {
    const { name, id } = entry
    if (revokedAt !== undefined) {
      return fail(problemOf('key-revoked', { name, id, when: isoSeconds(revokedAt / 1000) }))
    }
    if (expiresAt === undefined || clock.now() < expiresAt) return undefined
    const ago = duration((clock.now() - expiresAt) / 1000)
    return fail(problemOf('key-expired', { name, id, ago, when: isoSeconds(expiresAt / 1000) }))
  }

  return {
    use: (keys) => {
      known = new Map(keys.map((entry) => [entry.id, know(entry)]))
    },
    validate: (key) => {
      const { id } = readKey(key)
      if (id === undefined) {
        const input = checkInput(key).filter((check) => check.id !== 'in-wrong-kind')
        const form = formCheck(key)
        return judge(form === undefined ? input : [...input, form], neverAccepted, undefined)
      }
      const found = known.get(id)
      const sent = createHash('sha256').update(key).digest()
      const fits = timingSafeEqual(found?.digest ?? noDigest, sent)
      if (found === undefined || !fits) {
        const other = found === undefined ? 'id' : 'secret'
        return refused(fail(problemOf('key-unknown', other, { id })))
      }
      const end = ended(found)
      return end === undefined ? found.verdict : refused(pass('key-unknown'), end)
    },
  }
}
