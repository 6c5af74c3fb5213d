// Backends as child processes, over real servers of both eras.
import { afterEach, describe, expect, test } from 'vitest'
import type { Reply } from '../../src/mcp/call.ts'
import { createBackends } from '../support/backends.ts'
import { stdioServer, type ServerEra } from '../support/mcp-servers.ts'
import { call, recordingPeer, textOf, toolCall } from '../support/peer.ts'

const backends = createBackends()
afterEach(() => backends.closeAll())

const opened = async (era: ServerEra, more: object = {}) => {
  const backend = backends.open({ transport: 'stdio', ...stdioServer(era), ...more })
  backend.start()
  await backend.untilHealth('up')
  return backend
}

const resultOf = (reply: Reply) => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}

const eras: readonly [ServerEra, 'legacy' | 'modern'][] = [
  ['legacy', 'legacy'],
  ['dual', 'modern'],
  ['modern', 'modern'],
]

describe.each(eras)('a %s server over stdio', (server, era) => {
  test(`is found to be ${era} and answers every kind of request`, async () => {
    const backend = await opened(server)
    expect(backend.health).toMatchObject({
      state: 'up',
      era,
      protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
      serverInfo: { name: era === 'modern' ? 'fixture-2' : 'fixture-1' },
      capabilities: { tools: { listChanged: true }, completions: {} },
    })
    const tools = resultOf(await backend.handle(call('tools/list')))['tools'] as { name: string }[]
    expect(tools.map(({ name }) => name)).toContain('echo')
    expect(textOf(await backend.handle(toolCall('echo', { text: 'hej' })))).toBe('hej')
    expect(
      resultOf(await backend.handle(call('resources/read', { uri: 'note://by/anna' }))),
    ).toMatchObject({ contents: [{ uri: 'note://by/anna', text: 'note of anna' }] })
    expect(
      resultOf(
        await backend.handle(
          call('prompts/get', { name: 'greet', arguments: { name: 'A', language: 'dansk' } }),
        ),
      ),
    ).toMatchObject({ messages: [{ content: { text: 'Greet A in dansk' } }] })
    expect(
      resultOf(
        await backend.handle(
          call('completion/complete', {
            ref: { type: 'ref/prompt', name: 'greet' },
            argument: { name: 'language', value: 'd' },
          }),
        ),
      ),
    ).toMatchObject({ completion: { values: ['dansk', 'deutsch'] } })
  })

  test('progress goes to the caller it belongs to, under its own token', async () => {
    const backend = await opened(server)
    const [first, second] = [recordingPeer(), recordingPeer()]
    const replies = await Promise.all([
      backend.handle(toolCall('progress', { steps: 2 }, { peer: first }, { progressToken: 'p' })),
      backend.handle(toolCall('progress', { steps: 3 }, { peer: second }, { progressToken: 'p' })),
    ])
    expect(replies.map(textOf)).toEqual(['2 steps', '3 steps'])
    expect(first.notifications.map(({ params }) => params)).toEqual([
      { progressToken: 'p', progress: 1, total: 2, message: 'step 1' },
      { progressToken: 'p', progress: 2, total: 2, message: 'step 2' },
    ])
    expect(second.notifications).toHaveLength(3)
  })

  test('cancelling a call reaches the server', async () => {
    const backend = await opened(server)
    const controller = new AbortController()
    const slow = backend.handle(toolCall('slow', { tag: 'x' }, { signal: controller.signal }))
    await expect.poll(async () => textOf(await backend.handle(toolCall('waiting')))).toBe('["x"]')
    controller.abort()
    expect(await slow).toMatchObject({ kind: 'failure', sent: true })
    await expect.poll(async () => textOf(await backend.handle(toolCall('aborted')))).toBe('["x"]')
  })

  test('a change of the tools is told', async () => {
    const backend = await opened(server)
    // A subscription of the modern era may still be on its way.
    await expect
      .poll(async () => {
        await backend.handle(toolCall('grow'))
        return backend.notifications
      })
      .toContainEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
  })
})
