// WebSocket goes where HTTP goes: authorities of one's own, forward proxies, and the addresses that nobody is asked at.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { forwardProxies } from '../../../src/net/forward-proxy.ts'
import type { HttpOptions } from '../../../src/net/http.ts'
import { createSocketOpener } from '../../../src/net/socket.ts'
import { createBackends } from '../../support/backends.ts'
import { createAuthority, type TestAuthority } from '../../support/certificates.ts'
import {
  startForwardProxy,
  type TestProxy,
  type TestProxyOptions,
} from '../../support/forward-proxy.ts'
import { startScriptedSocket, type ScriptedSocket } from '../../support/scripted-socket.ts'

const host = 'mcp.example.test'

let authority: TestAuthority
let secure: ScriptedSocket
let plain: ScriptedSocket
beforeAll(async () => {
  authority = await createAuthority()
  secure = await startScriptedSocket({ identity: await authority.issue(host, 'server') })
  plain = await startScriptedSocket()
})
afterAll(async () => {
  await Promise.all([secure.close(), plain.close(), authority.close()])
})

const backends = createBackends()
const proxies: TestProxy[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
})

const openAt = (url: string, options: HttpOptions = {}) => {
  const socket = createSocketOpener(options)
  const backend = backends.open(
    { transport: 'websocket', url, bearer_token: 'backend-credential' },
    { socket },
  )
  backend.start()
  return backend
}
const trusting = () => ({ authorities: authority.certificate })

const through = async (options: Partial<TestProxyOptions> = {}, user = '') => {
  const proxy = await startForwardProxy({
    hosts: { [host]: secure.port, 'plain.example.test': plain.port },
    ...options,
  })
  proxies.push(proxy)
  const address = proxy.url.replace('//', `//${user}`)
  const told: string[] = []
  const proxyFor = forwardProxies({ HTTPS_PROXY: address, HTTP_PROXY: address })
  return {
    proxy,
    told,
    http: { proxyFor, onProxy: ({ shown }: { shown: string }) => told.push(shown) },
  }
}

describe('TLS', () => {
  test('by an authority of our own', async () => {
    await openAt(secure.url, trusting()).untilHealth('up')
    expect(secure.handshakes.at(-1)?.headers.authorization).toBe('Bearer backend-credential')
  })

  test('by an authority that nobody trusts is refused before anything is said', async () => {
    const before = secure.handshakes.length
    const { problem } = await openAt(secure.url).untilHealth('down')
    expect(problem.code).toBe('backend-unavailable')
    expect(problem.detail).toMatch(/UNABLE_TO|SELF_SIGNED/)
    expect(secure.handshakes).toHaveLength(before)
  })
})

describe('a forward proxy', () => {
  test('opens a tunnel, in which TLS is spoken with the server', async () => {
    const { proxy, told, http } = await through()
    await openAt(`wss://${host}/mcp`, { ...http, ...trusting() }).untilHealth('up')
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${host}:443`]))
    expect(told).toEqual([proxy.url])
  })

  test('opens a tunnel for what is not encrypted as well', async () => {
    const { proxy, http } = await through()
    await openAt('ws://plain.example.test/mcp', http).untilHealth('up')
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT plain.example.test:80']))
  })

  test('gets its credentials, which nobody else does', async () => {
    const { http } = await through({ credentials: 'user:pass' }, 'user:pass@')
    await openAt('ws://plain.example.test/mcp', http).untilHealth('up')
    expect(plain.handshakes.at(-1)?.headers['proxy-authorization']).toBeUndefined()
  })

  test.each([
    ['wants credentials', { credentials: 'user:pass' }, 'it wants credentials (407)'],
    ['does not know the host', { hosts: {} }, 'it does not open a tunnel to that host (502)'],
  ])('that %s is named as the cause', async (_title, options, why) => {
    const { proxy, http } = await through(options)
    const { problem } = await openAt('ws://plain.example.test/mcp', http).untilHealth('down')
    expect(problem).toEqual({
      code: 'backend-unavailable',
      case: 'network',
      detail: `Backend test is not reachable: the proxy ${proxy.url}: ${why}`,
    })
  })

  test('that is gone is named as the cause', async () => {
    const { proxy, http } = await through()
    await proxy.close()
    const { problem } = await openAt(`wss://${host}/mcp`, http).untilHealth('down')
    expect(problem.detail).toContain(`the proxy ${proxy.url}: connection refused`)
  })

  test('is not asked for this machine', async () => {
    const { proxy, http } = await through()
    await openAt(plain.url, http).untilHealth('up')
    expect(proxy.asked).toEqual([])
  })
})

test.each(['ws://169.254.169.254/mcp', 'ws://metadata.google.internal/mcp'])(
  'the metadata of a cloud is no backend: %s',
  async (url) => {
    const { problem } = await openAt(url).untilHealth('down')
    expect(problem.detail).toMatch(/cloud metadata/)
  },
)
