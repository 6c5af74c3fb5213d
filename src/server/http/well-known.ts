// The protected resource metadata: open to everybody, from any page, without a token (RFC 9728 section 3).
import type { JsonObject } from '../../base/json.ts'
import { resourceMetadata, resourceMetadataPaths } from '../../core/challenge/resource-metadata.ts'
import type { Generation } from '../../proxy/generation/generation.ts'
import { sendJson } from './answer-stream.ts'
import type { Exchange } from './state.ts'

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

const open = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': '*',
}

export const serveWellKnown = ({ req, res, headers }: Exchange, { document }: WellKnown): void => {
  if (req.method === 'OPTIONS') {
    res.writeHead(204, { ...headers, ...open })
    res.end()
    return
  }
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.writeHead(405, { ...headers, ...open, allow: 'GET, HEAD, OPTIONS', 'content-length': 0 })
    res.end()
    return
  }
  sendJson(
    res,
    { ...headers, ...open, 'cache-control': 'max-age=3600' },
    { status: 200, body: Buffer.from(JSON.stringify(document)) },
  )
}
