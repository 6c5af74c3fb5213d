// Checks a signature with the keys of an issuer, and once more when the keys at hand may be those of yesterday.
import type { ProblemCode } from '../../problems/problem.ts'
import type { Check } from '../verdict/check.ts'
import { checkSignature, checkSignatureForm, type SignedInput } from './jws.ts'
import type { KeyLookup, KeyQuery, KeySource } from './key-source.ts'

export interface CheckedSignature {
  readonly checks: readonly Check[]
  /** The revision of the key set that it was checked with. */
  readonly revision: number
  readonly retryAfterSeconds?: number
}

/** What another key under the same name, or one key fewer, would put right. */
const mayBeRotated: ReadonlySet<ProblemCode> = new Set([
  'sig-verify',
  'sig-key-fit',
  'sig-kid-ambiguous',
  'jwks-weak-key',
  'jwks-usable',
  'in-truncated',
  'sig-format',
])

const checkedWith = async (
  signed: SignedInput,
  lookup: KeyLookup,
  revision: number,
): Promise<CheckedSignature> => {
  const { retryAfterSeconds } = lookup
  const checks = await checkSignature(signed, lookup)
  return { checks, revision, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }
}

/** RSA: a signature that is too short for the key at hand may be of the right length for the next one. */
const failsByKey = ({ alg, signature }: SignedInput, checks: readonly Check[]): boolean => {
  const failed = checks.filter(({ status }) => status === 'fail')
  const fits = checkSignatureForm(alg, signature).every(({ status }) => status !== 'fail')
  return failed.length > 0 && fits && failed.every(({ id }) => mayBeRotated.has(id))
}

/** With what the keys at hand say, starting no fetch. */
export const verifyAtHand = (
  signed: SignedInput,
  lookup: KeyLookup,
  { revision }: KeySource,
): Promise<CheckedSignature> => checkedWith(signed, lookup, revision)

/**
 * Where keys that were fetched earlier do not verify the token, a newer set is asked for, as it is for an
 * unknown kid; the key source says how often that may be.
 */
export const verifySignature = async (
  signed: SignedInput,
  keys: KeySource,
  query: KeyQuery,
  signal: AbortSignal,
): Promise<CheckedSignature> => {
  const found = keys.find(query, signal)
  const wasAtHand = !(found instanceof Promise)
  const first = await checkedWith(signed, await found, keys.revision)
  if (!wasAtHand || !failsByKey(signed, first.checks)) return first
  const newer = await keys.again?.(query, first.revision, signal)
  return newer === undefined ? first : checkedWith(signed, newer, keys.revision)
}
