// The protocol revisions, the two eras they form, and the reserved names of a modern request.
import { isJsonObject, type JsonObject } from '../base/json.ts'

/** Newest first. What session-era clients may negotiate with us. */
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26'] as const
/** What we accept from a session-era backend. */
const upstreamLegacyVersions = [...legacyVersions, '2024-11-05', '2024-10-07'] as const
/** The same, for people: oldest to newest. */
export const sessionRevisions = `${upstreamLegacyVersions.at(-1)} to ${upstreamLegacyVersions[0]}`
/** Newest first. Stateless revisions, toward clients and backends alike. */
export const modernVersions = ['2026-07-28'] as const

/** Of the specification of authorization: all that it has been written for, oldest first. */
export const revisions = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const

export type Revision = (typeof revisions)[number]

/** That revision and all later ones. */
export const revisionsSince = (first: Revision): readonly Revision[] =>
  revisions.slice(revisions.indexOf(first))

export const newestLegacy = legacyVersions[0]
export const newestModern = modernVersions[0]

/** The version a request over HTTP has when neither header nor session names one. */
export const assumedLegacyVersion = '2025-03-26'

const has = (list: readonly string[], version: string) => list.includes(version)

const isLegacyVersion = (version: string): boolean => has(legacyVersions, version)
export const isUpstreamLegacyVersion = (version: string): boolean =>
  has(upstreamLegacyVersions, version)
export const isModernVersion = (version: string): boolean => has(modernVersions, version)

/** The answer to a client's `initialize`: its version if we speak it, else our newest. */
export const negotiateLegacy = (asked: unknown): string =>
  typeof asked === 'string' && isLegacyVersion(asked) ? asked : newestLegacy

/** Whether what a revision of the session era brought is known: the stateless era has it all. */
export const isSince = (
  first: (typeof legacyVersions)[number],
  { era, protocolVersion }: { readonly era: Era; readonly protocolVersion: string },
): boolean => era === 'modern' || protocolVersion >= first

/** Members of `_meta` that carry, in each modern request, what `initialize` said once. */
export const metaKeys = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const

/** The members of a request's `_meta` that only modern servers understand. */
export const envelopeKeys: readonly string[] = [
  metaKeys.protocolVersion,
  metaKeys.clientInfo,
  metaKeys.clientCapabilities,
  metaKeys.logLevel,
]

export const metaOf = (params: JsonObject | undefined): JsonObject | undefined => {
  const meta = params?.['_meta']
  return isJsonObject(meta) ? meta : undefined
}

/** Session-era revisions begin with `initialize`; modern ones (2026-07-28 and later) carry all in each request. */
export type Era = 'legacy' | 'modern'
