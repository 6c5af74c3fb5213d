// The proxy behind its own TLS: what clients see, whom it lets in by certificate, and what goes on when the files change.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Reply } from '../../../src/mcp/call.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../support/authorization-server.ts'
import { httpLimits } from '../../../src/server/http/listen.ts'
import { createAuthority, type Certified, type TestAuthority } from '../../support/certificates.ts'
import { configOf, startTestProxy, type Received, type TestProxy } from '../../support/proxy.ts'
import { openSocket, sendRaw } from '../../support/raw-http.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { gate } from '../../support/scripted-server.ts'

let folder: string
let authority: TestAuthority
let stranger: TestAuthority
let server: Certified
let renewed: Certified
let client: Certified
let otherClient: Certified
let strangeClient: Certified

const at = (name: string): string => join(folder, name)
const files = { cert: 'server.pem', key: 'server.key', client_ca: 'clients.pem' }

const writeServer = async ({ certificate, key }: Certified): Promise<void> => {
  await writeFile(at(files.cert), certificate)
  await writeFile(at(files.key), key)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-tls-'))
  authority = await createAuthority()
  stranger = await createAuthority('stranger')
  server = await authority.issue('server', 'server')
  renewed = await authority.issue('renewed', 'server', { to: '20400101000000Z' })
  client = await authority.issue('client')
  otherClient = await authority.issue('other')
  strangeClient = await stranger.issue('strange')
})
afterAll(async () => {
  await Promise.all([authority.close(), stranger.close()])
  await rm(folder, { recursive: true, force: true })
})

const running: TestProxy[] = []
afterEach(async () => {
  for (const proxy of running.splice(0)) await proxy.close({ force: true })
})

const done = { content: [{ type: 'text', text: 'done' }] }
const backendWith = (answer: () => Reply | Promise<Reply> = () => result(done)) => {
  const backend = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't' }] },
    'tools/call': answer,
  })
  backend.up()
  return backend
}
const call = { name: 'a__t' }

interface Wanted {
  readonly tls?: object
  readonly proxy?: object
  readonly auth?: object
  readonly security?: object
  readonly limits?: Partial<typeof httpLimits>
  readonly answer?: () => Reply | Promise<Reply>
}

const tlsConfig = (more: object = {}) => ({
  cert: at(files.cert),
  key: at(files.key),
  ...('client_auth' in more ? { client_ca: at(files.client_ca) } : {}),
  ...more,
})

const sectionsOf = ({ tls, proxy, auth, security }: Wanted) => ({
  proxy: { ...proxy, tls: tlsConfig(tls) },
  ...(auth === undefined ? {} : { auth }),
  ...(security === undefined ? {} : { security }),
})

const start = async (wanted: Wanted = {}): Promise<TestProxy> => {
  await writeServer(server)
  await writeFile(at(files.client_ca), authority.certificate)
  const proxy = await startTestProxy([backendWith(wanted.answer)], {
    config: sectionsOf(wanted),
    tls: { ca: authority.certificate },
    limits: { ...httpLimits, ...wanted.limits },
  })
  running.push(proxy)
  return proxy
}

/** As a client that trusts our authority, and shows this certificate. */
const showing = (shown?: Certified) => ({
  ca: authority.certificate,
  ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
})

const codeOf = (received: Received): unknown => received.json().error?.data?.code
const messageOf = (received: Received): unknown => received.json().error?.message

/** Handshake alone; rejects where there is none. */
const handshake = async (proxy: TestProxy, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const { port } = proxy.address
  const socket = connect({ host: '127.0.0.1', port, ...showing(), ...options })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** Without the line that names the client which was refused five times as one that loops. */
const refusals = (proxy: TestProxy, code: string) =>
  proxy.logged().filter((line) => line['code'] === code && line['event'] !== 'loop')

describe('a listener with TLS', () => {
  test('serves both eras over HTTPS, and every URL that it gives begins with https', async () => {
    const proxy = await start({
      auth: {
        type: 'jwt',
        issuer: 'https://id.acme.test',
        jwks_uri: 'https://id.acme.test/jwks',
      },
    })
    expect(proxy.url).toBe(`https://127.0.0.1:${proxy.address.port}/mcp`)
    const refused = await proxy.modern('tools/list')
    expect(refused.status).toBe(401)
    const { origin } = new URL(proxy.url)
    expect(refused.headers['www-authenticate']).toContain(
      `resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`,
    )
    const path = '/.well-known/oauth-protected-resource/mcp'
    const metadata = await proxy.send({ path, method: 'GET' })
    expect(metadata.json()).toMatchObject({ resource: proxy.url })
  })

  test('answers calls in both eras', async () => {
    const proxy = await start()
    expect((await proxy.modern('tools/call', call)).json().result.content).toEqual(done.content)
    const session = await proxy.session()
    expect((await session.call('tools/call', call)).json().result.content).toEqual(done.content)
  })

  test('speaks HTTP/1.1 and nothing older than TLS 1.2', async () => {
    const proxy = await start()
    const socket = await handshake(proxy, { ALPNProtocols: ['h2', 'http/1.1'] })
    expect([socket.alpnProtocol, socket.getProtocol()]).toEqual(['http/1.1', 'TLSv1.3'])
    socket.destroy()
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
    await expect(handshake(proxy, old)).rejects.toThrow(/protocol version/)
  })

  test('with min_version = "1.3" a client of TLS 1.2 gets no handshake, and the log says why', async () => {
    const proxy = await start({ tls: { min_version: '1.3' } })
    await expect(handshake(proxy, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/)
    await expect.poll(() => refusals(proxy, 'req-tls')).toHaveLength(1)
    expect(refusals(proxy, 'req-tls')[0]?.['detail']).toContain('unsupported protocol')
  })

  test('the admin surface answers loopback callers over TLS as it does without', async () => {
    const proxy = await start()
    expect((await proxy.send({ path: '/admin/backends', method: 'GET' })).status).toBe(200)
  })
})

describe('peers that do not speak TLS', () => {
  test('plain HTTP is answered in plain HTTP with what to do, and logged once', async () => {
    const proxy = await start()
    const answer = await sendRaw(proxy.origin, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(answer.status).toBe(400)
    expect(answer.head).toContain('connection: close')
    expect(JSON.parse(answer.body)).toMatchObject({
      error: { message: 'Plain HTTP was sent to an HTTPS port', data: { code: 'req-tls' } },
    })
    expect(answer.body).toContain('begin the URL with https://')
    expect(refusals(proxy, 'req-tls')).toHaveLength(1)
  })

  test('garbage is ended without an answer, and logged once', async () => {
    const proxy = await start()
    const answer = await sendRaw(proxy.origin, 'x'.repeat(200))
    expect(answer.status).toBe(0)
    await expect.poll(() => refusals(proxy, 'req-tls')).toHaveLength(1)
    const id = refusals(proxy, 'req-tls')[0]?.['request_id']
    const why = await proxy.send({ path: `/admin/decisions/${String(id)}`, method: 'GET' })
    expect(why.json().decisions).toMatchObject([
      { code: 'req-tls', caller: { address: '127.0.0.1' } },
    ])
  })

  test('one that connects and leaves, as health checks do, is not logged', async () => {
    const proxy = await start()
    const socket = await openSocket(proxy.origin)
    socket.end()
    await once(socket, 'close')
    expect((await proxy.send({ path: '/health', method: 'GET' })).status).toBe(200)
    expect(refusals(proxy, 'req-tls')).toEqual([])
  })

  test('a handshake that does not complete in time is ended, and logged once', async () => {
    const proxy = await start({ limits: { handshakeTimeout: 40 } })
    const [slow, silent] = [await openSocket(proxy.origin), await openSocket(proxy.origin)]
    // The beginning of a record that never comes whole.
    slow.write(Buffer.from([22, 3, 1, 2, 0, 1]))
    const ends = [slow, silent].map((socket) => {
      socket.resume()
      return once(socket, 'close')
    })
    await Promise.all(ends)
    await expect.poll(() => refusals(proxy, 'req-tls')).toHaveLength(1)
    expect(refusals(proxy, 'req-tls')[0]?.['detail']).toContain('did not complete in time')
  })

  test('one that shakes hands and then says nothing is ended, and not logged', async () => {
    const proxy = await start({ limits: { headersTimeout: 60, connectionsCheckingInterval: 10 } })
    const socket = await handshake(proxy)
    socket.resume()
    await once(socket, 'close')
    expect(refusals(proxy, 'req-timeout')).toEqual([])
  })

  test('handshakes that never end count as connections, and make room for others', async () => {
    const proxy = await start({ proxy: { max_connections: 2 } })
    const silent = [await openSocket(proxy.origin), await openSocket(proxy.origin)]
    const ended = once(silent[0]!, 'close')
    silent[0]!.resume()
    expect((await proxy.send({ path: '/health', method: 'GET' })).status).toBe(200)
    await ended
    for (const socket of silent) socket.destroy()
  })

  test('beyond max_connections of busy connections a newcomer is dropped, and logged', async () => {
    const release = gate()
    let calls = 0
    const proxy = await start({
      proxy: { max_connections: 1 },
      answer: async () => {
        calls += 1
        await release.opened
        return result(done)
      },
    })
    const busy = proxy.modern('tools/call', call)
    await expect.poll(() => calls).toBe(1)
    await expect(handshake(proxy)).rejects.toThrow(/ECONNRESET|disconnected/)
    expect(refusals(proxy, 'limit-connections')).toHaveLength(1)
    release.open()
    expect((await busy).status).toBe(200)
  })

  test('the end of the proxy does not wait for an unfinished handshake', async () => {
    const proxy = await start()
    const socket = await openSocket(proxy.origin)
    socket.resume()
    const ended = once(socket, 'close')
    await proxy.close()
    await ended
    expect(socket.closed).toBe(true)
  })
})

describe('client_auth = "require"', () => {
  const required = { tls: { client_auth: 'require' } }

  test('a certificate of an authority in client_ca opens the endpoint', async () => {
    const proxy = await start(required)
    expect((await proxy.modern('tools/list', {}, { tls: showing(client) })).status).toBe(200)
  })

  test.each<[string, () => Certified | undefined, string]>([
    ['no certificate', () => undefined, 'the TLS connection brought no certificate'],
    [
      'a certificate of another authority',
      () => strangeClient,
      'the client certificate is not accepted: its authority is not in proxy.tls.client_ca',
    ],
    [
      'the certificate of a server',
      () => renewed,
      'the client certificate is not accepted: it is not for TLS clients',
    ],
  ])('%s is refused everywhere but at health and readiness', async (_, shown, why) => {
    const proxy = await start(required)
    const tls = showing(shown())
    const refused = await proxy.modern('tools/list', {}, { tls })
    expect([refused.status, codeOf(refused), messageOf(refused)]).toEqual([
      403,
      'req-client-certificate',
      `A client certificate is required: ${why}`,
    ])
    expect(refused.headers['www-authenticate']).toBeUndefined()
    expect(refused.headers.connection).toBe('close')
    for (const path of ['/mcp', '/admin/backends', '/.well-known/oauth-protected-resource', '/x']) {
      const answer = await proxy.send({ path, method: 'GET', tls })
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 403, 'req-client-certificate'])
    }
    for (const path of ['/health', '/ready']) {
      expect((await proxy.send({ path, method: 'GET', tls })).status).toBe(200)
    }
    expect(refusals(proxy, 'req-client-certificate').length).toBe(5)
  })

  test('a preflight, with which browsers show no certificate, is answered', async () => {
    const proxy = await start({ ...required, security: { allowed_origins: ['https://a.test'] } })
    const headers = { origin: 'https://a.test' }
    expect((await proxy.send({ method: 'OPTIONS', headers })).status).toBe(204)
  })

  test('a session that was begun without a certificate cannot be resumed into one', async () => {
    const proxy = await start(required)
    const sessions: Buffer[] = []
    const first = await handshake(proxy, { maxVersion: 'TLSv1.3' })
    first.on('session', (session) => sessions.push(session))
    first.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(first, 'data')
    first.destroy()
    for (const session of sessions) {
      const second = await handshake(proxy, { session })
      expect(second.isSessionReused()).toBe(false)
      second.destroy()
    }
    const refused = await proxy.modern('tools/list', {}, { tls: showing() })
    expect(refused.status).toBe(403)
  })

  test('a session of TLS 1.2 is not resumed either', async () => {
    const proxy = await start(required)
    const first = await handshake(proxy, { maxVersion: 'TLSv1.2', ...showing(client) })
    const session = first.getSession()
    first.destroy()
    const second = await handshake(proxy, {
      maxVersion: 'TLSv1.2',
      ...(session === undefined ? {} : { session }),
    })
    expect(second.isSessionReused()).toBe(false)
    second.destroy()
  })
})

describe('tokens that are bound to a certificate', () => {
  const publicUrl = 'https://127.0.0.1/mcp'
  let issuer: AuthorizationServer
  beforeAll(async () => {
    issuer = await startAuthorizationServer()
  })
  afterAll(() => issuer.close())

  const derOf = ({ certificate }: Certified): Buffer =>
    Buffer.from(certificate.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const headerOf = (shown: Certified) => derOf(shown).toString('base64')

  const begin = (more: { auth?: object; security?: object; tls?: object } = {}) =>
    start({
      tls: { client_auth: 'request', ...more.tls },
      auth: {
        type: 'oauth',
        issuer: issuer.issuer,
        audience: publicUrl,
        sender_constraint: 'mtls',
        ...more.auth,
      },
      ...(more.security === undefined ? {} : { security: more.security }),
    })
  const ask = async (
    proxy: TestProxy,
    shown: Certified | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<[number, unknown]> => {
    const token = await issuer.token({ resource: publicUrl, certificate: derOf(client) })
    const answer = await proxy.modern('tools/list', {}, { token, tls: showing(shown), headers })
    return [answer.status, answer.status === 200 ? undefined : codeOf(answer)]
  }

  test('count with the certificate of their own connection alone', async () => {
    const proxy = await begin()
    expect(await ask(proxy, client)).toEqual([200, undefined])
    expect(await ask(proxy, otherClient)).toEqual([401, 'pop-mtls'])
    expect(await ask(proxy, undefined)).toEqual([401, 'pop-mtls'])
  })

  test('a certificate that client_ca does not know proves nothing', async () => {
    const proxy = await begin()
    const token = await issuer.token({ resource: publicUrl, certificate: derOf(strangeClient) })
    const refused = await proxy.modern('tools/list', {}, { token, tls: showing(strangeClient) })
    expect([refused.status, codeOf(refused)]).toEqual([401, 'pop-mtls'])
    expect(refusals(proxy, 'pop-mtls')[0]?.['detail']).toContain('not in proxy.tls.client_ca')
  })

  test('without client_ca any certificate proves that its key is there (RFC 8705 section 2.2)', async () => {
    const proxy = await begin({ tls: { client_ca: undefined } })
    const token = await issuer.token({ resource: publicUrl, certificate: derOf(strangeClient) })
    const shown = await proxy.modern('tools/list', {}, { token, tls: showing(strangeClient) })
    expect(shown.status).toBe(200)
    expect(await ask(proxy, strangeClient)).toEqual([401, 'pop-mtls'])
  })

  test('the connection is judged with each request, not the token alone', async () => {
    const proxy = await begin()
    const agents = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true })]
    const token = await issuer.token({ resource: publicUrl, certificate: derOf(client) })
    const via = (agent: Agent | undefined, shown: Certified) =>
      proxy.modern('tools/list', {}, { token, tls: { ...showing(shown), agent: agent! } })
    expect((await via(agents[0], client)).status).toBe(200)
    expect((await via(agents[1], otherClient)).status).toBe(401)
    expect((await via(agents[0], client)).status).toBe(200)
    for (const agent of agents) agent.destroy()
  })

  test('a header from a peer that is not listed is ignored, whatever it contains', async () => {
    const proxy = await begin({
      auth: { client_cert_header: 'Client-Cert' },
      security: { trusted_proxies: ['10.0.0.1'] },
    })
    const forged = { 'client-cert': headerOf(client) }
    expect(await ask(proxy, otherClient, forged)).toEqual([401, 'pop-mtls'])
    expect(await ask(proxy, undefined, forged)).toEqual([401, 'pop-mtls'])
    expect(await ask(proxy, client, { 'client-cert': headerOf(otherClient) })).toEqual([
      200,
      undefined,
    ])
  })

  test('a listed peer speaks for its callers by the header, and never by its own certificate', async () => {
    const proxy = await begin({
      auth: { client_cert_header: 'Client-Cert' },
      security: { trusted_proxies: ['127.0.0.1'] },
    })
    expect(await ask(proxy, otherClient, { 'client-cert': headerOf(client) })).toEqual([
      200,
      undefined,
    ])
    expect(await ask(proxy, client)).toEqual([401, 'pop-mtls'])
    expect(await ask(proxy, client, { 'client-cert': headerOf(otherClient) })).toEqual([
      401,
      'pop-mtls',
    ])
  })
})

describe('files that change', () => {
  const nameOf = async (proxy: TestProxy): Promise<string | undefined> => {
    const socket = await handshake(proxy)
    const { CN } = socket.getPeerCertificate().subject
    socket.destroy()
    return [CN].flat()[0]
  }

  const expiryOf = async (proxy: TestProxy): Promise<number> => {
    const { text } = await proxy.send({ path: '/admin/metrics', method: 'GET' })
    const line = /^mcp_proxy_tls_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text)
    return Number(line?.[1])
  }
  const validToOf = ({ certificate }: Certified): string => new X509Certificate(certificate).validTo

  test('a new certificate is shown from now on; connections and calls go on', async () => {
    const release = gate()
    let calls = 0
    const proxy = await start({
      answer: async () => {
        calls += 1
        await release.opened
        return result(done)
      },
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const tls = { ...showing(), agent }
    const slow = proxy.modern('tools/call', call, { tls })
    await expect.poll(() => calls).toBe(1)
    expect(await nameOf(proxy)).toBe('server')
    expect(await expiryOf(proxy)).toBe(Date.parse(validToOf(server)) / 1000)
    await writeServer(renewed)
    const { changes } = await proxy.renewCertificates()
    expect(changes.map(({ key }) => key)).toEqual(['proxy.tls.cert', 'proxy.tls.key'])
    expect(await nameOf(proxy)).toBe('renewed')
    expect(await expiryOf(proxy)).toBe(Date.parse(validToOf(renewed)) / 1000)
    release.open()
    expect((await slow).json().result.content).toEqual(done.content)
    expect((await proxy.modern('tools/list', {}, { tls })).status).toBe(200)
    agent.destroy()
  })

  test('files that did not change are not used again', async () => {
    const proxy = await start()
    expect(await proxy.renewCertificates()).toEqual({ changes: [], warnings: [] })
  })

  test('a bad file changes nothing, and a good one afterwards is used', async () => {
    const proxy = await start()
    await writeFile(at(files.cert), renewed.certificate)
    await expect(proxy.renewCertificates()).rejects.toThrow(UsageError)
    expect(await nameOf(proxy)).toBe('server')
    await writeFile(at(files.key), renewed.key)
    await proxy.renewCertificates()
    expect(await nameOf(proxy)).toBe('renewed')
  })

  test('what a connection showed under other authorities does not count any more', async () => {
    const release = gate()
    let calls = 0
    const proxy = await start({
      tls: { client_auth: 'require' },
      answer: async () => {
        calls += 1
        await release.opened
        return result(done)
      },
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const tls = { ...showing(client), agent }
    const slow = proxy.modern('tools/call', call, { tls })
    await expect.poll(() => calls).toBe(1)
    await writeFile(at(files.client_ca), stranger.certificate)
    await proxy.renewCertificates()
    const next = proxy.modern('tools/list', {}, { tls })
    release.open()
    expect((await slow).status).toBe(200)
    const refused = await next
    expect([refused.status, messageOf(refused)]).toEqual([
      403,
      'A client certificate is required: the connection is older than proxy.tls.client_ca: connect again',
    ])
    expect(refused.headers.connection).toBe('close')
    agent.destroy()
    const ask = async (shown: Certified) =>
      (await proxy.modern('tools/list', {}, { tls: showing(shown) })).status
    expect([await ask(client), await ask(strangeClient)]).toEqual([403, 200])
  })

  test('TLS cannot be turned on or off at an address that is listened on', async () => {
    const proxy = await start()
    const plain = configOf(['a'])
    await expect(proxy.replace(plain)).rejects.toThrow('proxy.tls.client_auth: cannot change')
    const asking = configOf(['a'], sectionsOf({ tls: { client_auth: 'require' } }))
    await expect(proxy.replace(asking)).rejects.toThrow('proxy.tls.client_auth: cannot change')
    expect((await proxy.modern('tools/list')).status).toBe(200)
  })

  test('another configuration brings its own files with it', async () => {
    const proxy = await start()
    await writeFile(at('next.pem'), renewed.certificate)
    await writeFile(at('next.key'), renewed.key)
    const tls = { cert: at('next.pem'), key: at('next.key') }
    await proxy.replace(configOf(['a'], sectionsOf({ tls })))
    expect(await nameOf(proxy)).toBe('renewed')
  })
})
