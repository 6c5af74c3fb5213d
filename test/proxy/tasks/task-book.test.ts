// Who began which task, within bounds.
import { expect, test } from 'vitest'
import { createTaskOwners } from '../../../src/proxy/tasks/task-book.ts'
import type { SessionPeer } from '../../../src/mcp/call.ts'
import { notAnswered } from '../../../src/mcp/questions.ts'

const standing = (ended: AbortSignal): SessionPeer => ({
  notify: () => undefined,
  ask: () => Promise.resolve(notAnswered),
  logLevel: undefined,
  ended,
})

const tool = { backend: 'b', name: 'tool' }

test('who begins many forgets the oldest of its own, and nobody else does', async () => {
  const book = createTaskOwners(undefined, { max: 100, maxPerOwner: 2 })
  await book.note('b1', 'bob', undefined, tool)
  for (const id of ['a1', 'a2', 'a3']) await book.note(id, 'alice', undefined, tool)
  expect(['a1', 'a2', 'a3', 'b1'].map((id) => book.ownerOf(id))).toEqual([
    undefined,
    'alice',
    'alice',
    'bob',
  ])
})

test('beyond what all may have the oldest goes', async () => {
  const book = createTaskOwners(undefined, { max: 2, maxPerOwner: 2 })
  for (const owner of ['alice', 'bob', 'carol'])
    await book.note(`of ${owner}`, owner, undefined, tool)
  expect(book.ownerOf('of alice')).toBeUndefined()
  expect(book.ownerOf('of carol')).toBe('carol')
})

test('an id that is noted again belongs to the last, and counts once', async () => {
  const book = createTaskOwners(undefined, { max: 2, maxPerOwner: 2 })
  await book.note('one', 'alice', undefined, tool)
  await book.note('one', 'bob', undefined, tool)
  await book.note('two', 'bob', undefined, tool)
  expect([book.ownerOf('one'), book.ownerOf('two')]).toEqual(['bob', 'bob'])
})

test('a session is spoken to as long as it lasts, and the task stays with its caller', async () => {
  const book = createTaskOwners()
  const over = new AbortController()
  const session = standing(over.signal)
  await book.note('one', 'alice', session, tool)
  expect(book.sessionOf('one')).toBe(session)
  over.abort()
  expect(book.sessionOf('one')).toBeUndefined()
  expect(book.ownerOf('one')).toBe('alice')
})
