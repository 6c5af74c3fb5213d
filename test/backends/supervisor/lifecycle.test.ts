// Which links to a backend of both eras are open, and what follows from that for its callers.
import { describe, expect, test } from 'vitest'
import type { Agreement } from '../../../src/backends/backend.ts'
import {
  besideEnded,
  besideMissing,
  besideOpened,
  besideOpening,
  healthOf,
  isSettled,
  linkFor,
  mainEnded,
  mainOpened,
  mayOpenBeside,
  sessionPatienceMs,
  sessionWaitMs,
  starting,
} from '../../../src/backends/supervisor/lifecycle.ts'

const stateless: { readonly agreement: Agreement } = {
  agreement: { era: 'modern', protocolVersion: '2026-07-28', capabilities: { tools: {} } },
}
const session: { readonly agreement: Agreement } = {
  agreement: { era: 'legacy', protocolVersion: '2025-11-25', capabilities: { logging: {} } },
}
const problem = { code: 'backend-unavailable', detail: 'away' } as const

const began = starting<{ readonly agreement: Agreement }>(0)
const up = mainOpened(began, stateless, 10)
const both = besideOpened(besideOpening(up, 20), session, 30)

describe('a stateless backend', () => {
  test('is asked for a session once a caller of that era is there, and not while it starts', () => {
    expect(mayOpenBeside(began, 0)).toBe(false)
    expect(mayOpenBeside(up, 20)).toBe(true)
    expect(mayOpenBeside(besideOpening(up, 20), 20)).toBe(false)
  })

  test('that was found to have sessions alone is not asked for another one', () => {
    const old = mainOpened(began, session, 10)
    expect(mayOpenBeside(old, 20)).toBe(false)
    expect(isSettled(old, 'legacy')).toBe(true)
  })

  test('without sessions serves both eras on its one link until it is another server', () => {
    const alone = besideMissing(up)
    expect([linkFor(alone, 'legacy'), linkFor(alone, 'modern')]).toEqual([stateless, stateless])
    expect([isSettled(alone, 'legacy'), mayOpenBeside(alone, 1e9)]).toEqual([true, false])
    const again = mainOpened(mainEnded(alone, problem, 40, 50), stateless, 60)
    expect(mayOpenBeside(again, 60)).toBe(true)
  })
})

describe('a session beside the stateless link', () => {
  test('is for session clients, and the other link for the others', () => {
    expect([linkFor(both, 'legacy'), linkFor(both, 'modern')]).toEqual([session, stateless])
    expect(healthOf(both)).toEqual({
      state: 'up',
      since: 10,
      ...stateless.agreement,
      sessions: session.agreement,
    })
  })

  test('is waited for so long, and then calls cross until it is open', () => {
    const opening = besideOpening(up, 20)
    expect(sessionWaitMs(opening, 20)).toBe(sessionPatienceMs)
    expect(sessionWaitMs(opening, 20 + sessionPatienceMs)).toBe(0)
    expect([linkFor(opening, 'legacy'), isSettled(opening, 'legacy')]).toEqual([stateless, false])
  })

  test('that failed is tried again after a while, and no call waits for it', () => {
    const failed = besideEnded(besideOpening(up, 20), 1000)
    expect([mayOpenBeside(failed, 999), mayOpenBeside(failed, 1000)]).toEqual([false, true])
    expect(linkFor(failed, 'legacy')).toBe(stateless)
    expect(sessionWaitMs(besideOpening(failed, 1000), 1000)).toBe(0)
  })

  test('that ended after it was open is waited for again', () => {
    const ended = besideEnded(both, 1000)
    expect(healthOf(ended)).not.toHaveProperty('sessions')
    expect(sessionWaitMs(besideOpening(ended, 1000), 1000)).toBe(sessionPatienceMs)
  })

  test('keeps the backend up for both eras while the other link is away', () => {
    const left = mainEnded(both, problem, 40, 50)
    expect([linkFor(left, 'legacy'), linkFor(left, 'modern')]).toEqual([session, session])
    expect(healthOf(left)).toEqual({ state: 'up', since: 30, ...session.agreement })
  })
})

test('a backend without any link is down, and says why and until when', () => {
  const gone = mainEnded(besideEnded(both, 1000), problem, 40, 50)
  expect(healthOf(gone)).toEqual({ state: 'down', since: 40, problem, retryAt: 50 })
  expect(linkFor(gone, 'legacy')).toBeUndefined()
})
