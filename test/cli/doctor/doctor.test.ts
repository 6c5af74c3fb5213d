// What the doctor concludes from what it saw: clocks, certificates, names, references, secrets.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import type { PeerLook } from '../../../src/net/peer-certificate.ts'
import { networkProblems } from '../../../src/problems/catalogue/network.ts'
import { surroundingsProblems } from '../../../src/problems/catalogue/surroundings.ts'
import { judgeClocks, serverClocks } from '../../../src/cli/doctor/clock.ts'
import type { ExaminedBackend } from '../../../src/cli/doctor/backend-examination.ts'
import { backends } from '../../../src/cli/doctor/backends.ts'
import { tlsChecks } from '../../../src/cli/doctor/network.ts'
import { judgeReferences } from '../../../src/cli/doctor/references.ts'
import type { DoctorContext } from '../../../src/cli/doctor/world.ts'
import { showPath } from '../../../src/config/key-path.ts'
import { referencesOf, type Reference } from '../../../src/config/references.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { secretAccidents, secretShape } from '../../../src/core/client/secret-shape.ts'
import { headerFaults } from '../../../src/mcp/tool-lint.ts'

const told = (checks: readonly { readonly status: string; readonly message?: string }[]) =>
  checks.flatMap(({ status, message }) => (status === 'warn' || status === 'fail' ? [message] : []))

describe('clocks', () => {
  const hour = 3_600_000
  const at = (host: string, offset: number) => ({ host, offset })

  test('all agree', () => {
    expect(judgeClocks([at('a', 0), at('b', 1200)])).toEqual([{ id: 'time-clock', status: 'pass' }])
  })

  test('nobody told the time', () => {
    expect(judgeClocks([])).toMatchObject([{ status: 'skip' }])
  })

  test('all servers agree against us: we are off', () => {
    expect(told(judgeClocks([at('a', hour), at('b', hour + 900)]))).toEqual([
      'The local clock is 3600 s ahead of all 2 servers: it is the one that is off',
    ])
  })

  test('one server against us and the others: it is off', () => {
    expect(told(judgeClocks([at('a', 0), at('b', -hour)]))).toEqual([
      'The local clock is 3600 s behind b, and agrees with 1 other: that server is off',
    ])
  })

  test('one server alone cannot tell', () => {
    expect(told(judgeClocks([at('a', hour)]))).toEqual([
      'The local clock is 3600 s ahead of a; with one server to compare it cannot be told which of the two is off',
    ])
  })

  test('of several answers of a server the one that agrees best counts', () => {
    const now = Date.parse('2026-11-23T17:40:00Z')
    const head = (ms: number) => ({
      origin: 'https://id.example',
      startedAt: now,
      ms: 20,
      headers: { date: new Date(now - ms).toUTCString() },
    })
    expect(serverClocks([head(hour), head(0)])).toEqual([at('id.example', 0)])
  })
})

describe('certificates', () => {
  const now = Date.parse('2026-11-23T00:00:00Z')
  const day = 86_400_000
  const shown = (days: number, distrust?: string): PeerLook => ({
    distrust,
    protocol: 'TLSv1.3',
    names: ['id.example'],
    authority: 'ca',
    validFrom: now - day,
    validTo: now + days * day,
  })
  const looked = (seen: PeerLook) =>
    tlsChecks({ origin: 'https://id.example', host: 'id.example' }, seen, now)

  it.each([
    [13, ['id.example: the certificate expires in 13 days (2026-12-06)']],
    [15, []],
  ])('that end in %d days', (days, said) => {
    expect(told(looked(shown(days)).checks)).toEqual(said)
  })

  test('one that has ended is told once', () => {
    const { checks } = looked(shown(-1, 'CERT_HAS_EXPIRED'))
    expect(told(checks)).toEqual(['id.example: the certificate expired on 2026-11-22'])
  })

  test('who is not there at all is told elsewhere, who falls silent leaves it open', () => {
    expect(looked({ why: 'connection refused', end: 'nobody' })).toEqual({ checks: [], open: [] })
    const { checks, open } = looked({ why: 'no TLS handshake in time', end: 'silent' })
    expect([told(checks), told(open)]).toEqual([[], ['id.example: no TLS handshake in time']])
  })

  test('who speaks no TLS is told', () => {
    const { checks } = looked({ why: 'no TLS handshake (EPROTO)', end: 'other' })
    expect(told(checks)).toEqual(['id.example: no TLS handshake (EPROTO)'])
  })
})

const config = configSchema.parse({
  proxy: { name: 'desk' },
  backends: [{ name: 'files', transport: 'stdio', command: 'node' }],
})

const up = (tools: readonly object[], ms = 100): ExaminedBackend =>
  ({
    state: 'up',
    config: config.backends[0]!,
    ms,
    said: [],
    further: undefined,
    health: {
      state: 'up',
      since: 0,
      era: 'legacy',
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
    },
    lists: [{ kind: 'tools', items: tools, trouble: undefined, isCut: false }],
  }) as ExaminedBackend

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })

describe('backends', () => {
  const look = async (found: ExaminedBackend) =>
    backends({
      loaded: { config },
      backends: () => Promise.resolve([found]),
    } as unknown as DoctorContext)

  test('one that needs longer than calls wait', async () => {
    const [section] = await look(up([tool('read')], 7200))
    expect(told(section?.checks ?? [])).toContain(
      'The first answer came after 7.2 s; calls wait 5 s for it',
    )
  })

  test('tools that do not say what they do', async () => {
    const tools = [tool('a'), { ...tool('b'), annotations: { destructiveHint: false } }]
    const [section] = await look(up(tools))
    expect(told(section?.checks ?? [])).toEqual([
      '1 of 2 tools have neither readOnlyHint nor destructiveHint',
    ])
  })
})

describe('references', () => {
  const name = (kind: Reference['kind'], name: string): Reference => ({
    path: ['roles', 0, 'allow', 0],
    kind,
    name,
    issuer: undefined,
  })
  const live = (found: readonly ExaminedBackend[]) => ({
    issuers: [],
    backends: found,
    separator: '__',
    own: ['both', 'proxy/both'],
  })

  it.each([
    ['files__read', []],
    ['files/read', []],
    ['files/raed', [expect.stringContaining('files/raed')]],
    ['files__*', []],
    ['*', []],
    ['files__rea', ['roles[0].allow[0] names the tool files__rea, and no backend has such a tool']],
    ['files__r.ad', [expect.stringContaining('files__r.ad')]],
    ['other__*', [expect.stringContaining('other__*')]],
    ['other/*', [expect.stringContaining('other/*')]],
    ['files__rea?', []],
    ['proxy/both', []],
    ['proxy/bot', [expect.stringContaining('proxy/bot')]],
  ])('the tool %s', (pattern, said) => {
    const checks = judgeReferences([name('tool', pattern)], live([up([tool('read')])]))
    expect(told(checks)).toEqual(said)
  })

  test('all prompts of a backend that has none may be named', () => {
    const checks = judgeReferences([name('prompt', 'files/*')], live([up([tool('read')])]))
    expect(checks).toMatchObject([{ status: 'pass' }])
  })

  test.each([
    [{ profiles: [{ name: 'a', deny_tools: ['files/x'] }] }, 'profiles[0].deny_tools[0]'],
    [
      {
        auth: { type: 'bearer', scoped_tokens: [{ token: 't'.repeat(32), allow_prompts: ['x'] }] },
      },
      'auth.scoped_tokens[0].allow_prompts[0]',
    ],
    [
      { auth: { type: 'none', rules: [{ when: 'true', effect: 'deny', tools: ['x'] }] } },
      'auth.rules[0].tools[0]',
    ],
    [
      { auth: { type: 'keys', keys_file: 'k', roles: [{ name: 'r', allow_tools: ['x'] }] } },
      'auth.roles[0].allow_tools[0]',
    ],
    [
      { auth: { type: 'keys', keys_file: 'k', tool_scopes: { 'files/x': ['s'] } } },
      'auth.tool_scopes."files/x"',
    ],
    [{ limits: { rules: [{ name: 'l', requests: 1, tools: ['x'] }] } }, 'limits.rules[0].tools[0]'],
  ])('%j names something', (part, key) => {
    const { data } = configSchema.safeParse({
      proxy: { name: 'desk' },
      backends: [{ name: 'files', transport: 'stdio', command: 'node' }],
      ...part,
    })
    const keys = referencesOf(data!).map(({ path }) => showPath(path))
    expect(keys).toContain(key)
  })

  test('a backend that is away may have it', () => {
    const away = { state: 'silent', config: config.backends[0]!, ms: 1, said: [] } as const
    const checks = judgeReferences([name('tool', 'x')], live([away]))
    expect(checks).toMatchObject([{ status: 'skip' }])
  })
})

describe('secrets', () => {
  it.each([
    ['s3cret-of-a-client', []],
    [' s3cret', ['begins with white space']],
    ['s3cret ', ['ends with white space']],
    ['s3c\nret', ['has a line break inside']],
    ['"s3cret"', ['is wrapped in quotes']],
    ['changeme', ['is a placeholder']],
    ['<secret>', ['is a placeholder']],
    ['Bearer abc', ['begins with the name of a scheme']],
    ['-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----', []],
  ])('%j', (value, accidents) => {
    expect(secretAccidents(value)).toEqual(accidents)
  })

  test('the shape says nothing of the value', () => {
    expect(secretShape('ab:cd%ef')).toBe('8 characters, 2 of them need form-encoding')
  })
})

describe('tools', () => {
  const schema = (properties: object, more: object = {}) => ({
    ...tool('t'),
    inputSchema: { type: 'object', properties, ...more },
  })
  it.each([
    ['an argument', schema({ a: { type: 'string', 'x-mcp-header': 'A' } }), 0],
    [
      'a nested one',
      schema({ o: { properties: { a: { type: 'integer', 'x-mcp-header': 'A' } } } }),
      0,
    ],
    ['a property of that name', schema({ 'x-mcp-header': { type: 'string' } }), 0],
    ['no name of a header', schema({ a: { type: 'string', 'x-mcp-header': 'A B' } }), 1],
    ['a number', schema({ a: { type: 'number', 'x-mcp-header': 'A' } }), 1],
    [
      'the same header twice, in another case',
      schema({
        a: { type: 'string', 'x-mcp-header': 'A' },
        b: { type: 'string', 'x-mcp-header': 'a' },
      }),
      1,
    ],
    [
      'inside of a list',
      schema({ l: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } }),
      1,
    ],
    [
      'inside of a choice',
      schema({}, { anyOf: [{ properties: { a: { 'x-mcp-header': 'A' } } }] }),
      1,
    ],
  ])('x-mcp-header on %s', (_name, described, faults) => {
    expect(headerFaults(described as unknown as JsonObject)).toHaveLength(faults)
  })
})

test('every id of the surroundings is seen by a test of the doctor', () => {
  const tests = join(import.meta.dirname, '..', '..')
  const text = [
    ...readdirSync(join(tests, 'e2e'))
      .filter((name) => name.startsWith('cli-doctor'))
      .map((name) => readFileSync(join(tests, 'e2e', name), 'utf8')),
    readFileSync(join(import.meta.dirname, 'doctor.test.ts'), 'utf8'),
  ].join('\n')
  const bySentence = ['backend-slow', 'backend-annotations']
  const ofDiscover = ['net-reach']
  const unseen = Object.keys({ ...networkProblems, ...surroundingsProblems }).filter(
    (id) => !text.includes(id) && ![...bySentence, ...ofDiscover].includes(id),
  )
  expect(unseen).toEqual([])
})
