// Whether a refused token verifies against the issuer that it names itself: then the configuration points elsewhere.
import { reachOf } from '../../net/address.ts'
import type { JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { pass, skip, warn, type Check } from '../verdict/check.ts'
import { discoverAuthServer } from '../metadata/discovery.ts'
import { isKnownAlgorithm } from '../token/jose-header.ts'
import { failedChecks } from '../verdict/judge.ts'
import { checkSignature } from '../keys/jws.ts'
import { readKeySetAnswer, requestKeySet } from '../keys/key-set-request.ts'
import { localKeySource } from '../keys/keys.ts'
import { isTenantMiss, nearMiss } from '../verdict/near-miss.ts'
import { readToken } from '../token/token-shape.ts'
import type { Verdict } from '../verdict/verdict.ts'

export interface FollowOptions {
  /** What was decided about the token: a signature that is verified needs no second authority. */
  readonly verdict: Verdict
  /** The issuers that are configured. Their hosts were named by the operator, so they may be private. */
  readonly issuers: readonly string[]
  readonly allowHttp?: boolean
  /** Whether hosts that only the token names may be private. */
  readonly allowPrivate?: boolean
  readonly signal?: AbortSignal
}

type KeySet = { readonly document: unknown; readonly jwksUri: string } | { readonly why: string }

const keySetOf = async (iss: string, ports: Ports, options: FollowOptions): Promise<KeySet> => {
  const { issuers, allowHttp = false, allowPrivate = false } = options
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  const reach = reachOf(iss, issuers, allowPrivate)
  const { metadata, failure } = await discoverAuthServer(iss, ports, {
    allowHttp,
    reach,
    ...signal,
  })
  if (metadata === undefined) return { why: failure ?? `failed to discover ${iss}` }
  const { jwks_uri: jwksUri } = metadata
  if (jwksUri === undefined) return { why: `the metadata of ${iss} names no jwks_uri` }
  const known = reach === 'private' ? [...issuers, iss] : issuers
  const answer = await requestKeySet(jwksUri, ports, {
    reach: reachOf(jwksUri, known, allowPrivate),
    allowHttp,
    ...signal,
  })
  const read = readKeySetAnswer(answer)
  return 'problem' in read ? { why: read.problem.detail } : { document: read.document, jwksUri }
}

/** What the operator pointed at, seen from the issuer that the token really is from. */
const wrongThing = (iss: string, issuers: readonly string[]): string => {
  if (issuers.includes(iss)) return 'key set'
  return issuers.some((issuer) => isTenantMiss(nearMiss(iss, issuer))) ? 'tenant' : 'issuer'
}

const id = 'sig-wrong-authority'

interface Followable {
  readonly iss: string
  readonly alg: Parameters<typeof checkSignature>[0]['alg']
  readonly kid: string | undefined
  readonly signature: Uint8Array
}

const followable = (token: string): Followable | string => {
  const shape = readToken(token)
  if (shape.shape !== 'jws') return `the token is ${shape.shape === 'jwe' ? 'encrypted' : 'opaque'}`
  const { alg, kid }: JsonObject = shape.header
  const iss = shape.claims?.['iss']
  if (typeof iss !== 'string' || iss === '') return 'the token names no issuer'
  if (!isKnownAlgorithm(alg)) return 'the algorithm is not one that we verify'
  if (shape.signature === undefined) return 'the signature is not readable'
  return { iss, alg, kid: typeof kid === 'string' ? kid : undefined, signature: shape.signature }
}

/**
 * sig-wrong-authority: asks the issuer that the token names for its keys and tries them. A `warn` says
 * that they fit; it is advice and changes no verdict. Only for a person who asked for it: the address
 * comes from the token. Does not check any claim, nor whether that issuer deserves trust.
 */
export const followIssuer = async (
  token: string,
  ports: Ports,
  options: FollowOptions,
): Promise<Check> => {
  const { verdict, issuers } = options
  if (verdict.checks.some((check) => check.id === 'sig-verify' && check.status === 'pass')) {
    return skip(id, 'the signature is verified already')
  }
  const found = followable(token)
  if (typeof found === 'string') return skip(id, found)
  const { iss, alg, kid, signature } = found
  const keys = await keySetOf(iss, ports, options)
  if ('why' in keys) return skip(id, `${iss} could not be asked: ${keys.why}`)
  const source = localKeySource(keys.document, keys.jwksUri)
  const query = { alg, kid }
  const lookup = await source.find(query, options.signal ?? new AbortController().signal)
  const checks = await checkSignature({ token, alg, signature }, lookup)
  const verified = checks.find((check) => check.id === 'sig-verify' && check.status === 'pass')
  if (verified === undefined) {
    const [why] = failedChecks(checks)
    return pass(id, `It does not verify against ${iss} either: ${why?.message ?? 'no key fits'}`)
  }
  const what = wrongThing(iss, issuers)
  return warn(problemOf(id, { other: iss, what }), {
    expected: issuers,
    actual: iss,
    note: `${verified.evidence?.note ?? 'its key'} at ${keys.jwksUri}`,
  })
}
