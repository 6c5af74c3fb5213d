// What a token is bound to (RFC 7800 section 3.1): a DPoP key, a client certificate, something unknown, or nothing.
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { fail, pass, warn, type Check } from '../verdict/check.ts'
import type { ClaimPolicy, ClaimSource } from '../token/claim-policy.ts'

interface Binding {
  /** Bound to a DPoP key, by `cnf.jkt` or by the word of an introspection answer (RFC 9449 section 6). */
  readonly dpop: boolean
  /** The thumbprint of that key; undefined where it is not told. */
  readonly jkt: string | undefined
  /** The thumbprint of the certificate; undefined where it is no string. */
  readonly certificate: string | undefined
  /** The members that bind to anything but a DPoP key, as people write them. */
  readonly others: readonly string[]
}

const certificateMember = 'x5t#S256'

const saysDpop = ({ token_type: type }: JsonObject): boolean =>
  typeof type === 'string' && type.toLowerCase() === 'dpop'

/** Null in a JWT is a fault of its own: who means none leaves `cnf` out. */
const isUnbound = (claims: JsonObject): boolean =>
  (claims['cnf'] ?? null) === null && !saysDpop(claims)

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** Does not check that the thumbprints have the form of one: no other value can equal one. */
const bindingOf = (claims: JsonObject): Binding => {
  const { cnf } = claims
  const members = isJsonObject(cnf) ? cnf : {}
  const names = Object.keys(members)
  const unread = cnf !== undefined && cnf !== null && !isJsonObject(cnf) ? ['cnf'] : []
  return {
    dpop: names.includes('jkt') || saysDpop(claims),
    jkt: text(members['jkt']),
    certificate: text(members[certificateMember]),
    others: [...names.filter((name) => name !== 'jkt').map((name) => `cnf.${name}`), ...unread],
  }
}

const onlyCertificate = ({ certificate, others }: Binding): boolean =>
  certificate !== undefined && others.length === 1

const withRequest = 'decided with the request that brings the token'

type BindingId = 'pop-dpop' | 'pop-mtls'

/** The thumbprint that the request has to prove is the evidence: whoever decides needs no claims. */
const leftOpen = (id: BindingId, expected: string | undefined): Check => ({
  id,
  status: 'skip',
  because: withRequest,
  ...(expected === undefined ? {} : { evidence: { expected } }),
})

/** The binding that a verdict leaves to be proven by the request; undefined where there is none. */
export const openBinding = (checks: readonly Check[], id: BindingId): Check | undefined =>
  checks.find(
    (check) => check.id === id && check.status === 'skip' && check.because === withRequest,
  )

export const thumbprintOf = ({ evidence }: Check): string | undefined => text(evidence?.expected)

const joined = (id: BindingId, first: Check, second: Check): Check => {
  const [a, b] = [thumbprintOf(first), thumbprintOf(second)]
  if (a === undefined || b === undefined || a === b) return a === undefined ? second : first
  return fail(problemOf(id, 'disagree', { own: a, said: b }))
}

/** What two judges of one token leave open between them: no binding that one of them found is lost. */
export const joinedBindings = (
  first: readonly Check[],
  second: readonly Check[],
): readonly Check[] =>
  (['pop-dpop', 'pop-mtls'] as const).flatMap((id) => {
    const [a, b] = [openBinding(first, id), openBinding(second, id)]
    if (a !== undefined && b !== undefined) return [joined(id, a, b)]
    return [a ?? b].filter((check) => check !== undefined)
  })

/** Why a binding to anything but a DPoP key stays unproven. */
const unproven = ({ dpop, certificate, others }: Binding, constraint: string): Problem => {
  if (certificate === undefined || others.length > 1) {
    return problemOf('pop-mtls', 'unknown', { members: others.join(', ').slice(0, 200) })
  }
  return dpop
    ? problemOf('pop-mtls', 'both', { members: `cnf.jkt and ${others.join(', ')}` })
    : problemOf('pop-mtls', 'refused', { thumb: certificate, constraint })
}

/**
 * The group Binding, as far as the claims alone tell. A binding of the kind that the policy proves is left
 * open here, as a skipped check: possession.ts decides it, and nobody else may accept such a token.
 */
export const checkBinding = (
  claims: JsonObject,
  { senderConstraint }: Pick<ClaimPolicy, 'senderConstraint'>,
  source: ClaimSource,
): readonly Check[] => {
  const finding = senderConstraint === 'ignore' ? warn : fail
  if (claims['cnf'] === null && source === 'jwt') {
    return [pass('pop-dpop'), finding(problemOf('pop-mtls', 'null'))]
  }
  if (isUnbound(claims)) return [pass('pop-dpop'), pass('pop-mtls')]
  const binding = bindingOf(claims)
  const dpop = (): Check => {
    if (!binding.dpop) return pass('pop-dpop')
    if (senderConstraint === 'dpop') return leftOpen('pop-dpop', binding.jkt)
    const thumb = binding.jkt ?? 'no thumbprint'
    return finding(problemOf('pop-dpop', 'refused', { thumb, constraint: senderConstraint }))
  }
  const certificate = (): Check => {
    if (binding.others.length === 0) return pass('pop-mtls')
    if (senderConstraint === 'mtls' && onlyCertificate(binding)) {
      return leftOpen('pop-mtls', binding.certificate)
    }
    return finding(unproven(binding, senderConstraint))
  }
  return [dpop(), certificate()]
}
