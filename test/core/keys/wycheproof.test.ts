// The published Wycheproof vectors through our own reading, key choice and verification of a JWS.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ProblemCode } from '../../../src/problems/problem.ts'
import { failedChecks } from '../../../src/core/verdict/judge.ts'
import {
  checkHeader,
  isKnownAlgorithm,
  knownAlgorithms,
} from '../../../src/core/token/jose-header.ts'
import { checkSignature } from '../../../src/core/keys/jws.ts'
import { lookUp } from '../../../src/core/keys/key-lookup.ts'
import { examineKeySet } from '../../../src/core/keys/key-set.ts'
import { readToken } from '../../../src/core/token/token-shape.ts'

interface Vector {
  readonly tcId: number
  readonly comment: string
  /** The compact form, or an object where a vector tries the JSON serialization. */
  readonly jws: unknown
  readonly result: 'valid' | 'invalid'
  readonly flags: readonly string[]
}

interface Group {
  readonly comment: string
  readonly private?: Record<string, unknown>
  readonly public?: Record<string, unknown>
  readonly tests: readonly Vector[]
}

const read = (name: string): readonly Group[] => {
  const file = new URL(`../../fixtures/wycheproof/${name}`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { testGroups: readonly Group[] }).testGroups
}

/** A group without public keys has symmetric ones: they stand where an issuer would publish keys. */
const keySetOf = (group: Group): unknown => {
  const found = group.public ?? group.private
  return found !== undefined && 'keys' in found ? found : { keys: [found] }
}

/** The payloads are any bytes, not claims: only what our readers say of those is left out. */
const aboutThePayload: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'jose-json',
  'jose-duplicate-member',
])

/** Why we refuse; an empty list accepts. */
const refusals = async (jws: string, group: Group): Promise<readonly ProblemCode[]> => {
  const shape = readToken(jws)
  const ids = (checks: Parameters<typeof failedChecks>[0]) =>
    failedChecks(checks).map(({ id }) => id)
  if (shape.shape !== 'jws') return ids(shape.checks)
  const { alg, kid } = shape.header
  const structure = ids([
    ...shape.checks.filter(({ id }) => !aboutThePayload.has(id)),
    ...checkHeader(shape.header, knownAlgorithms, 'lenient'),
  ])
  if (!isKnownAlgorithm(alg) || shape.signature === undefined) return structure
  const query = { alg, kid: typeof kid === 'string' ? kid : undefined }
  const set = examineKeySet(keySetOf(group))
  const lookup = lookUp(query, { set, place: 'the vectors', ageSeconds: undefined })
  const checks = await checkSignature({ token: jws, alg, signature: shape.signature }, lookup)
  const verified = checks.some(({ id, status }) => id === 'sig-verify' && status === 'pass')
  const found = [...structure, ...ids(checks)]
  return verified || found.length > 0 ? found : ['sig-verify']
}

const hmac = 'a shared secret can sign as well as verify: HMAC is refused whatever the key'
const otherAlg = 'the key names one algorithm, the token another (RFC 7517 section 4.4)'
const unknownAlg = 'the key names the algorithm ES521, which does not exist'
const notBase64url = 'characters outside base64url are refused, not skipped (RFC 7515 section 2)'

/** Valid by the vectors, refused by us: by which check, and why that is meant. */
const stricter: Readonly<Record<string, Readonly<Record<number, readonly [ProblemCode, string]>>>> =
  {
    'json_web_signature_test.json': {
      1: ['jose-alg-hmac', hmac],
      346: ['sig-key-fit', otherAlg],
      347: ['jwks-usable', unknownAlg],
      348: ['jose-alg-hmac', hmac],
      350: ['sig-key-fit', otherAlg],
      351: ['jwks-usable', unknownAlg],
      352: ['jose-alg-hmac', hmac],
      357: ['jose-alg-hmac', hmac],
      358: ['jose-alg-hmac', hmac],
      359: ['jose-alg-hmac', hmac],
      372: ['jose-base64', notBase64url],
      373: ['jose-base64', notBase64url],
      376: ['jose-alg-hmac', hmac],
      377: ['jose-alg-hmac', hmac],
    },
    'json_web_key_test.json': {
      2: ['jose-alg-hmac', hmac],
      13: ['jose-alg-hmac', hmac],
      14: ['jose-alg-hmac', hmac],
      15: ['jose-alg-hmac', hmac],
    },
  }

/** How many vectors there are, so that none is lost on the way. */
const files = [
  ['json_web_signature_test.json', { vectors: 401, accepted: 32 }],
  ['json_web_key_test.json', { vectors: 26, accepted: 1 }],
] as const

describe.each(files)('%s', (name, counts) => {
  const groups = read(name)
  const vectors = groups.flatMap((group) => group.tests.map((vector) => ({ group, vector })))
  const meant = stricter[name] ?? {}

  test('every invalid vector is refused, every valid one accepted or listed', async () => {
    let accepted = 0
    const surprises: string[] = []
    const refusedValid: Record<number, readonly ProblemCode[]> = {}
    for (const { group, vector } of vectors) {
      const { tcId, comment, jws, result } = vector
      // The JSON serialization is no bearer token: its text is refused like any other.
      const found = await refusals(typeof jws === 'string' ? jws : JSON.stringify(jws), group)
      if (found.length === 0) accepted += 1
      if (found.length === 0 && result === 'invalid') {
        surprises.push(`${tcId} ${group.comment} ${comment}`)
      }
      if (found.length > 0 && result === 'valid') refusedValid[tcId] = found
    }
    expect(surprises).toEqual([])
    expect(Object.keys(refusedValid)).toEqual(Object.keys(meant))
    for (const [tcId, [id]] of Object.entries(meant)) {
      expect(refusedValid[Number(tcId)]).toContain(id)
    }
    expect({ vectors: vectors.length, accepted }).toEqual(counts)
  })
})
