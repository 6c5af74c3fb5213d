// What counts as a change between two reports of discover, and what as getting worse.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../src/base/json.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { compareReports, type Comparison } from '../../../src/cli/discover/compare-reports.ts'
import { discoverOnce } from '../../../src/cli/discover/discover-address.ts'
import { comparable, readEarlierReport } from '../../../src/cli/discover/earlier-report.ts'
import { changeLine, comparisonMarkdown } from '../../../src/cli/discover/comparison-text.ts'
import { plainMarkdown } from '../../../src/cli/report/markdown.ts'
import { plain } from '../../../src/cli/terminal/style.ts'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'
import { goodKey, poison } from '../../support/hostile-server.ts'
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.ts'

let server: ScriptedServer
let folder: TempFolder
let base: JsonObject

const publish = (members: Record<string, unknown> = {}, keys: readonly unknown[] = [goodKey]) => {
  const { origin } = server
  server.on('/.well-known/oauth-authorization-server', {
    body: {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      jwks_uri: `${origin}/jwks`,
      scopes_supported: ['a', 'b'],
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      ...members,
    },
  })
  server.on('/jwks', { body: { keys } })
}

const look = async (failOn: 'high' | 'low' = 'high'): Promise<JsonObject> => {
  const flags = { as: 'issuer', 'fail-on': failOn, timeout: 20 } as const
  const report = await discoverOnce(server.origin, flags, { ports: systemPorts() })
  return JSON.parse(JSON.stringify(report)) as JsonObject
}

const readable = (report: Json) => {
  const read = comparable(report)
  if ('wanted' in read) throw new Error(`${read.at} should be ${read.wanted}`)
  return read
}

const compare = (before: Json, after: Json): Comparison =>
  compareReports(readable(before), readable(after), 'high')

const shown = ({ changes }: Comparison): readonly string[] =>
  changes.map((change) => changeLine(change, plain))

beforeAll(async () => {
  server = await startScriptedServer()
  folder = await makeTempFolder()
  publish()
  base = await look()
})
afterAll(async () => {
  await server.close()
  await folder.remove()
})

describe('no change', () => {
  test('the same server, asked again', async () => {
    publish()
    expect(compare(base, await look())).toEqual({ worse: false, changes: [] })
  })

  test('lists and members in another order', async () => {
    const { origin } = server
    server.on('/.well-known/oauth-authorization-server', {
      body: {
        scopes_supported: ['b', 'a'],
        response_types_supported: ['code'],
        jwks_uri: `${origin}/jwks`,
        code_challenge_methods_supported: ['S256'],
        token_endpoint: `${origin}/token`,
        authorization_endpoint: `${origin}/authorize`,
        issuer: origin,
      },
    })
    expect(compare(base, await look()).changes).toEqual([])
  })
})

describe('a change', () => {
  test('a finding that came and counts is worse; it went again is not', async () => {
    publish({ code_challenge_methods_supported: ['plain'] })
    const bad = await look()
    const came = compare(base, bad)
    expect(came.worse).toBe(true)
    expect(shown(came)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^worse {2}finding asm-pkce came: high: /),
        expect.stringMatching(/^worse {2}verdict changed: clean -> findings$/),
        'note   server-metadata code_challenge_methods_supported changed: +plain -S256',
      ]),
    )
    const went = compare(bad, base)
    expect(went.worse).toBe(false)
    expect(shown(went)).toContainEqual(expect.stringMatching(/^note {3}finding asm-pkce went: /))
  })

  test('a finding below --fail-on is told and not worse', async () => {
    publish({ grant_types_supported: ['authorization_code', 'password'] })
    const { worse, changes } = compare(base, await look())
    expect({ worse, changes: changes.filter((change) => change.worse) }).toEqual({
      worse: false,
      changes: [],
    })
    expect(changes).toContainEqual(
      expect.objectContaining({ area: 'finding', name: 'asm-legacy-grants', kind: 'added' }),
    )
  })

  test('an endpoint on another origin is worse, on another path it is not', async () => {
    publish({ token_endpoint: 'https://elsewhere.example/token' })
    const moved = { area: 'server-metadata', kind: 'changed', name: 'token_endpoint', worse: true }
    expect(compare(base, await look()).changes).toContainEqual(expect.objectContaining(moved))
    publish({ token_endpoint: `${server.origin}/oauth/token` })
    expect(compare(base, await look())).toMatchObject({
      worse: false,
      changes: [{ name: 'token_endpoint', worse: false }],
    })
  })

  test('a rotation: the next key, then without the old one', async () => {
    const next = { ...goodKey, kid: 'next', x: goodKey.x, y: goodKey.y }
    publish({}, [goodKey, next])
    const both = await look()
    const added = compare(base, both)
    expect(added.worse).toBe(false)
    expect(shown(added)).toContain('note   key kid next new: EC P-256 ES256 sig')
    publish({}, [next])
    expect(shown(compare(both, await look()))).toContain(
      'note   key kid good gone: EC P-256 ES256 sig',
    )
  })

  test('another key under the same kid is worse', async () => {
    const other = {
      ...goodKey,
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    }
    publish({}, [other])
    const { worse, changes } = compare(base, await look())
    expect(worse).toBe(true)
    expect(changes).toMatchObject([{ area: 'key', kind: 'changed', name: 'good', worse: true }])
  })

  test('a document that is gone is one change, not one for each member', async () => {
    server.on('/.well-known/oauth-authorization-server', { status: 404 })
    const { worse, changes } = compare(base, await look())
    expect(worse).toBe(true)
    expect(changes.filter(({ area }) => area === 'server-metadata')).toHaveLength(1)
  })

  test('a grade that fell, wherever the letter stands', () => {
    const graded = (grade: Json) => ({ ...base, grade })
    expect(compare(graded('A'), graded('C')).worse).toBe(true)
    expect(compare(graded({ letter: 'B' }), graded({ letter: 'F' })).worse).toBe(true)
    expect(compare(graded('C'), graded('A'))).toMatchObject({
      worse: false,
      changes: [{ area: 'grade', before: 'C', after: 'A' }],
    })
    expect(compare(graded({ letter: null }), graded(null)).changes).toEqual([])
  })

  test('another --fail-on is no other verdict', async () => {
    publish()
    expect(compare(base, await look('low')).changes).toEqual([])
  })

  test('what a server says steers nothing here either', async () => {
    publish({ scopes_supported: [poison], [poison]: poison }, [{ ...goodKey, kid: poison }])
    const comparison = compare(base, await look())
    const text = [
      ...shown(comparison),
      comparisonMarkdown(comparison, 'x', plainMarkdown).replaceAll('\n', ''),
    ].join('')
    expect(comparison.changes.length).toBeGreaterThan(2)
    expect(text).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u)
  })
})

describe('a file that is no earlier report', () => {
  const read = async (text: string) => {
    const file = await folder.write('earlier.json', text)
    return () => readEarlierReport(file, server.origin)
  }

  test.each([
    ['not JSON', '{\n  "a": x', 'not JSON'],
    ['empty', '', 'not JSON: empty'],
    ['a list', '[]', 'the document must be an object'],
    ['of another command', '{"command":"validate"}', 'command must be "discover"'],
    ['of another version', '{"command":"discover","schema_version":2}', 'schema_version must be 1'],
    ['too deep', '['.repeat(100_000), 'nested deeper'],
  ])('%s', async (_, text, words) => {
    expect(await read(text)).toThrow(words)
  })

  test('the place is told', async () => {
    const problem = await read('{\n  "a": x').then((attempt) => {
      try {
        attempt()
      } catch (error) {
        return (error as { problems: readonly { place?: unknown }[] }).problems[0]
      }
      return undefined
    })
    expect(problem?.place).toMatchObject({ line: 2, column: 8 })
  })

  test('of another address', async () => {
    const attempt = await read(JSON.stringify({ ...base, address: 'https://other.example' }))
    expect(attempt).toThrow('a report about https://other.example')
  })

  test('whatever stands in the members, it is read or refused, never a crash', async () => {
    const wrong: readonly Json[] = [null, 7, 'x', [], [7], {}, { keys: 7 }, { keys: [7, null] }]
    for (const name of Object.keys(base)) {
      for (const value of wrong) {
        const report = comparable({ ...base, [name]: value })
        const changes =
          'wanted' in report
            ? report.wanted
            : compareReports(report, readable(base), 'high').changes
        expect(changes).toBeDefined()
      }
    }
  })

  test('a report as it is', async () => {
    const attempt = await read(JSON.stringify(base))
    expect(attempt().address).toBe(server.origin)
  })
})
