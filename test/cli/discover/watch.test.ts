// Watching a server: the first report whole, then what changed, and quiet while nothing does.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { discoverOnce } from '../../../src/cli/discover/discover-address.ts'
import { watch, type WatchEvent } from '../../../src/cli/discover/watch.ts'
import { withWatchSeconds } from '../../../src/cli/discover/watch-flag.ts'
import { watchText } from '../../../src/cli/discover/watch-text.ts'
import { plain } from '../../../src/cli/terminal/style.ts'
import { goodKey } from '../../support/hostile-server.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

let server: ScriptedServer
let clock: ManualClock
let events: WatchEvent[]
let stop: AbortController
let ended: Promise<unknown>

const metadata = '/.well-known/oauth-authorization-server'

const publish = (kid = 'a'): void => {
  server.on(metadata, {
    body: {
      issuer: server.origin,
      authorization_endpoint: `${server.origin}/authorize`,
      token_endpoint: `${server.origin}/token`,
      jwks_uri: `${server.origin}/jwks`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    },
  })
  server.on('/jwks', { body: { keys: [{ ...goodKey, kid }] } })
}

const start = (): void => {
  const flags = { as: 'issuer', 'fail-on': 'high', timeout: 20 } as const
  ended = watch({
    everySeconds: 60,
    failOn: 'high',
    clock,
    signal: stop.signal,
    look: () => discoverOnce(server.origin, flags, { ports: systemPorts() }),
    tell: (event) => events.push(event),
  }).catch((error: unknown) => error)
}

/** One more look: the minute passes, and what comes of it has been told once the next sleep begins. */
const minute = async (): Promise<void> => {
  await clock.untilSleeping()
  await clock.advance(60_000)
  await clock.untilSleeping()
}

const kinds = (): readonly string[] => events.map(({ event }) => event)

beforeEach(async () => {
  server = await startScriptedServer()
  clock = createManualClock()
  events = []
  stop = new AbortController()
})
afterEach(async () => {
  stop.abort()
  await ended
  await server.close()
})

test('the first run in full, then nothing while nothing changes', async () => {
  publish()
  start()
  await minute()
  await minute()
  expect(server.count(metadata)).toBe(3)
  expect(kinds()).toEqual(['report'])
})

test('a change is told once, with the time', async () => {
  publish()
  start()
  await clock.untilSleeping()
  publish('b')
  await minute()
  await minute()
  const lines = events.flatMap((event) =>
    event.event === 'report' ? [] : [watchText(event, plain)],
  )
  expect(lines).toEqual([
    '2026-03-04T05:07:40Z  note   key kid a gone: EC P-256 ES256 sig',
    '2026-03-04T05:07:40Z  note   key kid b new: EC P-256 ES256 sig',
  ])
})

test('an outage is one line, its end another, and what changed meanwhile is told', async () => {
  publish()
  start()
  await clock.untilSleeping()
  server.on(metadata, { status: 503 })
  await minute()
  await minute()
  expect(kinds()).toEqual(['report', 'silence'])
  publish('b')
  await minute()
  expect(kinds()).toEqual(['report', 'silence', 'answer', 'change', 'change'])
})

test('a server that is away at first is reported once it answers', async () => {
  server.on(metadata, { status: 503 })
  start()
  await clock.untilSleeping()
  publish()
  await minute()
  expect(events.map((event) => event.event === 'report' && event.report.verdict)).toEqual([
    'undecided',
    'clean',
  ])
})

test('it ends when it is told to', async () => {
  publish()
  start()
  await clock.untilSleeping()
  stop.abort()
  expect(await ended).toBeInstanceOf(Error)
})

test.each([
  [
    ['https://id.example', '--watch'],
    ['https://id.example', '--watch=60'],
  ],
  [
    ['--watch', 'https://id.example'],
    ['--watch=60', 'https://id.example'],
  ],
  [
    ['--watch', '30', 'x'],
    ['--watch', '30', 'x'],
  ],
  [
    ['--watch', '-1'],
    ['--watch', '-1'],
  ],
  [['--watch=7'], ['--watch=7']],
  [
    ['--', '--watch'],
    ['--', '--watch'],
  ],
])('%j is read as %j', (argv, read) => {
  expect(withWatchSeconds(argv)).toEqual(read)
})
