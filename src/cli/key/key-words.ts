// What the words on the command line of `key` mean: names, times of expiry, scopes, the key that is meant.
import { isKeyName, isOwner, isScope, type KeyEntry } from '../../core/api-keys/key-file.ts'
import { idInKey } from '../../core/api-keys/key-form.ts'
import { nearest } from '../../config/nearest.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { looksLikeToken } from '../../base/token-like.ts'

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 365 * 86_400_000,
}

const longestMs = 100 * 365 * 86_400_000

/** Undefined: never. A day without a time is over when it ends, in UTC. */
export const expiryOf = (text: string, now: number): number | undefined => {
  if (text === 'never') return undefined
  const [, count, unit = ''] = /^(\d{1,6})([mhdwy])$/.exec(text) ?? []
  const end =
    count !== undefined
      ? now + Number(count) * (unitMs[unit] ?? 0)
      : /^\d{4}-\d\d-\d\d$/.test(text)
        ? Date.parse(text) + 86_400_000
        : /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text)
          ? Date.parse(text)
          : Number.NaN
  if (Number.isNaN(end) || end > now + longestMs) {
    throw usageError(problemOf('usage-flag', 'key-expires'))
  }
  if (end <= now) throw usageError(problemOf('usage-flag', 'key-expires-past'))
  return end
}

/** Says nothing back that could be a secret. */
export const checkKeyName = (name: string | undefined): string => {
  if (name !== undefined && isKeyName(name)) return name
  throw usageError(problemOf('usage-flag', 'key-name'))
}

export const checkOwner = (owner: string | undefined): string | undefined => {
  if (owner === undefined || isOwner(owner)) return owner
  throw usageError(problemOf('usage-flag', 'key-owner'))
}

/** Repeated flags, or several in one: both are how people write scopes. */
export const scopesOf = (given: readonly string[] = []): readonly string[] => {
  const scopes = [...new Set(given.flatMap((text) => text.split(' ')))].filter((one) => one !== '')
  if (scopes.every(isScope)) return scopes
  throw usageError(problemOf('usage-flag', 'key-scope'))
}

export const rolesOf = (given: readonly string[] = []): readonly string[] => {
  if (given.every((role) => role.trim() !== '')) return [...new Set(given)]
  throw usageError(problemOf('usage-flag', 'key-role'))
}

/** By id, by name, or by the key itself, of which only the id is used: of keys with one name the one that can be used. */
export const meantKey = (keys: readonly KeyEntry[], word: string | undefined): KeyEntry => {
  if (word === undefined) throw usageError(problemOf('usage-missing', 'key'))
  const wanted = idInKey(word) ?? word
  const named = keys.filter(({ name }) => name === wanted)
  const found =
    keys.find(({ id }) => id === wanted) ??
    named.find(({ revoked }) => revoked === undefined) ??
    named.at(-1)
  if (found !== undefined) return found
  const meant = nearest(
    wanted,
    keys.map(({ name }) => name),
  )
  throw usageError(
    meant === undefined
      ? problemOf('usage-flag', 'key-absent', { what: looksLikeToken(word) ? 'that' : wanted })
      : problemOf('usage-flag', 'key-similar', { what: wanted, meant }),
  )
}
