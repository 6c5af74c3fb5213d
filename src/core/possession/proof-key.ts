// The key in a DPoP proof, and the signature by it (RFC 9449 section 4.2).
import type { KeyObject } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { isJsonObject, type Json } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { checkSignature } from '../keys/jws.ts'
import { examineKeySet, misfitsOf, type SetKey } from '../keys/key-set.ts'
import { isKnownAlgorithm, type Algorithm } from '../token/jose-header.ts'
import type { SignedToken } from '../token/token-shape.ts'
import type { ProofFault } from './proof-fault.ts'

const id = 'pop-dpop-proof'

export interface ProofKey {
  readonly faults: readonly ProofFault[]
  /** RFC 7638 thumbprint; undefined where the key cannot be read. */
  readonly jkt: string | undefined
}

/** Anybody may send any key: one that takes long to verify with would make proofs an attack. */
const largestRsaBits = 4096
const largestRsaExponent = 0xffff_ffffn

const isCostly = (key: KeyObject): boolean => {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  return modulusLength > largestRsaBits || publicExponent > largestRsaExponent
}

/** Why the key cannot be used, in words about a set of which it is the only one. */
const flawProblem = ({ flaw, key }: Partial<SetKey>): Problem | undefined => {
  if (flaw?.code === 'jwks-private-key') return problemOf(id, 'jwk-private')
  if (flaw?.code === 'jwks-symmetric') return problemOf(id, 'jwk-secret')
  if (key === undefined) {
    const why = flaw?.detail.replace(/^key 1: /, '').replace(/^key 1 /, 'it ')
    return problemOf(id, 'jwk-unusable', { why: why ?? 'it is not a JSON object' })
  }
  return isCostly(key) ? problemOf(id, 'jwk-costly', { bits: largestRsaBits }) : undefined
}

const signatureProblem = async (
  proof: string,
  signature: Uint8Array,
  alg: Algorithm,
  key: KeyObject,
): Promise<Problem | undefined> => {
  const candidates = [{ kid: undefined, key }]
  const checks = await checkSignature({ token: proof, alg, signature }, { checks: [], candidates })
  if (checks.some((check) => check.id === 'sig-verify' && check.status === 'pass')) return undefined
  const form = checks.find((check) => check.id === 'sig-format' && check.status === 'fail')
  if (form?.status !== 'fail') return problemOf(id, 'signature')
  return form.case === 'der'
    ? problemOf(id, 'signature-der')
    : problemOf(id, 'signature-length', { n: signature.length })
}

const wrong = (problem: Problem, jkt?: string): ProofKey => ({
  faults: [{ predicate: 'jwk', problem }],
  jkt,
})

const readKey = (jwk: Json | undefined): SetKey | Problem => {
  if (jwk === undefined) return problemOf(id, 'jwk-missing')
  const [key] = isJsonObject(jwk) ? examineKeySet({ keys: [{ ...jwk, kid: undefined }] }).keys : []
  return flawProblem(key ?? {}) ?? (key as SetKey)
}

/** The key is the sender's own, so nothing has to vouch for it: it only has to be public, sound and fitting. */
export const verifyProof = async (
  proof: string,
  { header, signature }: SignedToken,
): Promise<ProofKey> => {
  const { jwk, alg } = header
  const key = readKey(jwk)
  if ('code' in key) return wrong(key)
  const jkt = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0])
  if (!isKnownAlgorithm(alg)) return { faults: [], jkt }
  const misfits = misfitsOf(key, alg)
  if (misfits.length > 0) {
    return wrong(problemOf(id, 'jwk-misfit', { alg, why: misfits.join(', ') }), jkt)
  }
  if (key.key === undefined || signature === undefined) return { faults: [], jkt }
  const problem = await signatureProblem(proof, signature, alg, key.key)
  return { faults: problem === undefined ? [] : [{ predicate: 'signature', problem }], jkt }
}
