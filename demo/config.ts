// The configuration that the tour writes: what a person would write for the same two servers.
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { scopes } from './realm.ts'

const require = createRequire(import.meta.url)

/** The program of an installed MCP server package. */
const serverProgram = (name: string): string =>
  path.join(
    path.dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)),
    'dist',
    'index.js',
  )

/** A port that was free a moment ago: the public URL must be known before the proxy listens. */
export const freePort = async (): Promise<number> => {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

export interface DemoConfig {
  readonly issuer: string
  readonly port: number
  /** The folder that the file server may read. */
  readonly files: string
}

export const publicUrl = (port: number): string => `http://127.0.0.1:${port}/mcp`

// A JSON string is a TOML basic string as well.
const quoted = (value: string): string => JSON.stringify(value)

export const configText = ({ issuer, port, files }: DemoConfig): string => `[proxy]
name = "desk"
public_url = ${quoted(publicUrl(port))}

[proxy.listen]
host = "127.0.0.1"
port = ${port}

[auth]
type = "oauth"
issuer = ${quoted(issuer)}
client_id = "mcp-proxy"
client_secret = "\${OAUTH_CLIENT_SECRET}"
token_validation = "both"      # JWTs here, opaque tokens by asking the issuer
required_scopes = [${quoted(scopes[0])}]

[[backends]]
name = "everything"
transport = "stdio"
command = ${quoted(process.execPath)}
args = [${quoted(serverProgram('server-everything'))}, "stdio"]

[[backends]]
name = "files"
transport = "stdio"
command = ${quoted(process.execPath)}
args = [${quoted(serverProgram('server-filesystem'))}, ${quoted(files)}]
`
