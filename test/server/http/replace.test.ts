// Another configuration under live calls: what has not changed goes on, and no call is lost.
import { afterEach, describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/problems/usage-error.ts'
import type { Reply } from '../../../src/mcp/call.ts'
import { configOf, sendTo, startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'

const open: TestProxy[] = []
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.close({ force: true })
})

const started = async (...parameters: Parameters<typeof startTestProxy>) => {
  const proxy = await startTestProxy(...parameters)
  open.push(proxy)
  return proxy
}

const withTool = (name: string, answer: () => Reply | Promise<Reply>) =>
  scriptedBackend(name, {
    'tools/list': { tools: [{ name: 'work', inputSchema: { type: 'object' } }] },
    'tools/call': answer,
  })

const done = (text: string): Reply => result({ content: [{ type: 'text', text }] })

/** A tool that answers when the test lets it. */
const held = (name: string) => {
  const waiting: (() => void)[] = []
  const backend = withTool(
    name,
    () => new Promise((resolve) => waiting.push(() => resolve(done(name)))),
  )
  return {
    backend,
    /** Resolves when so many calls wait. */
    calls: (count: number) => expect.poll(() => waiting.length).toBe(count),
    release: () => {
      for (const one of waiting.splice(0)) one()
    },
  }
}

const texts = (answers: readonly { json(): unknown }[]) =>
  answers.map((answer) => {
    const { result: got } = answer.json() as {
      result?: { content: readonly { text: string }[] }
    }
    return got?.content[0]?.text
  })

const work = (backend: string) => ({ name: `${backend}__work`, arguments: {} })

describe('a configuration that is replaced under live calls', () => {
  test('loses no call of either era, and serves its new backend from the next request on', async () => {
    const a = held('a')
    const b = withTool('b', () => done('b'))
    const proxy = await started([a.backend], { later: [b] })
    const sessions = await Promise.all(Array.from({ length: 32 }, () => proxy.session()))
    const calls = [
      ...sessions.map((session) => session.call('tools/call', work('a'))),
      ...Array.from({ length: 32 }, () => proxy.modern('tools/call', work('a'))),
    ]
    await a.calls(64)
    await proxy.replace(configOf(['a', 'b'], { proxy: { instructions: 'changed' } }))
    expect(texts([await proxy.modern('tools/call', work('b'))])).toEqual(['b'])
    a.release()
    expect(new Set(texts(await Promise.all(calls)))).toEqual(new Set(['a']))
    const again = Promise.all(sessions.map((session) => session.call('tools/call', work('a'))))
    await a.calls(32)
    a.release()
    expect(new Set(texts(await again))).toEqual(new Set(['a']))
    expect(a.backend.closed).toBe(false)
  })

  test('closes a backend that it no longer names, after the calls there have ended', async () => {
    const a = held('a')
    const b = withTool('b', () => done('b'))
    const proxy = await started([a.backend, b])
    const call = proxy.modern('tools/call', work('a'))
    await a.calls(1)
    await proxy.replace(configOf(['b']))
    const unknown = await proxy.modern('tools/call', work('a'))
    expect(unknown.json()).toMatchObject({ error: { data: { code: 'name-unknown' } } })
    expect(a.backend.closed).toBe(false)
    a.release()
    expect(texts([await call])).toEqual(['a'])
    await expect.poll(() => a.backend.closed).toBe(true)
    expect(b.closed).toBe(false)
  })

  test('refuses a token that it no longer lists from the next request on', async () => {
    const a = withTool('a', () => done('a'))
    const auth = (token: string) => ({ type: 'bearer', tokens: [token] })
    const proxy = await started([a], { config: { auth: auth('first-token') } })
    const by = (token: string) => proxy.modern('tools/call', work('a'), { token })
    expect((await by('first-token')).status).toBe(200)
    await proxy.replace(configOf(['a'], { auth: auth('second-token') }))
    expect((await by('first-token')).status).toBe(401)
    expect((await by('second-token')).status).toBe(200)
    expect(a.closed).toBe(false)
  })

  test('keeps what a limit has counted where the limit is the same', async () => {
    const a = withTool('a', () => done('a'))
    const b = withTool('b', () => done('b'))
    const proxy = { rate_limit: { requests: 2, period_seconds: 3600 } }
    const running = await started([a], { config: { proxy }, later: [b] })
    expect((await running.modern('tools/call', work('a'))).status).toBe(200)
    expect((await running.modern('tools/call', work('a'))).status).toBe(200)
    await running.replace(configOf(['a', 'b'], { proxy: { ...proxy, listen: { port: 0 } } }))
    expect((await running.modern('tools/call', work('a'))).status).toBe(429)
  })

  test('keeps what a limit has counted while the log and the decisions change', async () => {
    const a = withTool('a', () => done('a'))
    const proxy = { rate_limit: { requests: 1, period_seconds: 3600 } }
    const running = await started([a], { config: { proxy } })
    expect((await running.modern('tools/call', work('a'))).status).toBe(200)
    const observability = { log_level: 'silent', decisions: { keep: 5 }, client_address: 'none' }
    const listening = { ...proxy, listen: { port: 0 } }
    await running.replace(configOf(['a'], { proxy: listening, observability }))
    expect((await running.modern('tools/call', work('a'))).status).toBe(429)
  })

  test('changes nothing where it cannot be used', async () => {
    const a = withTool('a', () => done('a'))
    const proxy = await started([a])
    const auth = {
      type: 'oauth',
      issuer: 'https://id.acme.test',
      token_validation: 'introspection',
      client_id: 'c',
      client_auth: 'private_key_jwt',
      client_key: '-----BEGIN PRIVATE KEY-----\nnot a key\n-----END PRIVATE KEY-----',
    }
    const refused = configOf(['a'], { auth })
    await expect(proxy.replace(refused)).rejects.toThrow(UsageError)
    expect(texts([await proxy.modern('tools/call', work('a'))])).toEqual(['a'])
    expect(a.closed).toBe(false)
  })

  test('goes on from one configuration to the next, 50 times, and ends what is left', async () => {
    const a = withTool('a', () => done('a'))
    const b = withTool('b', () => done('b'))
    const proxy = await started([a], { later: [b] })
    const session = await proxy.session()
    for (let round = 0; round < 50; round += 1) {
      const calls = [session.call('tools/call', work('a')), proxy.modern('tools/call', work('a'))]
      await proxy.replace(configOf(['a'], { proxy: { instructions: `round ${round}` } }))
      expect(texts(await Promise.all(calls))).toEqual(['a', 'a'])
    }
    expect(a.closed).toBe(false)
    await proxy.close()
    expect(a.closed).toBe(true)
  })
})

describe('a listener of another host on the same port', () => {
  const listening = (host: string, port: number) =>
    configOf(['a'], {
      proxy: { listen: { host, port } },
      security: { allow_insecure_listen: true },
    })
  const at = (config: ReturnType<typeof configOf>, host: string, port: number) => ({
    ...config,
    proxy: { ...config.proxy, listen: { host, port } },
  })
  const listed = async (origin: string) =>
    (await sendTo(origin, { path: '/health', method: 'GET' })).status

  test('takes over from the one that covers it, and back, and calls in flight are answered', async () => {
    const a = held('a')
    const proxy = await started([a.backend])
    const { port } = proxy.address
    const call = proxy.modern('tools/call', work('a'))
    await a.calls(1)
    await proxy.replace(at(listening('0.0.0.0', port), '0.0.0.0', port))
    expect(await listed(`http://127.0.0.1:${port}`)).toBe(200)
    expect(await listed(`http://127.0.0.2:${port}`)).toBe(200)
    a.release()
    expect(texts([await call])).toEqual(['a'])
    await proxy.replace(at(listening('127.0.0.1', port), '127.0.0.1', port))
    expect(await listed(`http://127.0.0.1:${port}`)).toBe(200)
    await expect(listed(`http://127.0.0.2:${port}`)).rejects.toThrow('ECONNREFUSED')
  })

  test('leaves the old one as it is where it cannot be had', async () => {
    const proxy = await started([withTool('a', () => done('a'))])
    const { port } = proxy.address
    const elsewhere = at(listening('203.0.113.1', port), '203.0.113.1', port)
    await expect(proxy.replace(elsewhere)).rejects.toThrow(UsageError)
    expect(texts([await proxy.modern('tools/call', work('a'))])).toEqual(['a'])
  })
})
