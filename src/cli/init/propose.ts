// What is proposed for [auth], and why: from what the issuer publishes and what its provider is known for.
import type { ClientAuthMethod } from '../../core/client/client-authentication.ts'
import type { Facts } from './facts.ts'
import type { Proposal } from './choice.ts'

export type Strategy = 'jwt' | 'introspection' | 'both'

const count = (number: number, word: string): string =>
  `${String(number)} ${word}${number === 1 ? '' : 's'}`

const hasKeys = ({ keys }: Facts): boolean => keys !== undefined && keys.usable > 0

const keyText = ({ keys }: Facts): string => {
  if (keys === undefined) return 'no key set in its metadata'
  if (keys.usable > 0) return count(keys.usable, 'usable key')
  return `no usable key${keys.fault === undefined ? '' : ` (${keys.fault})`}`
}

/** Why one would take the strategy, or what is in its way. */
export const strategyReason = (strategy: Strategy, facts: Facts | undefined): string => {
  if (facts === undefined || facts.failure !== undefined) return 'nothing is known of the issuer'
  const asks = facts.introspectionEndpoint !== undefined
  if (strategy === 'jwt') {
    return hasKeys(facts)
      ? `${keyText(facts)}: signatures are checked locally, without a call per token`
      : `${keyText(facts)}: no signature could be checked`
  }
  if (!asks) return 'its metadata names no introspection endpoint'
  return strategy === 'both'
    ? 'JWTs by their signature, opaque tokens by asking the issuer; needs a client of the proxy there'
    : 'the issuer is asked about every token and sees revocation; needs a client of the proxy there'
}

/** `hasClient`: whether the proxy is known to have a client at the issuer. */
export const proposeStrategy = (
  facts: Facts,
  hasClient: boolean,
): Proposal<Strategy> | undefined => {
  const asks = facts.introspectionEndpoint !== undefined
  const known = facts.provider ?? 'this provider'
  if (facts.failure !== undefined) return undefined
  if (!hasKeys(facts)) {
    return asks
      ? { value: 'introspection', why: `${keyText(facts)}, but an introspection endpoint` }
      : undefined
  }
  if (asks && facts.tokens === 'opaque') {
    return {
      value: 'both',
      why: `tokens of ${known} are opaque unless set otherwise; JWTs stay cheap`,
    }
  }
  if (facts.tokens === 'jwt-only' && asks) {
    return {
      value: 'jwt',
      why: `${keyText(facts)}; introspection of ${known} serves only a token's own client`,
    }
  }
  if (asks && hasClient) return { value: 'both', why: strategyReason('both', facts) }
  return {
    value: 'jwt',
    why: asks
      ? `${strategyReason('jwt', facts)}; both would need a client at the issuer`
      : strategyReason('jwt', facts),
  }
}

/** Those that a new configuration can be written for; certificates are for examples/mtls.toml. */
export const offeredMethods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
] as const satisfies readonly ClientAuthMethod[]

export type OfferedMethod = (typeof offeredMethods)[number]

export const proposeClientAuth = (facts: Facts | undefined): Proposal<OfferedMethod> => {
  const methods = facts?.authMethods ?? []
  if (facts?.provider === 'Glewlwyd') {
    return {
      value: 'client_secret_post',
      why: 'Glewlwyd reads Basic credentials without decoding them',
    }
  }
  const fitting = offeredMethods.find((method) => methods.includes(method))
  return fitting === undefined
    ? { value: 'client_secret_basic', why: 'the default where the metadata names none (RFC 8414)' }
    : { value: fitting, why: 'named by the metadata of the issuer' }
}

export const proposeScopes = (facts: Facts | undefined): Proposal<readonly string[]> => {
  const scopes = facts?.scopes ?? []
  return scopes.length === 0
    ? { value: [], why: 'no source names required scopes' }
    : { value: scopes, why: 'required by the MCP server' }
}

/** What was found, in a line or two. */
export const factLines = (facts: Facts): readonly string[] => {
  const { issuer, as, address, failure, provider } = facts
  if (issuer === undefined) {
    return [
      facts.isOpen
        ? `${address} is an MCP server that requires no token and names no authorization server`
        : `${address}: ${failure ?? 'neither an issuer nor an MCP server that names one'}`,
    ]
  }
  const who = provider === undefined ? issuer : `${issuer} (${provider})`
  const via = as === 'mcp' ? `${address} names the issuer ${who}` : `issuer ${who}`
  if (failure !== undefined) return [via, `it could not be asked: ${failure}`]
  const asks = facts.introspectionEndpoint === undefined ? 'no introspection' : 'introspection'
  const scopes = facts.scopes.length === 0 ? '' : `; scopes ${facts.scopes.join(' ')}`
  return [via, `${keyText(facts)}, ${asks}${scopes}`]
}
