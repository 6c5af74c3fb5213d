// The envelope of a stateless request: its version, its client, what it wants of logs, and what its headers must repeat.
import type { IncomingHttpHeaders } from 'node:http'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import type { ClientFacts } from '../../mcp/call.ts'
import { decodeHeaderValue } from '../../mcp/header-value.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { isLogLevel } from '../../mcp/log-level.ts'
import { isOffered, targetName } from '../../mcp/methods.ts'
import { isModernVersion, metaKeys, metaOf, modernVersions } from '../../mcp/revision.ts'
import type { MessageRefusal } from './decision-record.ts'

export const versionHeader = 'mcp-protocol-version'

export const mismatch = (header: string): MessageRefusal => ({
  problem: problemOf('req-header-mismatch', { header }),
})

export const badParams = (why: string): MessageRefusal => ({
  problem: problemOf('req-params', 'invalid', { why }),
  status: 400,
})

export const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The standard headers must repeat the body, so that what reads only one of them is not deceived. */
const checkHeaders = (headers: IncomingHttpHeaders, { method, params }: JsonRpcRequest) => {
  if (header(headers, 'mcp-method')?.trim() !== method) return mismatch('Mcp-Method')
  const name = targetName(method, params)
  if (name === undefined) return undefined
  const sent = header(headers, 'mcp-name')
  if (sent === undefined || decodeHeaderValue(sent) !== name) return mismatch('Mcp-Name')
  return undefined
}

const checkVersion = (
  claimed: string,
  headers: IncomingHttpHeaders | undefined,
): MessageRefusal | undefined => {
  if (headers !== undefined && header(headers, versionHeader)?.trim() !== claimed) {
    return mismatch('MCP-Protocol-Version')
  }
  if (isModernVersion(claimed)) return undefined
  const version = JSON.stringify(claimed.slice(0, 64))
  return {
    problem: problemOf('req-version', { version }),
    data: { supported: [...modernVersions], requested: claimed },
  }
}

/**
 * In the order of MCP 2026-07-28: version, then the rest of the envelope, then method and headers. Without `headers`:
 * on a channel that has none.
 */
export const envelopeFault = (
  request: JsonRpcRequest,
  meta: JsonObject,
  headers?: IncomingHttpHeaders,
): MessageRefusal | undefined => {
  const claimed = meta[metaKeys.protocolVersion]
  if (typeof claimed !== 'string') return badParams(`${metaKeys.protocolVersion} is not a string`)
  const version = checkVersion(claimed, headers)
  if (version !== undefined) return version
  if (!isJsonObject(meta[metaKeys.clientCapabilities])) {
    return badParams(`_meta lacks ${metaKeys.clientCapabilities}`)
  }
  const level = meta[metaKeys.logLevel]
  if (level !== undefined && !isLogLevel(level)) {
    return badParams(`${metaKeys.logLevel} is not a log level`)
  }
  // What we do not offer is answered as such, whatever its headers.
  return headers !== undefined && isOffered(request.method, 'modern')
    ? checkHeaders(headers, request)
    : undefined
}

/** What the envelope says of the client. */
export const statelessFacts = (meta: JsonObject): ClientFacts => {
  const capabilities = meta[metaKeys.clientCapabilities]
  const clientInfo = meta[metaKeys.clientInfo]
  return {
    era: 'modern',
    protocolVersion: meta[metaKeys.protocolVersion] as string,
    capabilities: isJsonObject(capabilities) ? capabilities : {},
    ...(isJsonObject(clientInfo) ? { clientInfo } : {}),
  }
}

export const claimsModern = (params: JsonObject | undefined): boolean =>
  metaOf(params)?.[metaKeys.protocolVersion] !== undefined
