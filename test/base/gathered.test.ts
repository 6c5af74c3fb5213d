import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Gathered } from '../../src/base/gathered.ts'

const gatheredOf = (chunks: readonly Uint8Array[]): Gathered => {
  const gathered = new Gathered()
  for (const chunk of chunks) gathered.push(chunk)
  return gathered
}

/** Cut from what a socket was read into, as chunks are. */
const slice = (length: number, fill: number): Uint8Array =>
  Buffer.alloc(64 * 1024, fill).subarray(100, 100 + length)

test('what was gathered is the chunks in their order, whatever their sizes', () => {
  const size = fc.oneof(fc.nat(3), fc.nat(2000), fc.integer({ min: 8000, max: 70_000 }))
  fc.assert(
    fc.property(fc.array(size, { maxLength: 40 }), (sizes) => {
      const chunks = sizes.map((length, index) => Buffer.alloc(length, index + 1))
      const gathered = gatheredOf(chunks)
      const whole = Buffer.concat(chunks)
      expect(gathered.length).toBe(whole.length)
      expect(Buffer.compare(gathered.take(), whole)).toBe(0)
      expect(gathered.length).toBe(0)
      expect(gathered.take()).toHaveLength(0)
    }),
  )
})

test('the only chunk is handed on as it came', () => {
  const chunk = slice(5, 1)
  expect(gatheredOf([new Uint8Array(), chunk, new Uint8Array()]).take()).toBe(chunk)
})

test('what comes after something was taken is gathered anew', () => {
  const gathered = gatheredOf([slice(5, 1), slice(6, 2)])
  gathered.take()
  gathered.push(slice(2, 3))
  gathered.push(slice(1, 4))
  expect([...gathered.take()]).toEqual([3, 3, 4])
})

test('small slices of large reads do not keep what they were cut from', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().arrayBuffers
  const gathered = new Gathered()
  for (let count = 0; count < 5000; count++) gathered.push(slice(10, 1))
  // The reads themselves are 320 MB. Newer versions of V8 free their memory beside the main thread.
  await expect
    .poll(() => {
      collect()
      return process.memoryUsage().arrayBuffers - before
    })
    .toBeLessThan(1024 * 1024)
  expect(gathered.take()).toHaveLength(50_000)
})
