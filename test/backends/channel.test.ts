// A channel that many callers share, before a server that writes what it likes.
import { describe, expect, test } from 'vitest'
import { createCancel } from '../../src/base/cancellation.ts'
import { createChannel, type Channel } from '../../src/backends/channel/channel.ts'
import { recordingPeer } from '../support/peer.ts'
import { testPorts } from '../support/test-ports.ts'

const opened = () => {
  const { log, lines } = testPorts()
  const strays: string[] = []
  const channel = createChannel({
    name: 'a',
    log,
    events: {
      onNotification: () => undefined,
      onQuestion: () => Promise.resolve({ kind: 'error', error: { code: 1, message: '' } }),
      onEnd: () => undefined,
      onSessionLost: () => Promise.resolve(false),
      onSilent: () => undefined,
    },
    send: (textOf) => void textOf(),
    isFull: () => false,
    onStray: (bytes) => strays.push(Buffer.from(bytes).toString()),
  })
  return { channel, strays, lines }
}

test.each([
  ['changed my mind', 'changed my mind'],
  ['y'.repeat(2000), 'y'.repeat(1000)],
  ['', 'The caller cancelled or left'],
  [undefined, 'The caller cancelled or left'],
])('a call that is cancelled for %j is cancelled at the server for that', async (given, reason) => {
  const said: unknown[] = []
  const { log } = testPorts()
  const channel = createChannel({
    name: 'a',
    log,
    events: {
      onNotification: () => undefined,
      onQuestion: () => Promise.resolve({ kind: 'error', error: { code: 1, message: '' } }),
      onEnd: () => undefined,
      onSessionLost: () => Promise.resolve(false),
      onSilent: () => undefined,
    },
    send: (textOf) => {
      const text = textOf()
      if (text !== undefined) said.push(JSON.parse(text))
    },
    isFull: () => false,
    onStray: () => undefined,
  })
  const cancel = createCancel()
  const call = channel.request(
    { jsonrpc: '2.0', id: 'c', method: 'tools/call', params: {} },
    recordingPeer(),
    cancel.signal,
  )
  cancel.abort(given)
  expect(await call).toMatchObject({ kind: 'failure', sent: true })
  expect(said[1]).toEqual({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: expect.any(Number), reason },
  })
})

const signal = new AbortController().signal

const asked = (channel: Channel) =>
  channel.request(
    { jsonrpc: '2.0', id: 'c', method: 'tools/call', params: {} },
    recordingPeer(),
    signal,
  )

const deep = '['.repeat(300) + ']'.repeat(300)
const unprintable = '{"valueOf":1,"toString":1}'

/** Ids that are none, in the places where ids are read. */
const ids = ['007', '-01', '1.5', '1e999', '"a\tb"', '"\\x"', 'null', '{}', '[]', unprintable, deep]
const messages = [
  ...ids.flatMap((id) => [
    `{"jsonrpc":"2.0","id":${id},"result":${deep}}`,
    `{"jsonrpc":"2.0","result":${deep},"id":${id}}`,
    `{"jsonrpc":"2.0","id":${id},"result":{}}`,
    `{"jsonrpc":"2.0","id":${id},"error":{"code":1,"message":""}}`,
    `{"jsonrpc":"2.0","id":${id},"error":null}`,
    `{"jsonrpc":"2.0","id":${id},"method":"ping"}`,
    `{"jsonrpc":"2.0","id":${id},"method":"roots/list","params":{"_meta":{"progressToken":${id}}}}`,
    `[{"jsonrpc":"2.0","id":${id},"result":{}}]`,
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`,
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id}}}`,
    `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":${id}}}}`,
  ]),
  '',
  ' ',
  '[',
  '[]',
  '[[]]',
  '\u0000',
  '\ufeff{}',
  '"',
  '{"id":',
  '{"a":'.repeat(300),
  '{"jsonrpc":"2.0","method":"__proto__","id":1}',
  '{"jsonrpc":"2.0","__proto__":null,"id":1,"result":{}}',
]

describe('whatever comes, nothing is thrown and the next message is read', () => {
  test.each(messages.map((text) => ({ text, begins: JSON.stringify(text).slice(0, 100) })))(
    '$begins',
    async ({ text }) => {
      const { channel, lines } = opened()
      // Two wait, so that nothing can be meant for the only one.
      const replies = [asked(channel), asked(channel)]
      expect(() => channel.receive(Buffer.from(text))).not.toThrow()
      for (const id of [1, 2]) {
        channel.receive(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`))
      }
      await Promise.all(replies)
      expect(lines.filter(({ level }) => level === 'error')).toEqual([])
    },
  )
})

test('bytes that are no UTF-8 are stray', () => {
  const { channel, strays } = opened()
  channel.receive(Buffer.from([0x7b, 0xff, 0x7d]))
  expect(strays).toHaveLength(1)
})

test.each(['007', '"a\tb"'])(
  'a message that is too deep, under %j for an id, fails the only call that waits',
  async (id) => {
    const { channel } = opened()
    const reply = asked(channel)
    channel.receive(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${deep}}`))
    expect(await reply).toMatchObject({
      kind: 'failure',
      problem: { code: 'backend-protocol' },
      sent: true,
    })
  },
)
