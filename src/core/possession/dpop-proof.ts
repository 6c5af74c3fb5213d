// Whether a DPoP proof is good for one request (RFC 9449 section 4.3), predicate by predicate.
import type { Json, JsonObject } from '../../base/json.ts'
import { quote } from '../../base/quote.ts'
import { problemOf, together, type Problem } from '../../problems/problem.ts'
import { checkHeader, isKnownAlgorithm, type Algorithm } from '../token/jose-header.ts'
import { maxTokenLength } from '../token/token-input.ts'
import { mediaType } from '../token/token-kind.ts'
import { readToken, type OtherToken, type SignedToken } from '../token/token-shape.ts'
import { fail, pass, type Check, type FailedCheck } from '../verdict/check.ts'
import type { Presentation } from '../verdict/presentation.ts'
import { checkProofClaims, type ProofWindow } from './proof-claims.ts'
import type { ProofFault } from './proof-fault.ts'
import { verifyProof } from './proof-key.ts'

const id = 'pop-dpop-proof'

export interface ProofRules extends ProofWindow {
  readonly algorithms: readonly Algorithm[]
}

export interface ProofExamination {
  /** pop-dpop-proof. */
  readonly check: Check
  /** RFC 7638 thumbprint of the proof's key; undefined where that key cannot be read. */
  readonly jkt: string | undefined
  readonly jti: string | undefined
  readonly iatSeconds: number | undefined
  readonly nonce: Json | undefined
}

/** `typ` says that a JWT was made as a proof, so that no other JWT of the client can pass as one. */
const checkType = ({ typ }: JsonObject): readonly ProofFault[] =>
  mediaType(typ) === 'dpop+jwt'
    ? []
    : [
        {
          predicate: 'typ',
          problem: problemOf(id, 'typ', { typ: typ === undefined ? 'missing' : quote(typ) }),
          actual: typ ?? null,
        },
      ]

const headerProblem = (
  { id: broken, message }: FailedCheck,
  { alg }: JsonObject,
  algorithms: readonly Algorithm[],
): Problem => {
  if (broken === 'jose-alg-none') return problemOf(id, 'unsigned', { alg: quote(alg) })
  if (broken === 'jose-alg-hmac') return problemOf(id, 'secret', { alg: quote(alg) })
  if (broken === 'jose-crit') return problemOf(id, 'crit', { why: message })
  if (broken === 'jose-nested') return problemOf(id, 'nested', { why: message })
  const list = algorithms.join(', ')
  return isKnownAlgorithm(alg)
    ? problemOf(id, 'alg-listed', { alg, list })
    : problemOf(id, 'alg-unknown', { alg: quote(alg).slice(0, 60), list })
}

/** What any JOSE header may say (alg, crit, nesting), by the rules for tokens. */
const checkJose = (header: JsonObject, algorithms: readonly Algorithm[]): readonly ProofFault[] =>
  checkHeader(header, algorithms, 'off').flatMap((check) =>
    check.status === 'fail'
      ? [{ predicate: 'alg', problem: headerProblem(check, header, algorithms) } as const]
      : [],
  )

const checkOf = (faults: readonly ProofFault[]): Check => {
  const [first, ...others] = faults
  if (first === undefined) return pass(id)
  return fail(together(first.problem, ...others.map(({ problem }) => problem)), {
    ...(first.expected === undefined ? {} : { expected: first.expected }),
    ...(first.actual === undefined ? {} : { actual: first.actual }),
    note: faults.map(({ predicate }) => predicate).join(', '),
  })
}

const unread = (fault: ProofFault): ProofExamination => ({
  check: checkOf([fault]),
  jkt: undefined,
  jti: undefined,
  iatSeconds: undefined,
  nonce: undefined,
})

const headerFault = (n: number): ProofFault => ({
  predicate: 'header',
  problem: n === 0 ? problemOf(id, 'absent') : problemOf(id, 'several', { n }),
  expected: 1,
  actual: n,
})

/** RFC 9110 section 5.2: an intermediary may join the values of one field by commas. */
const joinedProofs = (proof: string): number => {
  const values = proof.split(',')
  return values.every((value) => value.split('.').length === 3) ? values.length : 1
}

const unreadable = (proof: string, { shape, checks }: OtherToken): Problem => {
  const joined = joinedProofs(proof)
  if (joined > 1) return problemOf(id, 'joined', { n: joined })
  const n = proof === '' ? 0 : proof.split('.').length
  // Three parts of five are a cut JWE.
  const isCut = n === 3 && checks.some(({ id: found }) => found === 'in-truncated')
  if (shape === 'jwe' || isCut) return problemOf(id, 'encrypted')
  if (n !== 3) return problemOf(id, 'parts', { n })
  if (checks.some((check) => check.status === 'fail' && check.case === 'dotted')) {
    return problemOf(id, 'encoding', { why: 'none of its parts is JSON' })
  }
  const bad = checks.find(
    (check) => check.status === 'fail' && (check.id === 'jose-base64' || check.id === 'jose-json'),
  )
  return bad?.status === 'fail'
    ? problemOf(id, 'encoding', { why: bad.message })
    : problemOf(id, 'alg-missing')
}

const brokenPart = ({ checks }: SignedToken): Problem | undefined => {
  const bad = checks.find((check): check is FailedCheck => check.status === 'fail')
  if (bad === undefined) return undefined
  const form = bad.id === 'jose-duplicate-member' ? 'duplicate' : 'encoding'
  return problemOf(id, form, { why: bad.message })
}

/** The checks of the form: one proof, one JWT, readable, nothing said twice. */
const readProof = (proof: string, token: string): SignedToken | Problem => {
  if (proof.length > maxTokenLength) {
    return problemOf(id, 'large', { n: proof.length, max: maxTokenLength })
  }
  if (proof === token) return problemOf(id, 'token')
  const shape = readToken(proof)
  return shape.shape === 'jws' ? (brokenPart(shape) ?? shape) : unreadable(proof, shape)
}

export interface ProofContext {
  readonly token: string
  readonly rules: ProofRules
  readonly nowSeconds: number
}

/**
 * Every predicate of one proof for one request. Does not check that it is new (dpop-replay.ts), that it
 * has a nonce of ours (dpop-nonce.ts), or that the token is bound to its key (possession.ts).
 */
export const examineProof = async (
  presentation: Presentation,
  context: ProofContext,
): Promise<ProofExamination> => {
  const [first, ...more] = presentation.proofs
  if (first === undefined || more.length > 0) return unread(headerFault(presentation.proofs.length))
  const proof = first.trim()
  const shape = readProof(proof, context.token)
  if ('code' in shape) return unread({ predicate: 'form', problem: shape })
  const { header, claims = {} } = shape
  const { faults, jkt } = await verifyProof(proof, shape)
  const { jti, iat, nonce } = claims
  return {
    check: checkOf([
      ...checkType(header),
      ...checkJose(header, context.rules.algorithms),
      ...faults,
      ...checkProofClaims(claims, presentation, context),
    ]),
    jkt,
    jti: typeof jti === 'string' && jti !== '' ? jti : undefined,
    iatSeconds: typeof iat === 'number' ? iat : undefined,
    nonce,
  }
}
