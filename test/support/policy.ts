// The claim policy that the good token of tokens.ts satisfies.
import type { ClaimPolicy } from '../../src/core/token/claim-policy.ts'
import { testAudience, testIssuer } from './tokens.ts'

export const policyOf = (overrides: Partial<ClaimPolicy> = {}): ClaimPolicy => ({
  issuers: [testIssuer],
  audiences: [testAudience],
  audienceClaims: ['aud'],
  requiredScopes: [],
  scopeClaims: ['scope', 'scp'],
  clockToleranceSeconds: 60,
  maxLifetimeSeconds: undefined,
  profile: 'lenient',
  senderConstraint: 'refuse',
  ...overrides,
})
