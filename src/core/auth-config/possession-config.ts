// The keys of [auth] that say how callers prove that a sender-constrained token is theirs (RFC 9449, RFC 8705).
import * as z from 'zod/mini'
import { defaultsTo, withDescription, listOf, type Complain } from './schema.ts'
import { knownAlgorithms } from '../token/jose-header.ts'

/** RFC 9110 section 5.1: a field name is a token. */
const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/

export const possessionKeys = {
  sender_constraint: withDescription(
    defaultsTo(z.enum(['refuse', 'dpop', 'mtls', 'ignore']), 'refuse'),
    'What to do with sender-constrained tokens: refuse them, require a DPoP proof or the client certificate, or accept them as bearer tokens',
  ),
  sender_constraint_required: withDescription(
    defaultsTo(z.boolean(), false),
    'With dpop or mtls: refuse unbound tokens',
  ),
  dpop_algorithms: withDescription(
    z.optional(listOf(z.enum(knownAlgorithms))),
    'With dpop: accepted algorithms of proofs; default: all supported asymmetric ones',
  ),
  dpop_max_age: withDescription(
    defaultsTo(z.number().check(z.int(), z.gte(1), z.lte(600)), 60),
    'With dpop: maximum age of a proof in seconds, plus clock_tolerance',
  ),
  dpop_nonce: withDescription(
    defaultsTo(z.boolean(), false),
    'With dpop: require a nonce issued by the proxy in every proof (RFC 9449 section 9)',
  ),
  client_cert_header: withDescription(
    z.optional(z.string().check(z.regex(fieldName, 'is not the name of a header'))),
    'With mtls: the header in which security.trusted_proxies forward the client certificate (PEM, URL-encoded or not, or base64 DER); from all others the certificate of their own TLS connection counts, where proxy.tls.client_auth asks for it',
  ),
}

export type PossessionConfig = z.infer<z.ZodMiniObject<typeof possessionKeys>>

/** Keys that ask for something which the chosen constraint never does. */
const possessionProblems = (
  auth: PossessionConfig,
): readonly { readonly key: keyof PossessionConfig; readonly why: string }[] => {
  const { sender_constraint: constraint } = auth
  const only = (
    wanted: 'dpop' | 'mtls',
    ...keys: readonly (readonly [keyof PossessionConfig, boolean])[]
  ) =>
    keys.flatMap(([key, isSet]) =>
      isSet && constraint !== wanted
        ? [{ key, why: `applies only with sender_constraint = "${wanted}"` }]
        : [],
    )
  const proves = constraint === 'dpop' || constraint === 'mtls'
  return [
    ...(auth.sender_constraint_required && !proves
      ? [
          {
            key: 'sender_constraint_required',
            why: 'applies only with sender_constraint = "dpop" or "mtls"',
          } as const,
        ]
      : []),
    ...only('dpop', ['dpop_algorithms', auth.dpop_algorithms !== undefined]),
    ...only('dpop', ['dpop_nonce', auth.dpop_nonce]),
    ...only('mtls', ['client_cert_header', auth.client_cert_header !== undefined]),
  ]
}

export const checkPossession = (auth: PossessionConfig, complain: Complain): void => {
  for (const { key, why } of possessionProblems(auth)) complain([key], why)
}
