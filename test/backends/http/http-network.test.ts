// Where an http backend cannot be reached because of what lies between, and what is said of it.
import { afterEach, expect, test } from 'vitest'
import { forwardProxies } from '../../../src/net/forward-proxy.ts'
import { openHttp, type HttpOptions } from '../../../src/net/http.ts'
import { createBackends } from '../../support/backends.ts'
import { startForwardProxy, type TestProxy } from '../../support/forward-proxy.ts'

const backends = createBackends()
const proxies: TestProxy[] = []
afterEach(async () => {
  await backends.closeAll()
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
})

const problemAt = async (transport: 'http' | 'sse', url: string, options: HttpOptions = {}) => {
  const http = openHttp(options)
  const backend = backends.open({ transport, url }, { http: () => Promise.resolve(http) })
  backend.start()
  const { problem } = await backend.untilHealth('down')
  return problem
}

test.each(['http', 'sse'] as const)(
  'a forward proxy that opens no tunnel is named as the cause (%s)',
  async (transport) => {
    const proxy = await startForwardProxy({ hosts: {} })
    proxies.push(proxy)
    const proxyFor = forwardProxies({ HTTPS_PROXY: proxy.url })
    expect(await problemAt(transport, 'https://mcp.example.test/mcp', { proxyFor })).toEqual({
      code: 'backend-unavailable',
      case: 'network',
      detail: `Backend test is not reachable: the proxy ${proxy.url}: it does not open a tunnel to that host (502)`,
    })
  },
)

test('a forward proxy that is gone is named as the cause', async () => {
  const proxy = await startForwardProxy({ hosts: {} })
  await proxy.close()
  const proxyFor = forwardProxies({ HTTPS_PROXY: proxy.url })
  const { detail } = await problemAt('http', 'https://mcp.example.test/mcp', { proxyFor })
  expect(detail).toContain(`the proxy ${proxy.url}: connection refused`)
})

test.each(['http://169.254.169.254/mcp', 'http://metadata.google.internal/mcp'])(
  'the metadata of a cloud is no backend, and that is said: %s',
  async (url) => {
    expect((await problemAt('http', url)).detail).toMatch(/cloud metadata/)
  },
)
