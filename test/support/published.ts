// An MCP server and its authorization server on one loopback port that publish everything as they should, unless told otherwise.
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { systemPorts } from '../../src/net/system-ports.ts'
import type { Check } from '../../src/core/verdict/check.ts'
import {
  investigate,
  type Investigation,
  type InvestigationOptions,
} from '../../src/core/investigation/investigation.ts'
import {
  startScriptedServer,
  type Script,
  type ScriptedServer,
  type SeenRequest,
} from './scripted-server.ts'

type Members = Readonly<Record<string, unknown>>
type Params = Readonly<Record<string, string | undefined>>

/** What differs from a faultless publication; undefined members are left out of the documents. */
export interface Change {
  readonly path?: string
  /** Parameters of the challenge; null: the server is open to everyone. */
  readonly challenge?: Params | null
  /** What an open server answers to a method, in the place of what it should. */
  readonly results?: (method: string, request: SeenRequest) => Members | undefined
  readonly resource?: Members
  readonly metadata?: Members
  readonly keys?: readonly JsonWebKey[]
  readonly scripts?: (origin: string) => Readonly<Record<string, Script>>
  readonly options?: Omit<InvestigationOptions, 'signal'>
  readonly address?: (origin: string) => string
}

const freshKey = (kid: string, type: 'ec' | 'rsa' = 'ec', bits = 2048): JsonWebKey => {
  const { publicKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: bits })
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }
}

export const signingKeys: readonly JsonWebKey[] = [freshKey('one'), freshKey('two', 'rsa')]
export const weakKey = (): JsonWebKey => freshKey('weak', 'rsa', 1024)

const quoted = (params: Params): string =>
  Object.entries(params)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${value}"`]))
    .join(', ')

const discoverResult = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: {},
  ttlMs: 0,
  cacheScope: 'public',
  _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'published', version: '1' } },
}

const errorOf = ({ headers, body }: SeenRequest): readonly [number, number] | undefined => {
  const { method, params } = JSON.parse(body) as {
    method: string
    params: Record<'_meta', Record<string, unknown>>
  }
  const meta = params['_meta']
  if (headers['mcp-method'] !== method) return [400, -32020]
  if (headers['mcp-protocol-version'] !== '2026-07-28') return [400, -32022]
  if (meta['io.modelcontextprotocol/clientCapabilities'] === undefined) return [400, -32602]
  return method === 'server/discover' || method === 'tools/list' ? undefined : [404, -32601]
}

/** A server of 2026-07-28 that lets everybody in. */
const open =
  (results: Change['results']): Script =>
  (request) => {
    if (request.method !== 'POST') return { status: 405 }
    if (request.headers.origin !== undefined) return { status: 403 }
    const { method } = JSON.parse(request.body) as { method: string }
    const other = results?.(method, request)
    if (other !== undefined) return { body: { jsonrpc: '2.0', id: 1, result: other } }
    const wrong = errorOf(request)
    if (wrong === undefined) return { body: { jsonrpc: '2.0', id: 1, result: discoverResult } }
    const [status, code] = wrong
    return { status, body: { jsonrpc: '2.0', id: 1, error: { code, message: 'wrong' } } }
  }

const closed =
  (params: Params): Script =>
  ({ headers }) =>
    headers.origin === undefined
      ? { status: 401, headers: { 'www-authenticate': `Bearer ${quoted(params)}` } }
      : { status: 403 }

const wellKnown = '/.well-known/oauth-protected-resource'
const openToAll = { 'access-control-allow-origin': '*' }

const publish = (server: ScriptedServer, change: Change): string => {
  const { origin } = server
  const { path = '/mcp', challenge = {} } = change
  const address = `${origin}${path}`
  const resource = {
    resource: address,
    authorization_servers: [origin],
    scopes_supported: ['mcp:read'],
    bearer_methods_supported: ['header'],
    ...change.resource,
  }
  const metadata = {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    introspection_endpoint: `${origin}/introspect`,
    jwks_uri: `${origin}/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    client_id_metadata_document_supported: true,
    registration_endpoint: `${origin}/register`,
    authorization_response_iss_parameter_supported: true,
    scopes_supported: ['offline_access'],
    protected_resources: [address],
    ...change.metadata,
  }
  const params = {
    resource_metadata: `${origin}${wellKnown}${path}`,
    scope: 'mcp:read',
    ...challenge,
  }
  server.on(path, challenge === null ? open(change.results) : closed(params))
  for (const place of [`${wellKnown}${path}`, wellKnown]) {
    server.on(place, { body: resource, headers: openToAll })
  }
  for (const form of ['oauth-authorization-server', 'openid-configuration']) {
    server.on(`/.well-known/${form}`, { body: metadata })
  }
  const cacheable = { 'cache-control': 'max-age=3600', etag: '"1"' }
  server.on('/jwks', { body: { keys: change.keys ?? signingKeys }, headers: cacheable })
  for (const [place, script] of Object.entries(change.scripts?.(origin) ?? {})) {
    server.on(place, script)
  }
  return change.address?.(origin) ?? address
}

/** Publishes, investigates, and takes everything away again. */
export const investigated = async (change: Change = {}): Promise<Investigation> => {
  const server = await startScriptedServer()
  try {
    const address = publish(server, change)
    return await investigate(address, systemPorts(), change.options)
  } finally {
    await server.close()
  }
}

export const published = async (change: Change = {}): Promise<readonly Check[]> =>
  (await investigated(change)).checks
