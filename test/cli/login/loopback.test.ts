// The loopback port that waits for the end of a login, and what it answers to everybody else.
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { loggedInPage } from '../../../src/cli/login/callback-page.ts'
import { openLoopback, redirectOf } from '../../../src/cli/login/loopback.ts'
import { createManualClock } from '../../support/manual-clock.ts'

test('an answer is taken once: the browser waits for how it went, and the second one is told', async () => {
  const loopback = await openLoopback(redirectOf(undefined, undefined))
  try {
    const ours = `${loopback.redirectUri}?code=c&state=s`
    const waiting = loopback.callback({
      isOurs: (found) => found.get('state') === 's',
      clock: systemClock,
      seconds: 60,
    })
    const strange = await fetch(`${loopback.redirectUri}?code=c&state=other`)
    expect([strange.status, await strange.text()]).toEqual([
      400,
      expect.stringContaining('Not this login'),
    ])
    const first = fetch(ours)
    const { parameters, show } = await waiting
    expect(parameters.get('code')).toBe('c')
    const second = await fetch(ours)
    expect([second.status, await second.text()]).toEqual([
      409,
      expect.stringContaining('Already used'),
    ])
    await show(loggedInPage('https://id.example.com'))
    expect(await (await first).text()).toContain('Logged in')
  } finally {
    loopback.close()
  }
})

test('a time-out after the callback of a stale tab says that one came', async () => {
  const cases = [
    ['?code=c&state=stale', 'foreign-state'],
    ['?code=c', 'browser'],
  ] as const
  for (const [query, name] of cases) {
    const loopback = await openLoopback(redirectOf(undefined, undefined))
    try {
      const clock = createManualClock()
      const waiting = loopback.callback({ isOurs: () => false, clock, seconds: 60 })
      const failure = waiting.catch((error: unknown) => error)
      expect((await fetch(`${loopback.redirectUri}${query}`)).status).toBe(400)
      await clock.advance(60_000)
      expect(await failure).toMatchObject({ problems: [{ code: 'login-timeout', case: name }] })
    } finally {
      loopback.close()
    }
  }
})
