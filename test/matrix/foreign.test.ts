// A server that is not ours, as people run it: the reference server of the protocol, over stdio.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guests, tokenOf, type Guest, type GuestName } from '../support/matrix/guests.ts'
import { openWire } from '../support/matrix/wire.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'

const program = fileURLToPath(
  new URL(
    '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
    import.meta.url,
  ),
)
const names = Object.keys(guests) as GuestName[]
let proxy: RealProxy
beforeAll(async () => {
  proxy = await startRealProxy(
    [{ name: 'main', transport: 'stdio', command: process.execPath, args: [program, 'stdio'] }],
    { config: { auth: { type: 'bearer', tokens: names.map(tokenOf) } } },
  )
})
afterAll(() => proxy.close({ force: true }))

describe.each(names)('%s', (name) => {
  let guest: Guest
  beforeAll(async () => {
    guest = await guests[name](proxy.url, tokenOf(name))
  })
  afterAll(() => guest.close())

  test('calls it, and sees how far it is', async () => {
    expect((await guest.call('main__echo', { message: 'hej' })).text).toBe('Echo: hej')
    const seen: number[] = []
    const { text } = await guest.call(
      'main__trigger-long-running-operation',
      { duration: 0.03, steps: 3 },
      { onprogress: ({ progress }) => void seen.push(progress) },
    )
    expect(text).toContain('completed')
    expect(seen).toEqual([1, 2, 3])
  })

  test('sees and uses the tools that it has only for those who can be asked', async () => {
    expect(await guest.tools()).toContain('main__trigger-sampling-request')
    const sampled = await guest.call('main__trigger-sampling-request', { prompt: 'Hi' })
    expect(sampled.text).toContain('Hello')
    const elicited = await guest.call('main__trigger-elicitation-request')
    expect(elicited.text).toContain('provided')
    expect((await guest.call('main__get-roots-list')).text).toContain('file:///home/someone')
    const deaf = await openWire(proxy.url, name)
    const refused = await deaf.call('main__trigger-sampling-request', { prompt: 'Hi' })
    expect(refused.json()).toMatchObject({ error: { code: -32_602 } })
  })
})
