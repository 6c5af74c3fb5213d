// Generated answers in the place of the metadata of a resource, through the official client and through ours.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { discoverResource } from '../../../src/core/resource/resource-discovery.ts'
import { graveFindings, resourceRefusal } from '../../support/client-corpus.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../support/scripted-server.ts'

const inserted = '/.well-known/oauth-protected-resource/mcp'
const root = '/.well-known/oauth-protected-resource'
const named = '/metadata'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
  server.on('/login', { headers: { 'content-type': 'text/html' }, body: '<!doctype html>' })
  server.on('/copy', () => good())
})
afterAll(() => server.close())

const document = () =>
  JSON.stringify({
    resource: `${server.origin}/mcp`,
    authorization_servers: ['https://id.example'],
    scopes_supported: ['mcp:read'],
    bearer_methods_supported: ['header'],
  })
const json = { 'content-type': 'application/json' }
const good = (): ScriptedAnswer => ({ body: document(), headers: json })

const bodies: Readonly<Record<string, () => string | Uint8Array>> = {
  metadata: document,
  'metadata behind a byte order mark': () => `\ufeff${document()}`,
  'metadata that was cut': () => document().slice(0, -9),
  'metadata with a member twice': () =>
    document().replace('{', '{"resource_name":"a","resource_name":"b",'),
  'metadata of invalid UTF-8': () =>
    Buffer.from(document().replace('{', '{"resource_name":"\u00ff",'), 'latin1'),
  'metadata without resource': () => '{"authorization_servers":["https://id.example"]}',
  nothing: () => '',
  blanks: () => ' \n',
  HTML: () => '<!doctype html><title>Dashboard</title>',
  words: () => 'Not Found',
  null: () => 'null',
  'a list': () => `[${document()}]`,
  'an error': () => '{"error":"not_found"}',
}

interface Answer {
  readonly name: string
  readonly answer: () => ScriptedAnswer
}

const answers: readonly Answer[] = [
  ...Object.entries(bodies).flatMap(([name, body]) =>
    [json, { 'content-type': 'text/html' }, {}].map((headers: Record<string, string>) => ({
      name: `200 ${headers['content-type'] ?? 'without a type'}, ${name}`,
      answer: () => ({ headers, body: body() }),
    })),
  ),
  ...[
    201, 202, 203, 206, 300, 304, 400, 401, 403, 404, 405, 410, 429, 500, 501, 502, 503, 504,
  ].flatMap((status) =>
    ['metadata', 'HTML'].map((name) => ({
      name: `${String(status)}, ${name}`,
      answer: () => ({ status, headers: json, body: status === 304 ? '' : bodies[name]!() }),
    })),
  ),
  { name: '204', answer: () => ({ status: 204 }) },
  ...[301, 302, 303, 307, 308].flatMap((status) =>
    ['/login', '/copy', '/nowhere'].map((location) => ({
      name: `${String(status)} to ${location}`,
      answer: () => ({ status, headers: { location } }),
    })),
  ),
  { name: 'a connection that is reset', answer: () => ({ reset: true }) },
]

/** What each location answers, where X is the member of the corpus. */
const places = [
  { name: 'named by the challenge', challenge: true, named: 'X', inserted: 'good', root: 'good' },
  {
    name: 'inserted, and good at the root',
    challenge: false,
    named: '-',
    inserted: 'X',
    root: 'good',
  },
  { name: 'inserted, and nowhere else', challenge: false, named: '-', inserted: 'X', root: '-' },
  { name: 'at the root alone', challenge: false, named: '-', inserted: '-', root: 'X' },
] as const

type Found = Awaited<ReturnType<typeof discoverResource>>

/** Where we complain and the official client takes the metadata. */
const stricter: readonly (readonly [why: string, is: (name: string, found: Found) => boolean])[] = [
  [
    'clients of 2025-06-18, and of RFC 9728 alone, do not ask at the root',
    (_, { checks, attempts }) =>
      checks.some(
        (check) => check.id === 'prm-location' && 'case' in check && check.case === 'elsewhere',
      ) && attempts.some(({ from, document: found }) => from === 'root' && found !== undefined),
  ],
  [
    'a member appears twice: parsers disagree about which value counts',
    (name, { checks }) =>
      name.includes('twice') && graveFindings(checks).includes('prm-duplicate-member'),
  ],
  [
    'JSON that is not UTF-8: others than this client refuse the document',
    (name) => name.includes('invalid UTF-8'),
  ],
]

/** It asks for metadata, not for a resource of that name: the finding is of another kind than being stopped. */
const unrelated = new Set(['prm-challenge'])

describe.each(places)('$name', (place) => {
  test('we complain where the official client stops, and nowhere else without a reason', async () => {
    const url = `${server.origin}/mcp`
    const wrong: string[] = []
    let taken = 0
    for (const { name, answer } of answers) {
      const scripts = { X: answer(), good: good(), '-': { status: 404 } }
      server.on(named, scripts[place.named])
      server.on(inserted, scripts[place.inserted])
      server.on(root, scripts[place.root])
      const parameter = place.challenge ? `resource_metadata="${server.origin}${named}", ` : ''
      server.on('/mcp', {
        status: 401,
        headers: { 'www-authenticate': `Bearer ${parameter}scope="mcp:read"` },
      })
      const refusal = await resourceRefusal(
        url,
        place.challenge ? `${server.origin}${named}` : undefined,
      )
      const found = await discoverResource(url, systemPorts())
      if (refusal === undefined) taken += 1
      const open = found.checks.some(
        (check) => check.status === 'skip' && check.missing === 'answer',
      )
      const ours = graveFindings(found.checks).filter((id) => !unrelated.has(id))
      const complains = ours.length > 0 || open
      if (complains === (refusal !== undefined)) continue
      if (refusal === undefined && stricter.some(([, is]) => is(name, found))) continue
      wrong.push(`${name}: client ${refusal ?? 'takes it'}; ours ${ours.join(' ') || 'take it'}`)
    }
    expect(wrong).toEqual([])
    expect(taken).toBeGreaterThan(5)
  }, 60_000)
})
