// Whatever a peer sends, the time to read it grows with its size, not with the square of it.
import { describe, expect, test } from 'vitest'
import { readMessageBytes } from '../../src/mcp/envelope.ts'
import { growthOf, mostGrowth, type GrowthRow } from '../support/growth.ts'

const bytesOf = (text: string): Uint8Array => Buffer.from(text)

const rows: readonly GrowthRow[] = [
  {
    name: 'a message with a string of backslashes',
    prepare: (size) => {
      const bytes = bytesOf(`{"jsonrpc":"2.0","id":1,"result":{"a":"${'\\\\'.repeat(size)}"}}`)
      return () => readMessageBytes(bytes)
    },
  },
]

describe('time to read grows with the size of', () => {
  test.each(rows)('$name', { timeout: 120_000 }, async (row) => {
    expect((await growthOf(row)).ratio).toBeLessThan(mostGrowth)
  })
})

test('work that grows with the square of its input is found', async () => {
  const row: GrowthRow = {
    name: 'each byte with all before it',
    prepare: (size) => {
      const bytes = Buffer.alloc(size, 'a')
      return () => bytes.filter((_, index) => bytes.lastIndexOf('b', index) === -1).length
    },
  }
  expect((await growthOf(row)).ratio).toBeGreaterThan(mostGrowth)
})
