// Chooses the key for one token from an examined key set, and says why when there is none.
import { problemOf } from '../../problems/problem.ts'
import {
  asAdvice,
  fail,
  isFinding,
  pass,
  skip,
  type Check,
  type Evidence,
} from '../verdict/check.ts'
import { distinctKeys, keyFits, misfitsOf, type KeySetExamination, type SetKey } from './key-set.ts'
import type { KeyLookup, KeyQuery, VerificationKey } from './key-source.ts'
import { quote } from '../../base/quote.ts'

export interface LookupContext {
  readonly set: KeySetExamination
  /** Where the set is from, for people: a URL or the name of a file. */
  readonly place: string
  readonly ageSeconds: number | undefined
  /** What the answer that brought the set said about our clock. */
  readonly clock?: Check
}

const evidenceOf = ({ set, place, ageSeconds }: LookupContext): Evidence => ({
  actual: { jwks_uri: place, keys: set.keys.length },
  ...(ageSeconds === undefined ? {} : { note: `fetched ${ageSeconds} s ago` }),
})

/** Flaws of other keys are worth a word, but do not speak against the key that is used. */
const advice = (set: KeySetExamination): readonly Check[] =>
  set.checks.flatMap((check) => (isFinding(check) ? [asAdvice(check)] : []))

const candidate = ({ kid, key }: SetKey): readonly VerificationKey[] =>
  key === undefined ? [] : [{ kid, key }]

const signatureLength = (key: SetKey | undefined) =>
  key?.bits === undefined ? {} : { signatureBytes: Math.ceil(key.bits / 8) }

/** For a few keys, each thing that keeps it from verifying. */
const misfitNote = (keys: readonly SetKey[], alg: string): string =>
  keys
    .slice(0, 3)
    .map((key) => {
      const why = key.flaw === undefined ? misfitsOf(key, alg).join(', ') : key.flaw.detail
      return keys.length === 1 ? why : `${quote(key.kid)}: ${why}`
    })
    .join('; ')

const unfit = (
  key: SetKey | undefined,
  { alg, kid }: KeyQuery,
  named: readonly SetKey[],
): Check => {
  if (key?.flaw !== undefined) return fail(key.flaw)
  const note = misfitNote(key === undefined ? named : [key], alg)
  const problem =
    key === undefined
      ? problemOf('sig-key-fit', 'none', { alg })
      : problemOf('sig-key-fit', 'named', {
          kid: quote(kid ?? key.kid),
          key: [key.kty, key.crv, key.alg].filter((part) => part !== undefined).join(' '),
          use: key.use ?? (key.keyOps === undefined ? 'any use' : key.keyOps.join(' ')),
          alg,
        })
  return fail(problem, { expected: alg, ...(note === '' ? {} : { note }) })
}

const counted = (n: number): string => (n === 1 ? '1 key' : `${n} keys`)

const unknown = (query: KeyQuery, context: LookupContext): readonly Check[] => {
  const values = {
    kid: quote(query.kid),
    keys: counted(context.set.keys.length),
    place: context.place,
  }
  const evidence = evidenceOf(context)
  return [
    fail(
      problemOf('sig-kid-found', context.ageSeconds === undefined ? 'local' : 'remote', values),
      evidence,
    ),
    skip('sig-kid-ambiguous', 'no key has this kid'),
    skip('sig-key-fit', 'no key has this kid'),
  ]
}

/** Whether the set has a key of that name: without a kid any set will do. */
export const knowsKid = (set: KeySetExamination, kid: string | undefined): boolean =>
  kid === undefined || set.keys.some((key) => key.kid === kid)

/**
 * The checks and the key for a token. Does not check the age of the set, nor whether `alg` is one of
 * those that are allowed.
 */
export const lookUp = (query: KeyQuery, context: LookupContext): KeyLookup => {
  const { set } = context
  const { clock } = context
  const fetched = [
    pass('jwks-fetch', undefined, evidenceOf(context)),
    ...(clock === undefined ? [] : [clock]),
  ]
  const named = set.keys.filter((key) => query.kid === undefined || key.kid === query.kid)
  // The flaw of a named key is the cause; without a kid only the flaw of the one key there is.
  const culprit = query.kid !== undefined || named.length === 1 ? named[0] : undefined
  if (set.usable === 0) {
    const because = 'no key of the set is usable'
    return {
      checks: [
        ...fetched,
        ...set.checks.filter((check) => check.status === 'fail'),
        skip('sig-kid-found', because),
        skip('sig-kid-ambiguous', because),
        skip('sig-key-fit', because),
      ],
      candidates: [],
      ...signatureLength(culprit),
    }
  }
  const base = [...fetched, pass('jwks-usable'), ...advice(set)]
  if (!knowsKid(set, query.kid)) {
    return { checks: [...base, ...unknown(query, context)], candidates: [] }
  }
  const fitting = distinctKeys(
    named.filter((key) => key.key !== undefined && keyFits(key, query.alg)),
  )
  const found =
    query.kid === undefined
      ? skip('sig-kid-found', 'the token names no kid')
      : pass('sig-kid-found', undefined, evidenceOf(context))
  const [only, second] = fitting
  if (only === undefined) {
    const because = 'no key suits the algorithm'
    return {
      checks: [...base, found, skip('sig-kid-ambiguous', because), unfit(culprit, query, named)],
      candidates: [],
      ...signatureLength(culprit),
    }
  }
  if (second !== undefined) {
    const n = fitting.length
    const message =
      query.kid === undefined
        ? problemOf('sig-kid-ambiguous', 'unnamed', { n })
        : problemOf('sig-kid-ambiguous', 'shared', { n, kid: quote(query.kid) })
    const ambiguous = fail(message, evidenceOf(context))
    return { checks: [...base, found, ambiguous, pass('sig-key-fit')], candidates: [] }
  }
  return {
    checks: [...base, found, pass('sig-kid-ambiguous'), pass('sig-key-fit')],
    candidates: candidate(only),
    ...signatureLength(only),
  }
}
