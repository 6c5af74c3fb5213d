// The matrix of docs/protocol.md, cell by cell: official clients of three revisions before real servers over each transport.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { openBackend } from '../../src/backends/supervisor/open.ts'
import { createValidator } from '../../src/core/validator/create-validator.ts'
import { bothEras, columns, type OpenBackend } from '../support/matrix/columns.ts'
import { guests, tokenOf, type Guest, type GuestName } from '../support/matrix/guests.ts'
import { readTable } from '../support/matrix/table.ts'
import { countingAnswers, createTally, httpCounting } from '../support/matrix/tally.ts'
import { openWire } from '../support/matrix/wire.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'
import { deaths } from './deaths.ts'
import { rows, type Place } from './rows.ts'

/** The system's, but for what a test says has passed. */
const laterClock = (passed: () => number) => ({
  ...systemClock,
  now: () => systemClock.now() + passed(),
})

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
  const tally = createTally()
  beforeAll(async () => {
    backend = await columns[column]!()
    proxy = await startRealProxy([{ name: 'main', ...backend.config }], {
      config: { auth: { type: 'bearer', tokens: names.map(tokenOf) } },
      ports: { clock: laterClock(() => passed), http: httpCounting(tally) },
      parts: {
        createValidator,
        openBackend: (...parts) => countingAnswers(openBackend(...parts), tally),
      },
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
        isModern: !column.startsWith('session'),
        hasBoth: bothEras.has(column),
        pass: (ms) => (passed += ms),
        tally,
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
    // All columns at once, each with the processes of its backends: on a busy machine that takes its time.
    90_000,
  )
})
