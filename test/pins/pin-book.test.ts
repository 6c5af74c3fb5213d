import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { mostTools, PinBook } from '../../src/pins/pin-book.ts'
import { changePins, isPins, readPins } from '../../src/pins/pin-file.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { testPorts } from '../support/test-ports.ts'

let folder: TempFolder
beforeEach(async () => {
  folder = await makeTempFolder()
})
afterEach(() => folder.remove())

const open = () => {
  const file = join(folder.path, 'pins.json')
  const book = new PinBook(file, { ...testPorts(), clock: systemClock })
  return { file, book }
}

const tool = (name: string, description = 'x') => ({ name, description })

test('of two tools of one name the second must be what the first was', async () => {
  const { book } = open()
  const guard = book.guard('files', 'first_sight')
  guard.pass([tool('read')])
  expect(guard.pass([tool('read'), tool('read', 'other')])).toEqual([tool('read')])
  await book.close()
})

test('what another proxy pinned in the meantime counts more than what is seen here', async () => {
  const { book, file } = open()
  const guard = book.guard('files', 'first_sight')
  await changePins(file, systemClock, () => new Map([['files', new Map([['read', tool('read')]])]]))
  let changes = 0
  guard.subscribe(() => (changes += 1))
  expect(guard.pass([tool('read', 'other'), tool('stat')])).toHaveLength(2)
  await book.close()
  expect(changes).toBe(1)
  expect(guard.pass([tool('read', 'other'), tool('stat')])).toEqual([tool('stat')])
  const read = readPins(file)
  expect(isPins(read) && [...(read.get('files')?.keys() ?? [])]).toEqual(['read', 'stat'])
})

test('a backend that lists new names for ever is not pinned for ever', async () => {
  const { book } = open()
  const guard = book.guard('files', 'first_sight')
  const many = (from: number) => Array.from({ length: mostTools }, (_, n) => tool(`t${from + n}`))
  expect(guard.pass(many(0))).toHaveLength(mostTools)
  expect(guard.pass(many(mostTools))).toHaveLength(0)
  expect(guard.pass(many(0))).toHaveLength(mostTools)
  for (let n = 2; n < 5; n += 1) guard.pass(many(n * mostTools))
  expect(guard.all().length).toBeLessThanOrEqual(2 * mostTools)
  await book.close()
})

test('what is no tool by its form is left to others', async () => {
  const { book } = open()
  expect(book.guard('files', 'accepted').pass([null, 'x', {}, { name: 1 }])).toHaveLength(4)
  await book.close()
})
