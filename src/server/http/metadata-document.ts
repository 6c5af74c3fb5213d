// The protected resource metadata of one generation (RFC 9728 section 3).
import type { JsonObject } from '../../base/json.ts'
import { resourceMetadata, resourceMetadataPaths } from '../../core/challenge/resource-metadata.ts'
import type { Generation } from '../../proxy/generation/generation.ts'

export interface WellKnown {
  readonly paths: readonly string[]
  readonly document: JsonObject
}

/** Undefined where there is no authorization server to point to. */
export const wellKnownOf = ({ config, publicUrl, gate }: Generation): WellKnown | undefined => {
  if (publicUrl === undefined || gate.authorizationServers.length === 0) return undefined
  return {
    paths: resourceMetadataPaths(publicUrl),
    document: resourceMetadata({
      publicUrl,
      authorizationServers: gate.authorizationServers,
      scopes: gate.requiredScopes,
      name: config.proxy.name,
      possession: gate.possession,
    }),
  }
}
