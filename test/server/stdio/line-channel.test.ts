// What waits for a client on a pipe that does not read.
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createLineChannel } from '../../../src/server/stdio/line-channel.ts'
import { maxBuffered } from '../../../src/server/dialogue/flow.ts'

/** Takes nothing until it is let go. */
const stalled = () => {
  const lines: string[] = []
  let goOn: (() => void) | undefined
  let isOpen = false
  const output = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString())
      if (isOpen) done()
      else goOn = done
    },
  })
  return {
    output,
    text: () => lines.join(''),
    release: () => {
      isOpen = true
      goOn?.()
    },
  }
}

test('changes that a client does not read are kept within bounds, the newest longest', async () => {
  const { output, text, release } = stalled()
  const quiet = { onFull: () => undefined, onRoom: () => undefined, onGone: () => undefined }
  const channel = createLineChannel(output, quiet)
  channel.send(Buffer.alloc(maxBuffered + 1, 0x20))
  const uri = (n: number) => `file:///${String(n).padStart(6, '0')}/${'x'.repeat(1000)}`
  const updated = (n: number) =>
    channel.tell({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: { uri: uri(n) },
    })
  for (let n = 0; n < 5000; n += 1) updated(n)
  for (let n = 4990; n < 5000; n += 1) updated(n)
  release()
  await channel.flushed()
  const kept = text()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => Number(/file:\/\/\/(\d+)/.exec(line)?.[1]))
  expect(kept.length * 1000).toBeLessThan(maxBuffered)
  expect(kept.length).toBeGreaterThan(900)
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 5000 - kept.length + at))
})
