// A predicate of RFC 9449 section 4.3 that a DPoP proof breaks.
import type { Json } from '../../base/json.ts'
import type { Problem } from '../../problems/problem.ts'

export interface ProofFault {
  readonly predicate:
    'header' | 'form' | 'typ' | 'alg' | 'jwk' | 'signature' | 'htm' | 'htu' | 'iat' | 'jti' | 'ath'
  /** Of the id pop-dpop-proof. */
  readonly problem: Problem
  readonly expected?: Json
  readonly actual?: Json
}
