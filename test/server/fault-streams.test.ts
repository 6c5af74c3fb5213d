// 11. Long silences, cut connections and clients that leave: what goes on, what ends, and that nothing is lost.
import { afterEach, describe, expect, test } from 'vitest'
import type { Call } from '../../src/mcp/call.ts'
import { eventually } from '../support/command-line.ts'
import { startIntermediary, type Intermediary } from '../support/intermediary.ts'
import { startHttpServer, stdioServer } from '../support/mcp-servers.ts'
import {
  modernMeta,
  modernVersion,
  sendTo,
  startTestProxy,
  type SendOptions,
  type TestProxy,
} from '../support/proxy.ts'
import { startRealProxy } from '../support/real-proxy.ts'
import { result, scriptedBackend } from '../support/scripted-backend.ts'
import { gate } from '../support/scripted-server.ts'
import { testPorts, type TestPorts } from '../support/test-ports.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const idleMs = 60_000
const tickMs = 15_000
const minutes = (n: number) => (n * 60_000) / tickMs

const modernRequest = (method: string, params: object, id: number | string = 1): SendOptions => {
  const { name } = params as { name?: string }
  return {
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    },
    body: { jsonrpc: '2.0', id, method, params: { _meta: modernMeta(), ...params } },
  }
}

interface Stage {
  readonly ports: TestPorts
  readonly proxy: TestProxy
  readonly between: Intermediary
  /** Ends the call that waits. */
  answer(): void
  readonly calls: readonly Call[]
  change(): void
}

/** A proxy behind an intermediary that gives up after a minute of silence. */
const stage = async (): Promise<Stage> => {
  const ports = testPorts()
  const released = gate()
  const calls: Call[] = []
  const backend = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object' } }] },
    'tools/call': async (call) => {
      calls.push(call)
      await released.opened
      return result({ content: [{ type: 'text', text: 'at last' }] })
    },
  })
  const proxy = await startTestProxy([backend], { ports })
  closing.push(() => proxy.close({ force: true }))
  const between = await startIntermediary(proxy.origin, ports.clock, idleMs)
  closing.push(() => between.close())
  return {
    ports,
    proxy,
    between,
    answer: () => released.open(),
    calls,
    change: () => backend.changed('notifications/tools/list_changed'),
  }
}

/** Time passes; each tick is over when its bytes have come through. */
const pass = async ({ ports, between }: Stage, ticks: number, each = () => undefined) => {
  for (let tick = 0; tick < ticks; tick += 1) {
    const heard = between.heard()
    each()
    await ports.clock.advance(tickMs)
    await heard
  }
}

const sessionHeaders = async ({ proxy }: Stage) => ({
  'mcp-session-id': (await proxy.session()).id,
  'mcp-protocol-version': '2025-11-25',
})

describe('behind an intermediary that gives up after a minute of silence', () => {
  const standing: readonly [string, (here: Stage) => Promise<SendOptions>][] = [
    [
      'the stream of a session',
      async (here) => ({ method: 'GET', headers: await sessionHeaders(here) }),
    ],
    [
      'a listen',
      async () =>
        modernRequest('subscriptions/listen', { notifications: { toolsListChanged: true } }),
    ],
  ]
  test.each(standing)(
    'ten idle minutes pass on %s, and the change after them arrives',
    async (_on, open) => {
      const here = await stage()
      const head = gate()
      const left = new AbortController()
      const text: string[] = []
      const stream = sendTo(here.between.origin, {
        ...(await open(here)),
        signal: left.signal,
        onHead: (message) => {
          message.on('data', (chunk: Buffer) => text.push(chunk.toString()))
          head.open()
        },
      }).catch(() => 'left')
      await head.opened
      // The first tick after a request leaves a quick answer its form.
      await here.ports.clock.advance(tickMs)
      await pass(here, minutes(10))
      here.change()
      await here.ports.clock.advance(100)
      await expect.poll(() => text.join('')).toContain('tools/list_changed')
      expect(here.between.cut).toBe(0)
      left.abort()
      await stream
    },
  )

  test.each(['stateless', 'session'] as const)(
    'a call of five minutes with progress (%s) gets all of it and its answer',
    async (era) => {
      const here = await stage()
      const params = { name: 'a__t', _meta: { ...modernMeta(), progressToken: 'p' } }
      const request =
        era === 'stateless'
          ? modernRequest('tools/call', params)
          : {
              headers: await sessionHeaders(here),
              body: {
                jsonrpc: '2.0',
                id: 1,
                method: 'tools/call',
                params: { name: 'a__t', _meta: { progressToken: 'p' } },
              },
            }
      const called = sendTo(here.between.origin, request)
      await expect.poll(() => here.calls.length).toBe(1)
      // The first tick after a request leaves a quick answer its form.
      await here.ports.clock.advance(tickMs)
      let progress = 0
      await pass(here, minutes(5) - 1, () => {
        if (progress % 6 === 0) {
          const told = { progressToken: 'p', progress }
          here.calls[0]?.peer.notify({
            jsonrpc: '2.0',
            method: 'notifications/progress',
            params: told,
          })
        }
        progress += 1
        return undefined
      })
      here.answer()
      const messages = (await called).events()
      expect(messages.map(({ params: told, result: end }) => told?.progress ?? end)).toEqual([
        0,
        6,
        12,
        18,
        { ...(era === 'stateless' ? { resultType: 'complete' } : {}), content: expect.anything() },
      ])
      expect(here.between.cut).toBe(0)
    },
  )

  test('who takes no event stream cannot be kept: its stateless call ends with its connection', async () => {
    const here = await stage()
    const request = modernRequest('tools/call', { name: 'a__t' })
    const called = sendTo(here.between.origin, {
      ...request,
      headers: { ...request.headers, accept: 'application/json' },
    }).catch(() => 'cut')
    await expect.poll(() => here.calls.length).toBe(1)
    await here.ports.clock.advance(idleMs + 1000)
    expect(await called).toBe('cut')
    await expect.poll(() => here.calls[0]?.signal.aborted).toBe(true)
    expect(here.between.cut).toBe(1)
  })
})

test('a client that is cut off again and again, and resumes, gets each message once and in order', async () => {
  const here = await stage()
  const headers = await sessionHeaders(here)
  const seen: number[] = []
  let lastEventId = ''
  let text = ''
  const read = (chunk: string) => {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (\{.*)$/m.exec(block)?.[1]
      const id = /^id: (.*)$/m.exec(block)?.[1]
      // What has no id is a comment or advice.
      if (id !== undefined) lastEventId = id
      if (data === undefined) continue
      const message = JSON.parse(data) as { params?: { progress: number }; result?: object }
      seen.push(message.params?.progress ?? -1)
    }
  }
  const open = (options: SendOptions) => {
    const head = gate()
    const done = sendTo(here.between.origin, {
      ...options,
      onHead: (message) => {
        text = ''
        message.on('data', (chunk: Buffer) => read(chunk.toString()))
        head.open()
      },
    }).then(
      () => head.open(),
      () => head.open(),
    )
    return { head: head.opened, done }
  }
  let current = open({
    headers,
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'a__t', _meta: { progressToken: 'p' } },
    },
  })
  await expect.poll(() => here.calls.length).toBe(1)
  const peer = here.calls[0]!.peer
  const total = 300
  for (let progress = 0; progress < total; progress += 1) {
    const params = { progressToken: 'p', progress }
    peer.notify({ jsonrpc: '2.0', method: 'notifications/progress', params })
    if (progress % 30 !== 17) continue
    await current.head
    // The cut may come before, between or after what is on its way.
    if (progress % 60 === 17) await eventually('something came', () => seen.length > 0 || undefined)
    here.between.cutAll()
    await current.done
    current = open({ method: 'GET', headers: { ...headers, 'last-event-id': lastEventId } })
  }
  here.answer()
  await expect.poll(() => seen.at(-1)).toBe(-1)
  expect(seen).toEqual([...Array.from({ length: total }, (_, n) => n), -1])
})

describe('a client that leaves', () => {
  test('cancels its own call at a session-era server over HTTP, by the id that it has there', async () => {
    const server = await startHttpServer('legacy')
    closing.push(() => server.close())
    const proxy = await startRealProxy([{ name: 'far', transport: 'http', url: server.url }])
    closing.push(() => proxy.close({ force: true }))
    const { origin } = new URL(proxy.url)
    const left = new AbortController()
    const slow = (tag: string, signal?: AbortSignal) =>
      sendTo(origin, {
        ...modernRequest('tools/call', { name: 'far__slow', arguments: { tag } }, 'the same id'),
        ...(signal === undefined ? {} : { signal }),
      })
    const text = async (name: string, args: object = {}) =>
      (await sendTo(origin, modernRequest('tools/call', { name, arguments: args }))).json().result
        .content[0].text as string
    const kept = slow('kept')
    const lost = slow('lost', left.signal).catch(() => 'left')
    await expect
      .poll(async () => (JSON.parse(await text('far__waiting')) as string[]).toSorted())
      .toEqual(['kept', 'lost'])
    left.abort()
    expect(await lost).toBe('left')
    await expect.poll(() => text('far__aborted')).toBe('["lost"]')
    interface Logged {
      readonly id?: number
      readonly method?: string
      readonly params?: {
        readonly requestId?: number
        readonly arguments?: { readonly tag?: string }
      }
    }
    const bodies = (await server.log()).map(({ body }) => body as Logged)
    const cancelled = bodies.filter((body) => body?.method === 'notifications/cancelled')
    const sent = bodies.find((body) => body?.params?.arguments?.tag === 'lost')
    expect(cancelled.map((body) => body?.params?.requestId)).toEqual([sent?.id])
    expect(await text('far__release', { tag: 'kept' })).toBe('true')
    expect((await kept).json()).toMatchObject({ id: 'the same id' })
  })

  test('cancels nothing of who called at the same time with the same id, at a child', async () => {
    const proxy = await startRealProxy([
      { name: 'one', transport: 'stdio', ...stdioServer('dual') },
    ])
    closing.push(() => proxy.close({ force: true }))
    const { origin } = new URL(proxy.url)
    const call = (name: string, args: object, signal?: AbortSignal) =>
      sendTo(origin, {
        ...modernRequest('tools/call', { name, arguments: args }, 7),
        ...(signal === undefined ? {} : { signal }),
      })
    const text = async (name: string, args: object = {}) =>
      (await call(name, args)).json().result.content[0].text as string
    const left = new AbortController()
    const kept = call('one__slow', { tag: 'kept' })
    const lost = call('one__slow', { tag: 'lost' }, left.signal).catch(() => 'left')
    await expect
      .poll(async () => (JSON.parse(await text('one__waiting')) as string[]).toSorted())
      .toEqual(['kept', 'lost'])
    left.abort()
    expect(await lost).toBe('left')
    await expect.poll(() => text('one__aborted')).toBe('["lost"]')
    expect(await text('one__release', { tag: 'kept' })).toBe('true')
    expect((await kept).json()).toMatchObject({ id: 7, result: { content: [{}] } })
  })
})
