// `serve` behind its own TLS: official clients with certificates, tokens that a real authorization server binds to them, and files that change while it runs.
import { once } from 'node:events'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { Client as Client2, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { stringify } from 'smol-toml'
import { Agent as Dispatcher, fetch as undiciFetch } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { createAuthority, type Certified, type TestAuthority } from '../support/certificates.ts'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, type HttpServer } from '../support/mcp-servers.ts'
import { sendTo } from '../support/proxy.ts'

const identity = { name: 'test-client', version: '1.0.0' }
const publicUrl = 'https://127.0.0.1/mcp'

let folder: TempFolder
let authority: TestAuthority
let stranger: TestAuthority
let server: Certified
let renewed: Certified
let client: Certified
let otherClient: Certified
let issuer: AuthorizationServer
let remote: HttpServer
let proxy: RunningProxy | undefined

beforeAll(async () => {
  folder = await makeTempFolder()
  ;[authority, stranger, issuer, remote] = await Promise.all([
    createAuthority(),
    createAuthority('stranger'),
    startAuthorizationServer(),
    startHttpServer('dual'),
  ])
  server = await authority.issue('server', 'server')
  renewed = await authority.issue('renewed', 'server')
  client = await authority.issue('client')
  otherClient = await authority.issue('other')
})
afterEach(async () => {
  await proxy?.stop()
  proxy = undefined
})
afterAll(async () => {
  await Promise.all([authority.close(), stranger.close(), issuer.close(), remote.close()])
  await folder.remove()
})

interface Sections {
  readonly tls?: object
  readonly auth?: object
  readonly proxy?: object
}

const configText = ({ tls, auth, proxy: more }: Sections): string =>
  stringify({
    proxy: {
      name: 'own-tls',
      public_url: publicUrl,
      ...more,
      listen: { port: 0 },
      tls: { cert: join(folder.path, 'server.pem'), key: join(folder.path, 'server.key'), ...tls },
    },
    observability: { json_logs: true },
    ...(auth === undefined ? {} : { auth }),
    backends: [{ name: 'far', transport: 'http', url: remote.url }],
  })

const start = async (sections: Sections): Promise<RunningProxy> => {
  await folder.write('server.pem', server.certificate)
  await folder.write('server.key', server.key)
  await folder.write('clients.pem', authority.certificate)
  proxy = await startProxy(await folder.write('proxy.toml', configText(sections)))
  const { origin } = new URL(proxy.url)
  await eventually('the backend is up', async () => {
    const ready = await sendTo(origin, { path: '/ready', method: 'GET', tls: trusting() })
    return ready.status === 200
  })
  return proxy
}

const trusting = (shown?: Certified) => ({
  ca: authority.certificate,
  ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
})

/** The fetch of a client that shows this certificate. */
const fetchWith = (shown: Certified | undefined): typeof fetch => {
  const dispatcher = new Dispatcher({ connect: trusting(shown) })
  return ((url: URL, init: RequestInit) =>
    undiciFetch(url, { ...(init as object), dispatcher })) as unknown as typeof fetch
}

const derOf = ({ certificate }: Certified): Buffer =>
  Buffer.from(certificate.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')

interface Caller {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

interface Showing {
  readonly token: string
  readonly shown: Certified | undefined
}

const connectors: Readonly<Record<string, (by: Showing) => Promise<Caller>>> = {
  'SDK 1.x': async ({ token, shown }) => {
    const sdk = new Client1(identity)
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    const options = { requestInit, fetch: fetchWith(shown) }
    await sdk.connect(new Transport1(new URL(proxy!.url), options))
    return sdk
  },
  'SDK 2.x pinned to 2026-07-28': async ({ token, shown }) => {
    const sdk = new Client2(identity, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    const options = { requestInit, fetch: fetchWith(shown) }
    await sdk.connect(new StreamableHTTPClientTransport(new URL(proxy!.url), options))
    return sdk
  },
}

const mutual = (clientAuth: 'request' | 'require') => ({
  client_auth: clientAuth,
  client_ca: join(folder.path, 'clients.pem'),
})

describe.each(Object.entries(connectors))('%s over https', (_, connectAs) => {
  test('gets through with the certificate that its token is bound to, and with no other', async () => {
    await start({
      tls: mutual('request'),
      auth: {
        type: 'oauth',
        issuer: issuer.issuer,
        sender_constraint: 'mtls',
        sender_constraint_required: true,
      },
    })
    const token = await issuer.token({ resource: publicUrl, certificate: derOf(client) })
    const caller = await connectAs({ token, shown: client })
    const { tools } = await caller.listTools()
    expect(tools.map(({ name }) => name)).toContain('far__echo')
    const said = await caller.callTool({ name: 'far__echo', arguments: { text: 'hello' } })
    expect(said).toMatchObject({ content: [{ text: 'hello' }] })
    await caller.close()
    for (const shown of [otherClient, undefined]) {
      await expect(connectAs({ token, shown })).rejects.toThrow(/"pop-mtls"|HTTP 401/)
    }
    await eventually('both are logged', () => proxy!.log().split('"pop-mtls"').length > 2)
    const unbound = await issuer.token({ resource: publicUrl })
    await expect(connectAs({ token: unbound, shown: client })).rejects.toThrow(
      /"pop-mtls"|HTTP 401/,
    )
  })

  test('gets through where certificates are required, and not without one', async () => {
    const token = 'a-token-for-clients'
    await start({ tls: mutual('require'), auth: { type: 'bearer', tokens: [token] } })
    const caller = await connectAs({ token, shown: client })
    const said = await caller.callTool({ name: 'far__echo', arguments: { text: 'hello' } })
    expect(said).toMatchObject({ content: [{ text: 'hello' }] })
    await caller.close()
    await expect(connectAs({ token, shown: undefined })).rejects.toThrow(
      /"req-client-certificate"|HTTP 403/,
    )
    await eventually('it is logged', () => proxy!.log().includes('"req-client-certificate"'))
  })
})

/** The name in the certificate that new connections see. */
const shownName = async ({ url }: RunningProxy): Promise<string | undefined> => {
  const { port } = new URL(url)
  const socket = connect({ host: '127.0.0.1', port: Number(port), ...trusting() })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return [CN].flat()[0]
}

const soon = { timeout: 15_000 }

describe('files that change', () => {
  const at = (name: string): string => join(folder.path, name)

  /** A client whose one connection has to survive. */
  const staying = (running: RunningProxy) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let ports = new Set<number | undefined>()
    return {
      ask: async (): Promise<number> => {
        const { origin } = new URL(running.url)
        const { status } = await sendTo(origin, {
          path: '/health',
          method: 'GET',
          tls: { ...trusting(), agent },
          onHead: ({ socket }) => (ports = ports.add(socket.localPort)),
        })
        return status
      },
      connections: () => ports.size,
      end: () => agent.destroy(),
    }
  }

  const overwrite = async ({ certificate, key }: Certified) => {
    await writeFile(at('server.pem'), certificate)
    await writeFile(at('server.key'), key)
  }
  const renameOver = async ({ certificate, key }: Certified) => {
    for (const [name, text] of [
      ['server.pem', certificate],
      ['server.key', key],
    ] as const) {
      await writeFile(at(`${name}.new`), text)
      await rename(at(`${name}.new`), at(name))
    }
  }

  test.each([
    ['overwritten', overwrite],
    ['renamed into place', renameOver],
  ])('%s: the new certificate is shown, and open connections go on', async (_, change) => {
    const running = await start({})
    const steady = staying(running)
    expect([await steady.ask(), await shownName(running)]).toEqual([200, 'server'])
    await change(renewed)
    await expect.poll(() => shownName(running), soon).toBe('renewed')
    expect([await steady.ask(), steady.connections()]).toEqual([200, 1])
    steady.end()
    expect(running.log()).toContain('TLS files reloaded')
  })

  test('behind a link that is swapped, as a ConfigMap does it', async () => {
    const write = async (name: string, { certificate, key }: Certified) => {
      await mkdir(at(name), { recursive: true })
      await writeFile(join(at(name), 'tls.crt'), certificate)
      await writeFile(join(at(name), 'tls.key'), key)
    }
    await write('..first', server)
    await rm(at('..data'), { force: true })
    await symlink('..first', at('..data'))
    const tls = { cert: at('..data/tls.crt'), key: at('..data/tls.key') }
    const running = await start({ tls })
    expect(await shownName(running)).toBe('server')
    await write('..second', renewed)
    await symlink('..second', at('..data_tmp'))
    await rename(at('..data_tmp'), at('..data'))
    await expect.poll(() => shownName(running), soon).toBe('renewed')
  })

  test('at SIGHUP a bad file changes nothing and is reported; a good one is taken', async () => {
    const running = await start({})
    await writeFile(at('server.pem'), renewed.certificate)
    process.kill(running.pid, 'SIGHUP')
    await eventually('the refusal is logged', () =>
      /not reloaded.*is not the key of|is not the key of.*not reloaded/.test(running.log()),
    )
    expect(await shownName(running)).toBe('server')
    await writeFile(at('server.key'), renewed.key)
    process.kill(running.pid, 'SIGHUP')
    await expect.poll(() => shownName(running), soon).toBe('renewed')
    expect(running.log()).not.toContain('PRIVATE KEY')
  })
})

describe('serve --check and doctor', () => {
  const check = async (sections: Sections, files: Readonly<Record<string, string>>) => {
    for (const [name, content] of Object.entries(files)) await folder.write(name, content)
    const config = await folder.write('check.toml', configText(sections))
    return runCommandLine(['serve', '--check', '--config', config])
  }

  test('name the file and the cause where it cannot be used', async () => {
    const files = { 'server.pem': server.certificate, 'server.key': renewed.key }
    const { exitCode, stderr } = await check({}, files)
    expect(exitCode).toBe(2)
    const text = stderr.replaceAll(/\s+/g, ' ')
    expect(text).toContain('proxy.tls.key (')
    expect(text).toContain('is not the key of proxy.tls.cert')
    const gone = await check({ tls: { cert: join(folder.path, 'none.pem') } }, files)
    expect(gone.exitCode).toBe(2)
    expect(gone.stderr.replaceAll(/\s+/g, ' ')).toContain('none.pem cannot be read: no such file')
  })

  test('warn of an expired certificate, and show how clients have to come', async () => {
    const old = await authority.issue('old', 'server', { to: '20260101000000Z' })
    const files = {
      'server.pem': old.certificate,
      'server.key': old.key,
      'clients.pem': authority.certificate,
    }
    const { exitCode, stdout, stderr } = await check({ tls: mutual('require') }, files)
    expect(exitCode).toBe(0)
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('expired on 2026-01-01T00:00:00Z')
    expect(stdout).toContain('1.2 or newer; client certificates: required')
  })

  test('why, discover and validate --for reach it with --ca-file', async () => {
    const running = await start({ auth: { type: 'oauth', issuer: issuer.issuer } })
    const { origin, port } = new URL(running.url)
    const at = configText({ auth: { type: 'oauth', issuer: issuer.issuer } })
    const config = await folder.write('why.toml', at.replace('port = 0', `port = ${port}`))
    const ca = await folder.write('ca.pem', authority.certificate)
    const refused = await sendTo(origin, { tls: trusting(), body: {} })
    const id = String(refused.headers['x-request-id'])
    const why = await runCommandLine(['why', id, '--config', config, '--ca-file', ca])
    expect([why.stderr, why.exitCode]).toEqual(['', 0])
    expect(why.stdout).toContain('req-token-missing')
    const untrusting = await runCommandLine(['why', id, '--config', config])
    expect(untrusting.exitCode).toBe(3)
    const asked = ['discover', running.url, '--json', '--ca-file', ca]
    const { stdout } = await runCommandLine(asked)
    expect(JSON.parse(stdout)).toMatchObject({ command: 'discover' })
    expect(stdout).toContain(issuer.issuer)
    const token = await issuer.token({ resource: publicUrl })
    const judged = await runCommandLine(['validate', '--for', running.url, '--ca-file', ca, '-'], {
      stdin: token,
    })
    // Another URL than that of the metadata, as the port of this test is not in it: found all the same.
    expect(judged.stdout + judged.stderr).toContain(publicUrl)
  })

  test('doctor finds the proxy that runs at its address, over https', async () => {
    const running = await start({ proxy: {} })
    const { port } = new URL(running.url)
    const config = await folder.write(
      'doctor.toml',
      configText({}).replace('port = 0', `port = ${port}`),
    )
    const ca = await folder.write('ca.pem', authority.certificate)
    const { stdout } = await runCommandLine(['doctor', '--config', config, '--only', 'listen'], {
      env: { NODE_EXTRA_CA_CERTS: ca },
    })
    expect(stdout).toContain('a proxy runs there (ready)')
  })
})
