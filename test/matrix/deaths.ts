// The row of the matrix that ends its backend: killed in the middle of calls, and back again.
import { expect } from 'vitest'
import { columns } from '../support/matrix/columns.ts'
import { guests, tokenOf, type Guest, type GuestName } from '../support/matrix/guests.ts'
import { stdioServer } from '../support/mcp-servers.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const names = Object.keys(guests) as GuestName[]

const untilUp = (proxy: RealProxy, name: string): Promise<void> =>
  new Promise((resolve) => {
    const backend = proxy.generation.backends.find((one) => one.name === name)!
    const settle = () => (backend.health.state === 'up' ? resolve() : undefined)
    backend.subscribe(settle)
    settle()
  })

const problemOf = (call: Promise<unknown>) =>
  call.then(
    (answered) => ({ answered }),
    ({ code, data }: { code?: number; data?: { code?: string } }) => [code, data?.code],
  )

const timesTold = ({ heard }: Guest) => heard.filter(({ kind }) => kind === 'tools').length

const outcomeTold = async (column: string): Promise<void> => {
  const backend = await columns[column]!()
  const proxy = await startRealProxy(
    [
      { name: 'main', ...backend.config },
      { name: 'other', transport: 'stdio', ...stdioServer('modern') },
    ],
    {
      config: { auth: { type: 'bearer', tokens: names.map(tokenOf) } },
      ports: { random: () => 0 },
    },
  )
  const present: Guest[] = []
  try {
    for (const name of names) present.push(await guests[name](proxy.url, tokenOf(name)))
    const waiting = present.map(async (guest, at) => {
      await guest.watch()
      return problemOf(guest.call('main__slow', { tag: `tag-${at}` }))
    })
    for (const at of present.keys()) await backend.until(({ tag }) => tag === `tag-${at}`)
    const before = present.map(timesTold)
    await backend.crash()
    for (const outcome of waiting) {
      expect(await outcome).toEqual([-32_603, 'backend-outcome-unknown'])
    }
    for (const guest of present) {
      expect((await guest.call('other__echo', { text: 'on' })).text).toBe('on')
      expect(await problemOf(guest.call('main__echo', { text: 'gone' }))).toEqual([
        -32_603,
        'backend-unavailable',
      ])
    }
    await backend.restart()
    await untilUp(proxy, 'main')
    for (const [at, guest] of present.entries()) {
      // That it went, and that it came back.
      await guest.until(() => timesTold(guest) >= before[at]! + 2)
      expect(await guest.tools()).toContain('main__echo')
      expect((await guest.call('main__echo', { text: 'back' })).text).toBe('back')
    }
  } finally {
    await Promise.all(present.map((guest) => guest.close()))
    await proxy.close({ force: true })
    await backend.close()
  }
}

export const deaths: Readonly<Record<string, Readonly<Record<string, typeof outcomeTold>>>> = {
  'a backend that dies in a call': { 'outcome told': outcomeTold },
}
