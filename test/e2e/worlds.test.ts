// From "my client says 401" to the true cause: each world is set up on loopback, with a real authorization server where one
// is needed, and the commands that a person would type are run until a first line names the cause. At most two.
// MCP_PROXY_WORLDS=file writes the table with times, for docs/worlds.md; times are never asserted.
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { createAuthority, type TestAuthority } from '../support/certificates.ts'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'
import {
  startScriptedServer,
  type Script,
  type ScriptedServer,
} from '../support/scripted-server.ts'
import { goodClaims, mintToken, testKey } from '../support/tokens.ts'

const mostCommands = 2
const metadataPath = '/.well-known/oauth-protected-resource/mcp'

let real: AuthorizationServer
/** An authorization server that is down. */
let down: AuthorizationServer
let mcp: ScriptedServer
let authority: TestAuthority
/** Serves with a certificate of an authority that this machine does not know. */
let untrusted: Server
let folder: TempFolder
let secretFile: string

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}
let untrustedOrigin: string

beforeAll(async () => {
  ;[real, down, mcp, authority, folder] = await Promise.all([
    startAuthorizationServer(),
    startAuthorizationServer(),
    startScriptedServer(),
    createAuthority(),
    makeTempFolder(),
  ])
  await down.stop()
  secretFile = await folder.write('secret', real.clientSecret)
  const { certificate: cert, key } = await authority.issue('127.0.0.1')
  untrusted = createServer({ cert, key }, (_, response) => response.end('{}'))
  untrustedOrigin = await listening(untrusted)
})

afterAll(async () => {
  untrusted.close()
  await Promise.all([real.close(), mcp.close(), authority.close(), folder.remove()])
})

const url = () => `${mcp.origin}/mcp`

/** An MCP server that wants tokens of `issuer`; `more` is put over its metadata. */
const protectedBy = (issuer: string, more: Readonly<Record<string, unknown>> = {}): void => {
  const named = `resource_metadata="${mcp.origin}${metadataPath}"`
  mcp.on('/mcp', { status: 401, headers: { 'www-authenticate': `Bearer ${named}` } })
  mcp.on(metadataPath, {
    body: { resource: url(), authorization_servers: [issuer], ...more },
  })
}

/** Nothing but the endpoint itself. */
const answering = (script: Script): void => {
  mcp.on(metadataPath, { status: 404 })
  mcp.on('/mcp', script)
}

const discover = (address = url()) => ['discover', address]

/** A token in a file, as it is taken out of a client. */
const inFile = async (name: string, token: string): Promise<string> =>
  `@${await folder.write(`${name}.txt`, token)}`

interface World {
  readonly name: string
  /** Sets it up, and gives the commands that are typed one after another. */
  readonly commands: () => Promise<readonly (readonly string[])[]> | readonly (readonly string[])[]
  /** What the first line of one of them says. */
  readonly cause: RegExp
  /** What the line with the remedy says; undefined: it is not looked at. */
  readonly remedy?: RegExp
}

const table: readonly World[] = [
  {
    name: 'bare 401',
    commands: () => {
      answering({ status: 401 })
      return [discover()]
    },
    cause: /prm-challenge .*401 without/,
  },
  {
    name: 'open server',
    commands: () => {
      answering(({ body }) => ({
        body: {
          jsonrpc: '2.0',
          id: (JSON.parse(body || '{}') as { id?: number }).id ?? null,
          result: {
            protocolVersion: '2025-11-25',
            capabilities: { tools: {} },
            serverInfo: { name: 'open', version: '1' },
            tools: [],
          },
        },
      }))
      return [discover()]
    },
    cause: /^OPEN/,
  },
  {
    name: 'wrong audience',
    commands: async () => {
      protectedBy(real.issuer)
      const token = await real.token({ resource: 'https://other.acme.test/mcp' })
      return [discover(), ['validate', '--for', url(), await inFile('audience', token)]]
    },
    cause: /^REJECTED {2}claim-aud /,
  },
  {
    name: 'trailing slash',
    commands: () => {
      protectedBy(real.issuer, { resource: `${url()}/` })
      return [discover()]
    },
    cause: /prm-resource .*slash/,
  },
  {
    name: 'expired',
    commands: async () => {
      const token = await real.token({ resource: url(), expiredSecondsAgo: 3600 })
      return [['validate', await inFile('expired', token)]]
    },
    cause: /^REJECTED {2}time-exp {2}Expired/,
  },
  {
    name: 'revoked',
    commands: async () => {
      protectedBy(real.issuer)
      const token = await real.token({ resource: url(), format: 'opaque' })
      await real.revoke(token)
      const client = ['--client-id', real.clientId, '--client-secret-file', secretFile]
      return [discover(), ['introspect', '--for', url(), ...client, await inFile('revoked', token)]]
    },
    cause: /^REJECTED {2}intro-active /,
  },
  {
    name: 'issuer down',
    commands: () => {
      protectedBy(down.issuer)
      return [discover()]
    },
    cause: /asm-found.*connection refused/,
    remedy: /fix +check host and port of the issuer/,
  },
  {
    name: 'DNS',
    commands: () => [discover('https://mcp.nowhere.invalid/mcp')],
    cause: /net-reach.*mcp\.nowhere\.invalid.*(?:no such host|not found|resolve|name server)/i,
  },
  {
    name: 'redirect',
    commands: () => {
      answering({ status: 308, headers: { location: 'https://mcp.acme.test/mcp' } })
      return [discover()]
    },
    cause: /^REDIRECTED.*https:\/\/mcp\.acme\.test\/mcp/,
  },
  {
    name: 'single-page application',
    commands: () => {
      const page: Script = {
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><title>App</title><div id="root"></div>',
      }
      mcp.on('/mcp', page)
      for (const name of [metadataPath, '/.well-known/oauth-protected-resource']) mcp.on(name, page)
      return [discover()]
    },
    cause: /^NOT MCP.*(?:page|HTML)/i,
  },
  {
    name: 'Microsoft Graph token',
    commands: async () => {
      protectedBy(real.issuer)
      const graph = await mintToken(
        await testKey(),
        goodClaims(
          {
            iss: 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/',
            aud: 'https://graph.microsoft.com',
          },
          Math.floor(Date.now() / 1000),
        ),
      )
      return [['validate', '--for', url(), await inFile('graph', graph)]]
    },
    cause: /^REJECTED.*Microsoft Graph/,
  },
  {
    name: 'no display',
    commands: () => {
      protectedBy(real.issuer)
      return [discover(), ['login', url(), '--client-id', 'x']]
    },
    cause: /browser needs a terminal/,
  },
]

/** The locations of the metadata that are tried do not answer as they should: one row for each way. */
const locations: readonly World[] = [
  {
    name: 'closed port among the locations of the metadata',
    commands: () => {
      protectedBy('http://127.0.0.1:9')
      return [discover()]
    },
    cause: /asm-found.*connection refused.*127\.0\.0\.1:9/,
    remedy: /fix +check host and port of the issuer/,
  },
  {
    name: 'untrusted certificate of the authorization server',
    commands: () => {
      protectedBy(untrustedOrigin)
      return [discover()]
    },
    cause: /net-tls .*signed by an authority that is not trusted here/,
    remedy: /fix +.*--ca-file/,
  },
  {
    name: 'private address of the authorization server',
    commands: () => {
      protectedBy('https://10.20.30.40')
      return [discover()]
    },
    cause: /asm-found.*10\.20\.30\.40 is a private address/,
    remedy: /fix +.*--allow-private/,
  },
]

interface Row {
  readonly name: string
  readonly commands: number
  readonly ms: number
  readonly line: string
}
const rows: Row[] = []

/** What a person reads first: the verdict on stdout, or the error. */
const firstLine = ({ stdout, stderr }: { stdout: string; stderr: string }): string =>
  (stdout.trim() === '' ? stderr : stdout).split('\n').find((line) => line.trim() !== '') ?? ''

test.each([...table, ...locations])(
  '$name: the cause leads after two commands at most',
  async (world) => {
    const lines: string[] = []
    let written = ''
    const started = Date.now()
    for (const command of await world.commands()) {
      const finished = await runCommandLine([...command], { cwd: folder.path })
      written = finished.stdout
      lines.push(firstLine(finished))
      if (world.cause.test(lines.at(-1) ?? '')) break
    }
    rows.push({
      name: world.name,
      commands: lines.length,
      ms: Date.now() - started,
      line: lines.at(-1) ?? '',
    })
    expect(lines.at(-1)).toMatch(world.cause)
    expect(lines.length).toBeLessThanOrEqual(mostCommands)
    expect(written).toMatch(world.remedy ?? /^/)
  },
)

afterAll(() => {
  const file = process.env['MCP_PROXY_WORLDS']
  if (file === undefined) return
  writeFileSync(
    path.resolve(file),
    rows
      .map(
        ({ name, commands, ms, line }) =>
          `| ${name} | ${String(commands)} | ${(ms / 1000).toFixed(1)} s | \`${line}\` |`,
      )
      .join('\n'),
  )
})
