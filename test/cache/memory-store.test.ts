import { expect, test } from 'vitest'
import { MemoryStore, type MemoryLimits } from '../../src/cache/memory-store.ts'
import { everyone, isKept, writesOf, type Question } from '../../src/cache/store.ts'
import { createManualClock } from '../support/manual-clock.ts'

const bytes = (text: string) => Buffer.from(JSON.stringify({ text }))

const setUp = (limits: Partial<MemoryLimits> = {}) => {
  const clock = createManualClock()
  const store = new MemoryStore({ max_entries: 100, max_bytes: 1_000_000, ...limits }, clock)
  const question = (id: string, owner = 'a', topics: readonly string[] = ['tools']): Question => ({
    id,
    owner,
    writer: owner,
    topics,
  })
  const stampOf = (asked: Question): unknown => {
    const found = store.find(asked)
    return 'stamp' in found ? found.stamp : undefined
  }
  const keep = (asked: Question, text: string, more: { ttlMs?: number; isPublic?: boolean } = {}) =>
    store.keep(asked, stampOf(asked), { bytes: bytes(text), ttlMs: 1000, isPublic: false, ...more })
  const read = (asked: Question): unknown => {
    const found = store.find(asked)
    return isKept(found) ? found.result.value()['text'] : undefined
  }
  return { clock, store, question, stampOf, keep, read }
}

test('an answer is there for its time and no longer, with its age', async () => {
  const { clock, store, question, keep, read } = setUp()
  keep(question('q'), 'one')
  await clock.advance(400)
  expect(store.find(question('q'))).toMatchObject({ ageMs: 400 })
  await clock.advance(599)
  expect(read(question('q'))).toBe('one')
  await clock.advance(1)
  expect(read(question('q'))).toBeUndefined()
  expect(store.entries).toBe(0)
})

test('an answer to one caller is given to no other, unless it is for all', () => {
  const { question, keep, read } = setUp()
  keep(question('q', 'a'), 'of a')
  expect(read(question('q', 'b'))).toBeUndefined()
  keep(question('p', 'a'), 'for all', { isPublic: true })
  expect(read(question('p', 'b'))).toBe('for all')
  expect(read(question('p', everyone))).toBe('for all')
})

test('a change outdates what depends on it, and an answer that was asked for before the change', () => {
  const { store, question, stampOf, keep, read } = setUp()
  keep(question('q'), 'before')
  keep(question('r', 'a', ['resources']), 'other')
  const early = stampOf(question('late'))
  store.outdate('tools')
  expect(read(question('q'))).toBeUndefined()
  expect(read(question('r', 'a', ['resources']))).toBe('other')
  store.keep(question('late'), early, { bytes: bytes('stale'), ttlMs: 1000, isPublic: false })
  expect(read(question('late'))).toBeUndefined()
  keep(question('q'), 'after')
  expect(read(question('q'))).toBe('after')
})

test('a write of one caller outdates its own answers and those for all, not those of others', () => {
  const { store, question, keep, read } = setUp()
  keep(question('q', 'a'), 'of a')
  keep(question('q', 'b'), 'of b')
  keep(question('p', 'b'), 'for all', { isPublic: true })
  store.outdate(writesOf('a'))
  store.outdate(writesOf(everyone))
  expect(read(question('q', 'a'))).toBeUndefined()
  expect(read(question('q', 'b'))).toBe('of b')
  expect(read(question('p', 'b'))).toBeUndefined()
})

test('beyond the number of entries the one that was used the longest ago goes', () => {
  const { store, question, keep, read } = setUp({ max_entries: 2 })
  keep(question('1'), '1')
  keep(question('2'), '2')
  read(question('1'))
  keep(question('3'), '3')
  expect([read(question('1')), read(question('2')), read(question('3'))]).toEqual([
    '1',
    undefined,
    '3',
  ])
  expect(store.entries).toBe(2)
})

test('bytes are bounded, and one large answer does not drive all others out', () => {
  const { store, question, keep, read } = setUp({ max_bytes: 8000 })
  for (let n = 0; n < 100; n += 1) keep(question(`${n}`), 'x'.repeat(500))
  expect(store.entries).toBeLessThan(16)
  keep(question('large'), 'y'.repeat(2000))
  expect(read(question('large'))).toBeUndefined()
  expect(store.entries).toBeGreaterThan(10)
})

test('what is kept is a copy: the buffer that it came in may change', () => {
  const { store, question, stampOf, read } = setUp()
  const came = bytes('mine')
  store.keep(question('q'), stampOf(question('q')), { bytes: came, ttlMs: 1000, isPublic: false })
  came.fill(0)
  expect(read(question('q'))).toBe('mine')
})

test('changes of so many things that some are forgotten outdate too much, never too little', () => {
  const { store, question, keep, read } = setUp()
  keep(question('q', 'a', ['uri old']), 'old')
  store.outdate('uri old')
  for (let n = 0; n < 25_000; n += 1) store.outdate(`uri ${n}`)
  expect(read(question('q', 'a', ['uri old']))).toBeUndefined()
})

test('clear drops everything', () => {
  const { store, question, keep, read } = setUp()
  keep(question('q'), 'one')
  store.clear()
  expect([store.entries, read(question('q'))]).toEqual([0, undefined])
})
