// Which checks are worth reading together: each line is one trouble as it shows in several places.
import type { ProblemCode } from '../problem.ts'

const families: readonly (readonly ProblemCode[])[] = [
  ['in-bearer-prefix', 'in-quotes', 'in-json-envelope', 'req-authorization-malformed'],
  ['in-whitespace', 'in-non-ascii', 'in-truncated', 'in-url-encoded'],
  ['in-empty', 'in-unexpanded-variable', 'req-token-missing'],
  ['in-truncated', 'jose-base64', 'jose-json', 'sig-format', 'sig-verify'],
  ['in-size', 'claim-groups-overage'],
  ['in-wrong-kind', 'claim-token-kind', 'jose-typ'],
  ['jose-shape', 'jose-encrypted', 'intro-active'],
  ['jose-alg-none', 'jose-alg-hmac', 'jose-alg-allowed'],
  ['jose-alg-hmac', 'jwks-usable', 'jwks-symmetric'],
  ['jose-crit', 'jose-nested', 'jose-duplicate-member'],
  ['jose-embedded-key', 'sig-verify'],
  ['sig-kid-found', 'sig-wrong-authority', 'jwks-rotation', 'jwks-cache', 'claim-iss'],
  ['sig-kid-ambiguous', 'jwks-duplicate-kid', 'jwks-missing-kid'],
  ['sig-key-fit', 'jwks-usable', 'jwks-weak-key'],
  ['sig-verify', 'sig-format', 'sig-wrong-authority'],
  ['claim-iss', 'claim-iss-near-miss', 'sig-wrong-authority', 'asm-issuer'],
  ['claim-aud', 'claim-aud-missing', 'claim-aud-near-miss', 'claim-aud-broad', 'intro-aud'],
  ['claim-aud-near-miss', 'prm-resource'],
  ['claim-scope', 'claim-scope-shape', 'policy-scope', 'prm-scopes'],
  ['claim-identity', 'claim-token-kind'],
  ['time-exp', 'time-exp-missing', 'time-nbf', 'time-iat-future', 'time-units', 'time-clock'],
  ['time-lifetime', 'time-exp', 'intro-active'],
  ['pop-dpop', 'pop-dpop-proof', 'pop-dpop-nonce', 'pop-dpop-replay', 'pop-mtls'],
  ['intro-active', 'intro-inactive-valid', 'intro-claims', 'intro-aud'],
  ['intro-reach', 'intro-client-auth', 'asm-introspection', 'intro-open'],
  ['intro-latency', 'time-lifetime'],
  ['prm-challenge', 'prm-resource-metadata-param', 'prm-location', 'prm-open'],
  ['prm-resource', 'prm-scheme', 'prm-servers'],
  ['asm-found', 'asm-form', 'asm-http', 'prm-servers'],
  ['asm-issuer', 'asm-issuer-syntax', 'asm-issuer-template', 'asm-agree'],
  ['asm-tls-urls', 'asm-private-host', 'prm-scheme'],
  ['asm-jwks-uri', 'jwks-fetch', 'jwks-usable'],
  ['asm-pkce', 'asm-registration', 'asm-iss-param', 'asm-legacy-grants'],
  ['jwks-private-key', 'jwks-symmetric', 'jwks-weak-key', 'jwks-x5c'],
  ['req-host', 'req-origin'],
  ['req-json', 'req-shape', 'req-params', 'req-method', 'req-body-size'],
  ['req-session', 'req-session-missing', 'req-version', 'req-header-mismatch'],
  ['name-unknown', 'policy-tool'],
  ['policy-admin', 'policy-scope', 'policy-tool'],
  ['limit-rate', 'limit-backend-rate'],
  ['backend-unavailable', 'backend-timeout', 'backend-outcome-unknown', 'backend-protocol'],
  ['backend-auth', 'backend-unavailable'],
  ['config-file', 'config-syntax', 'config-unknown-key', 'config-value', 'config-variable'],
  ['config-secret-newline', 'config-secret-literal', 'config-file-mode', 'intro-client-auth'],
  ['config-advice', 'config-value'],
  ['usage-flag', 'usage-missing', 'usage-command'],
]

/** In the order of the families; without the id itself. */
export const relatedTo = (code: ProblemCode): readonly ProblemCode[] => {
  const found = families.filter((family) => family.includes(code)).flat()
  return [...new Set(found)].filter((other) => other !== code)
}
