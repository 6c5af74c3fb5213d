// How long a token is kept, how many requests there are for one, and what a refusal of it leads to.
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import {
  createTokenKeeper,
  keeping,
  type GrantedToken,
  type Obtained,
} from '../../../src/core/upstream/token-keeper.ts'
import { createManualClock } from '../../support/manual-clock.ts'

type Answer = GrantedToken | { readonly trouble: string }

const shown = (obtained: Obtained<string>): string =>
  'token' in obtained ? obtained.token.reveal() : `no token: ${obtained.trouble}`

/** `answers`: one for each request, the last one for all that follow. */
const keeperOf = (...answers: readonly Answer[]) => {
  const clock = createManualClock()
  const keeper = createTokenKeeper<string>(clock)
  let requests = 0
  const take = async (key = 'own', notAfter?: number) =>
    shown(
      await keeper.take({
        key,
        notAfter,
        ask: async () => {
          requests += 1
          await Promise.resolve()
          return answers[Math.min(requests, answers.length) - 1] ?? { trouble: 'none left' }
        },
      }),
    )
  return { clock, keeper, take, requests: () => requests }
}

const granted = (value: string, lifetimeSeconds?: number): GrantedToken => ({
  value: new Secret(value),
  lifetimeSeconds,
})

describe('a token', () => {
  test.each([
    [600, 570],
    [3600, 3570],
    [60, 54],
    [10, 9],
  ])('of %i seconds is renewed after %i, shortly before its end', async (life, renewed) => {
    const { clock, take } = keeperOf(granted('first', life), granted('second', life))
    expect(await take()).toBe('first')
    await clock.advance(renewed * 1000 - 1)
    expect(await take()).toBe('first')
    await clock.advance(1)
    expect(await take()).toBe('second')
  })

  test('whose server does not say its lifetime is kept for five minutes at most', async () => {
    const { clock, take } = keeperOf(granted('first'), granted('second'))
    expect(await take()).toBe('first')
    await clock.advance(keeping.unstatedMs - 1)
    expect(await take()).toBe('second')
  })

  test('is never kept longer than what it was exchanged for', async () => {
    const { clock, take } = keeperOf(granted('first', 3600), granted('second', 3600))
    const end = clock.now() + 20_000
    expect(await take('caller', end)).toBe('first')
    await clock.advance(17_999)
    expect(await take('caller', end)).toBe('first')
    await clock.advance(1)
    expect(await take('caller', clock.now() + 3_600_000)).toBe('second')
  })

  test('that expires at once serves the one request and is not kept', async () => {
    const { take, keeper } = keeperOf(granted('first', 0), granted('second', 0))
    expect(await take()).toBe('first')
    expect(keeper.size).toBe(0)
    expect(await take()).toBe('second')
  })

  test('is asked for once, however many wait for it', async () => {
    const { take, requests } = keeperOf(granted('only', 600))
    const all = await Promise.all(Array.from({ length: 64 }, () => take()))
    expect(new Set(all)).toEqual(new Set(['only']))
    expect(requests()).toBe(1)
  })

  test('of one key is never given out for another', async () => {
    const { keeper } = keeperOf()
    const keys = Array.from({ length: 64 }, (_, n) => `caller ${n}`)
    const takeAll = () =>
      Promise.all(
        keys.map(async (key) =>
          shown(await keeper.take({ key, ask: async () => granted(`for ${key}`, 600) })),
        ),
      )
    const wanted = keys.map((key) => `for ${key}`)
    expect(await takeAll()).toEqual(wanted)
    expect(await takeAll()).toEqual(wanted)
  })

  test('makes room for others at the bound, the longest unused first', async () => {
    const { keeper } = keeperOf()
    for (let n = 0; n <= keeping.max; n += 1) {
      await keeper.take({ key: `caller ${n}`, ask: async () => granted(`token ${n}`, 600) })
    }
    expect(keeper.size).toBe(keeping.max)
    const again = keeper.take({ key: 'caller 0', ask: async () => granted('another', 600) })
    expect(shown(await again)).toBe('another')
  })
})

describe('where no token can be had', () => {
  test('the answer is the trouble, and the next request comes a second later', async () => {
    const { clock, take, requests } = keeperOf({ trouble: 'down' }, granted('first', 600))
    expect(await take()).toBe('no token: down')
    expect(await take()).toBe('no token: down')
    expect(requests()).toBe(1)
    await clock.advance(keeping.restMs)
    expect(await take()).toBe('first')
  })

  test('the last token serves until its end, and not a moment longer', async () => {
    const { clock, take } = keeperOf(granted('first', 600), { trouble: 'down' })
    expect(await take()).toBe('first')
    await clock.advance(599_999)
    expect(await take()).toBe('first')
    await clock.advance(1)
    expect(await take()).toBe('no token: down')
  })

  test('the trouble of one key is none of another', async () => {
    const { take } = keeperOf({ trouble: 'denied' }, granted('for the other', 600))
    expect(await take('one')).toBe('no token: denied')
    expect(await take('other')).toBe('for the other')
  })
})

describe('a token that was refused', () => {
  test('is replaced by another one', async () => {
    const { keeper, take } = keeperOf(granted('first', 600), granted('second', 600))
    await take()
    expect(keeper.refused('own', new Secret('first'))).toBe(true)
    expect(await take()).toBe('second')
  })

  test('and was replaced meanwhile leaves the new one alone', async () => {
    const { keeper, take, requests } = keeperOf(granted('first', 600), granted('second', 600))
    await take()
    keeper.refused('own', new Secret('first'))
    await take()
    expect(keeper.refused('own', new Secret('first'))).toBe(true)
    expect(await take()).toBe('second')
    expect(requests()).toBe(2)
  })

  test('again at once is not worth a third request, and ten seconds later it is', async () => {
    const { clock, keeper, take } = keeperOf(granted('first', 600), granted('second', 600))
    await take()
    expect(keeper.refused('own', new Secret('first'))).toBe(true)
    await take()
    expect(keeper.refused('own', new Secret('second'))).toBe(false)
    await clock.advance(keeping.refusalRestMs)
    await take()
    expect(keeper.refused('own', new Secret('second'))).toBe(true)
  })
})
