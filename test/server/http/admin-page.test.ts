import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'

const script = 'document.title = "x"'
const style = 'p{color:red}'
const html = `<!doctype html><style>${style}</style><script type="module">${script}</script>`

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-page-'))
  file = join(folder, 'index.html')
  await writeFile(file, html)
})
afterAll(() => rm(folder, { recursive: true }))

const running: TestProxy[] = []
const start = async (options: TestProxyOptions = {}) => {
  const proxy = await startTestProxy([scriptedBackend('a')], { page: file, ...options })
  running.push(proxy)
  return proxy
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((proxy) => proxy.close({ force: true })))
})

const get = (proxy: TestProxy, headers: Readonly<Record<string, string>> = {}, path = '/admin/') =>
  proxy.send({ path, method: 'GET', headers })

const digest = (text: string) => createHash('sha256').update(text).digest('base64')

describe('GET /admin/', () => {
  test('is the page, under a policy that knows its script and its style alone', async () => {
    const answer = await get(await start())
    expect([answer.status, answer.text]).toEqual([200, html])
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = String(answer.headers['content-security-policy']).split('; ')
    expect(policy).toContain(`script-src 'sha256-${digest(script)}'`)
    expect(policy).toContain(`style-src 'sha256-${digest(style)}'`)
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    )
    expect(policy.join()).not.toContain('unsafe')
  })

  test('is compressed for those who take that, and sent once', async () => {
    const proxy = await start()
    const tag = String((await get(proxy)).headers['etag'])
    expect((await get(proxy, { 'if-none-match': tag })).status).toBe(304)
    const refusing = await get(proxy, { 'accept-encoding': 'gzip;q=0' })
    expect(refusing.headers['content-encoding']).toBeUndefined()
    const response = await fetch(`${proxy.origin}/admin/`, {
      headers: { 'accept-encoding': 'gzip' },
    })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(await response.text()).toBe(html)
  })

  test('without a slash leads there, relative to where it is served', async () => {
    const answer = await get(await start(), {}, '/admin')
    expect([answer.status, answer.headers['location']]).toEqual([308, 'admin/'])
  })

  test('without admin tokens is for those alone who may read', async () => {
    const proxy = await start()
    const forwarded = await get(proxy, { 'x-forwarded-for': '203.0.113.9' })
    expect([forwarded.status, forwarded.text.includes('<script')]).toEqual([403, false])
    expect((await get(proxy, { host: 'evil.test' })).status).toBe(403)
  })

  test('with admin tokens is for everybody, and the API behind it is not', async () => {
    const proxy = await start({
      config: { security: { admin_tokens: [{ name: 'r', token: 'reader-000000000000001' }] } },
    })
    expect((await get(proxy, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(200)
    expect((await get(proxy, {}, '/admin/backends')).status).toBe(401)
  })

  test('where no page was built is nothing', async () => {
    const proxy = await start({ page: join(folder, 'none.html') })
    expect((await get(proxy)).status).toBe(404)
  })

  test('is read, not written to', async () => {
    const proxy = await start()
    expect((await proxy.send({ path: '/admin/', body: {} })).status).toBe(404)
  })
})
