// The matrix of docs/protocol.md, cell by cell: official clients of three revisions before real servers over each transport.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { Backend } from '../../src/backends/backend.ts'
import { openBackend } from '../../src/backends/open.ts'
import { createValidator } from '../../src/core/create-validator.ts'
import { columns, type OpenBackend } from '../support/matrix/columns.ts'
import { guests, tokenOf, type Guest, type GuestName } from '../support/matrix/guests.ts'
import { readTable } from '../support/matrix/table.ts'
import { openWire } from '../support/matrix/wire.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'
import { deaths } from './deaths.ts'
import { rows, type Place } from './rows.ts'

/** The system's, but for what a test says has passed. */
const laterClock = (passed: () => number) => ({
  ...systemClock,
  now: () => systemClock.now() + passed(),
})

/** Counts what a backend has answered, beside the proxy. */
const countAnswers = () => {
  const counts = new Map<unknown, number>()
  const waiting = new Set<() => void>()
  const answers = (tool: string) => counts.get(tool) ?? 0
  const watched = (backend: Backend): Backend => ({
    ...backend,
    get health() {
      return backend.health
    },
    handle: async (call) => {
      const reply = await backend.handle(call)
      const tool = call.request.params?.['name']
      counts.set(tool, (counts.get(tool) ?? 0) + 1)
      for (const look of waiting) look()
      return reply
    },
  })
  const answered = (tool: string, times: number): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (answers(tool) < times) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return { answers, answered, watched }
}

const table = readTable()
const names = Object.keys(guests) as GuestName[]

test('the document has a cell for each thing and each transport that is tested, and no other', () => {
  const tested = [...Object.keys(rows), ...Object.keys(deaths)]
  expect([...new Set(table.map(({ row }) => row))].sort()).toEqual(tested.sort())
  expect([...new Set(table.map(({ column }) => column))]).toEqual(Object.keys(columns))
})

describe.each(Object.keys(columns))('%s', (column) => {
  const cells = table.filter((cell) => cell.column === column)
  let backend: OpenBackend
  let proxy: RealProxy
  let passed = 0
  const { answers, answered, watched } = countAnswers()
  beforeAll(async () => {
    backend = await columns[column]!()
    proxy = await startRealProxy([{ name: 'main', ...backend.config }], {
      config: { auth: { type: 'bearer', tokens: names.map(tokenOf) } },
      ports: { clock: laterClock(() => passed) },
      parts: { createValidator, openBackend: (...parts) => watched(openBackend(...parts)) },
    })
  })
  afterAll(async () => {
    await proxy.close({ force: true })
    await backend.close()
  })

  describe.each(names)('%s', (name) => {
    let guest: Guest
    let place: Place
    beforeAll(async () => {
      guest = await guests[name](proxy.url, tokenOf(name))
      place = {
        name,
        guest,
        wire: await openWire(proxy.url, name),
        backend,
        isModern: column.startsWith('modern'),
        pass: (ms) => (passed += ms),
        answers,
        answered,
      }
    })
    afterAll(() => guest.close())

    test.each(cells.filter(({ row }) => row in rows))('$row: $word', async ({ row, word }) => {
      const act = rows[row]![word]
      expect(act, `what "${word}" means`).toBeDefined()
      await act!(place)
    })
  })
})

describe.concurrent('what ends a backend', () => {
  test.each(table.filter(({ row }) => row in deaths))(
    '$column: $row: $word',
    ({ row, column, word }) => {
      const act = deaths[row]![word]
      expect(act, `what "${word}" means`).toBeDefined()
      return act!(column)
    },
  )
})
