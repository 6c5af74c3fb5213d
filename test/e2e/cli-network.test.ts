// How the commands reach the network: authorities of one's own, and forward proxies, for real on loopback.
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchange } from '../../src/net/exchange.ts'
import { forwardProxies } from '../../src/net/forward-proxy.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import { createAuthority, type TestAuthority } from '../support/certificates.ts'
import {
  eventually,
  makeTempFolder,
  runCommandLine,
  startProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startForwardProxy, type TestProxy } from '../support/forward-proxy.ts'
import { goodKey } from '../support/hostile-server.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

/** A name that nobody resolves: who answers for it was asked through the proxy. */
const host = 'id.example.test'

let authority: TestAuthority
let server: Server
let plainServer: ScriptedServer
let folder: TempFolder
let caFile: string
let port: number

const documentOf = (origin: string) => ({
  issuer: origin,
  jwks_uri: `${origin}/jwks`,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  introspection_endpoint: `${origin}/introspect`,
})

beforeAll(async () => {
  folder = await makeTempFolder()
  authority = await createAuthority()
  const { certificate, key } = await authority.issue(host, 'server')
  server = createServer({ cert: certificate, key }, (request, response) => {
    const origin = `https://${request.headers.host}`
    const answers: Record<string, unknown> = {
      '/.well-known/oauth-authorization-server': documentOf(origin),
      '/jwks': { keys: [goodKey] },
      '/introspect': { active: false },
    }
    const answer = answers[request.url ?? '']
    request.resume()
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  caFile = await folder.write('authority.pem', `# ours\n${authority.certificate}`)
  plainServer = await startScriptedServer()
  plainServer.on('/.well-known/oauth-authorization-server', {
    body: documentOf(`http://${host}`),
  })
  plainServer.on('/jwks', { body: { keys: [goodKey] } })
})

afterAll(async () => {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
  await plainServer.close()
  await authority.close()
  await folder.remove()
})

const through = async <T>(
  options: Partial<Parameters<typeof startForwardProxy>[0]>,
  work: (proxy: TestProxy) => Promise<T>,
): Promise<T> => {
  const hosts = { [host]: port }
  const proxy = await startForwardProxy({ hosts, ...options })
  try {
    return await work(proxy)
  } finally {
    await proxy.close()
  }
}

describe('--ca-file', () => {
  const address = () => `https://127.0.0.1:${port}`

  test('without it the certificate is not trusted, with it it is', async () => {
    const without = await runCommandLine(['discover', address()])
    expect(without.exitCode).not.toBe(0)
    expect(without.stdout).toContain('certificate not trusted')
    expect(without.stderr).toContain('--ca-file <pem>')
    const trusted = await runCommandLine(['discover', address(), '--ca-file', caFile])
    expect(trusted.exitCode).toBe(0)
  })

  test('validate and introspect take it too', async () => {
    const env = { MCP_PROXY_CLIENT_SECRET: 'not-a-secret' }
    const flags = [`--issuer=${address()}`, '--audience=a', '--ca-file', caFile, '--json', '-']
    const token = { stdin: 'opaque-token-opaque-token', env }
    const asked = await runCommandLine(['introspect', '--client-id=c', ...flags], token)
    expect(asked.exitCode).toBe(1)
    expect(JSON.parse(asked.stdout)).toMatchObject({ answer: { active: false } })
    const judged = await runCommandLine(
      ['validate', '--strategy=introspection', '--client-id=c', ...flags],
      token,
    )
    expect(JSON.parse(judged.stdout)).toMatchObject({ verdict: 'rejected' })
  })

  test.each([
    ['no such file', () => path.join(folder.path, 'none.pem')],
    ['it contains no PEM certificate', () => folder.write('empty.pem', 'nothing here\n')],
    [
      'broken.pem:3: --ca-file: the certificate that begins here cannot be read',
      () =>
        folder.write(
          'broken.pem',
          '\n\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        ),
    ],
    ['it is a folder', () => folder.path],
  ])('%s: exit 2', async (words, file) => {
    const { exitCode, stderr } = await runCommandLine([
      'discover',
      address(),
      '--ca-file',
      await file(),
    ])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(words)
  })
})

describe('a forward proxy', () => {
  test('https goes through a tunnel, and that is said', async () => {
    await through({}, async (proxy) => {
      const { exitCode, stderr } = await runCommandLine(
        ['discover', `https://${host}`, '--ca-file', caFile],
        { env: { HTTPS_PROXY: proxy.url } },
      )
      expect(exitCode).toBe(0)
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${host}:443`]))
      expect(stderr).toBe(`asking through the proxy ${proxy.url} (HTTPS_PROXY)\n`)
    })
  })

  test('plain http is asked for by its whole URL', async () => {
    await through({ hosts: { [host]: plainServer.port } }, async (proxy) => {
      const { exitCode } = await runCommandLine(['discover', `http://${host}`, '--allow-http'], {
        env: { http_proxy: proxy.url },
      })
      expect(proxy.asked[0]).toBe(`GET http://${host}/.well-known/oauth-authorization-server`)
      expect(exitCode).toBe(1)
    })
  })

  test('loopback and NO_PROXY are asked directly', async () => {
    await through({}, async (proxy) => {
      const env = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, NO_PROXY: host }
      const local = await runCommandLine(
        ['discover', `https://127.0.0.1:${port}`, '--ca-file', caFile],
        { env },
      )
      expect(local.exitCode).toBe(0)
      const exempt = await runCommandLine(['discover', `https://${host}`], { env })
      expect(exempt.exitCode).toBe(3)
      expect(proxy.asked).toEqual([])
    })
  })

  test('its credentials are sent to it and shown to nobody', async () => {
    await through({ credentials: 'me:canary-p@ss' }, async (proxy) => {
      const url = proxy.url.replace('//', '//me:canary-p%40ss@')
      const finished = await runCommandLine(
        ['discover', `https://${host}`, '--ca-file', caFile, '--json'],
        { env: { HTTPS_PROXY: url } },
      )
      expect(finished.exitCode).toBe(0)
      const wrong = await runCommandLine(['discover', `https://${host}`, '--ca-file', caFile], {
        env: { HTTPS_PROXY: url.replace('canary-', 'canary-wrong-') },
      })
      expect(wrong.exitCode).toBe(3)
      expect(wrong.stdout).toContain('it wants credentials (407)')
      const told = finished.stdout + finished.stderr + wrong.stdout + wrong.stderr
      expect(told).not.toContain('canary')
    })
  })

  test('a proxy that is not there is at fault, not the server', async () => {
    const proxy = await startForwardProxy({ hosts: {} })
    const { url } = proxy
    await proxy.close()
    const { exitCode, stdout } = await runCommandLine(['discover', `https://${host}`], {
      env: { HTTPS_PROXY: url },
    })
    expect(exitCode).toBe(3)
    expect(stdout).toContain(`the proxy ${url}: connection refused`)
  })

  test('a host that it does not reach is named so', async () => {
    await through({}, async (proxy) => {
      const { stdout } = await runCommandLine(['discover', 'https://other.example.test'], {
        env: { HTTPS_PROXY: proxy.url },
      })
      expect(stdout).toContain('it does not open a tunnel to that host (502)')
    })
  })

  test('one that never answers holds nobody longer than the time allowed', async () => {
    await through({ silent: true }, async (proxy) => {
      const { exitCode } = await runCommandLine(['discover', `https://${host}`, '--timeout=1'], {
        env: { HTTPS_PROXY: proxy.url },
      })
      expect(exitCode).toBe(3)
    })
  })

  test.each([
    'https://169.254.169.254/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://0xa9fea9fe/',
    'https://metadata.google.internal/',
  ])('the guard holds in front of it: %s', async (url) => {
    await through({}, async (proxy) => {
      const proxyFor = forwardProxies({ HTTPS_PROXY: proxy.url })
      const { fault } = await exchange({ url }, systemPorts({}, { proxyFor }))
      expect(fault?.kind).toBe('address')
      expect(proxy.asked).toEqual([])
    })
  })

  test('serve goes the same way, and says so', async () => {
    await through({}, async (proxy) => {
      const config = await folder.write(
        'proxy.toml',
        stringify({
          proxy: { name: 'behind', listen: { port: 0 } },
          auth: {
            type: 'oauth',
            issuer: `https://${host}`,
            audience: 'https://mcp.example.com/mcp',
          },
          backends: [{ name: 'closed', transport: 'http', url: 'http://127.0.0.1:9/mcp' }],
        }),
      )
      const running = await startProxy(config, {
        env: { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: caFile },
      })
      try {
        await eventually('it has asked', () => proxy.asked.length > 0 || undefined)
        expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${host}:443`]))
        await eventually(
          'it has said so',
          () => running.log().includes(`asking through the proxy ${proxy.url}`) || undefined,
        )
      } finally {
        await running.stop()
      }
    })
  })

  test('a variable that names no proxy: exit 2, its value not repeated', async () => {
    const { exitCode, stderr } = await runCommandLine(['discover', `https://${host}`], {
      env: { HTTPS_PROXY: 'socks5://canary@proxy.example' },
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('HTTPS_PROXY')
    expect(stderr).not.toContain('canary')
  })
})
