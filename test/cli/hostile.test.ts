// Whatever a server does: discover ends, says the right thing first, and shows nothing that steers a terminal.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemPorts } from '../../src/net/system-ports.ts'
import { findingOf, discoverOnce } from '../../src/cli/discover/discover-address.ts'
import type { DiscoverReport } from '../../src/cli/discover/discover-report.ts'
import { jsonText } from '../../src/base/escape.ts'
import type { Format } from '../../src/cli/report/formats.ts'
import { mostRequests } from '../../src/net/interceptors/request-budget.ts'
import { plain } from '../../src/cli/terminal/style.ts'
import { hostileRoutes, startHostileServer, type HostileServer } from '../support/hostile-server.ts'
import { hostileTable } from '../support/hostile-table.ts'

/** Written apart from the one that escapes, so that neither hides a gap in the other. */
const steering =
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/u

/** A line that a server made, not we. */
const forged = /^\s*FORGED/m

let server: HostileServer

beforeAll(async () => {
  server = await startHostileServer()
})
afterAll(() => server.close())

const look = (name: string, timeout: number): Promise<DiscoverReport> =>
  discoverOnce(
    server.address(name),
    { as: hostileRoutes[name]?.as, 'fail-on': 'high', timeout },
    { ports: systemPorts() },
  )

const formats: readonly (Format | undefined)[] = [undefined, 'markdown', 'junit']

const outputs = (report: DiscoverReport): readonly string[] => [
  jsonText(report, 2),
  jsonText(report),
  ...formats.flatMap((format) => {
    const { text, line = text } = findingOf(report, format, undefined)
    return [text(plain), line(plain)]
  }),
  findingOf(report, undefined, 80).text(plain),
]

test('the table and the server know the same routes, and there are enough of them', () => {
  expect(Object.keys(hostileTable).toSorted()).toEqual(Object.keys(hostileRoutes).toSorted())
  expect(Object.keys(hostileTable).length).toBeGreaterThan(100)
})

test.each(Object.entries(hostileTable))('%s', async (name, row) => {
  const asked = server.count()
  const report = await look(name, row.slow === true ? 1 : 25)
  const { exitCode } = findingOf(report, undefined, undefined)
  expect({ exit: exitCode, first: report.problem?.code }).toEqual({
    exit: row.exit,
    first: row.first,
  })
  for (const text of outputs(report)) {
    expect(steering.exec(text)?.[0]).toBeUndefined()
    expect(forged.exec(text)?.[0]).toBeUndefined()
  }
  // What is meant for people stays readable whatever the server sends.
  expect(findingOf(report, undefined, undefined).text(plain).length).toBeLessThan(40_000)
  expect(server.count() - asked).toBeLessThanOrEqual(mostRequests)
})

test('none of it stays in memory', async () => {
  const held = ['five-gigabytes', 'gzip-bomb', 'keys-many', 'huge-headers', 'issuer-huge']
  for (const name of held) await look(name, 25)
  const before = process.memoryUsage().rss
  for (let round = 0; round < 5; round += 1) {
    for (const name of held) await look(name, 25)
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
})

test('nothing that a document says can change our objects', () => {
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})
