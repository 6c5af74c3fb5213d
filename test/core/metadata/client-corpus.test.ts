// Generated answers at each location before the good document, through the official clients and through ours: where one
// of them stops, we say so, and where we refuse what they take, the reason is written here.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  completeMetadata,
  judgeIssuer,
  locationsOf,
  type Judgement,
} from '../../support/client-corpus.ts'
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../support/scripted-server.ts'

interface Origins {
  readonly other: string
}

interface Answer {
  readonly name: string
  readonly answer: (issuer: string, origins: Origins) => ScriptedAnswer
}

const types = ['application/json', 'text/html', undefined]

const bodies: Readonly<Record<string, (issuer: string) => string | Uint8Array>> = {
  metadata: (issuer) => JSON.stringify(completeMetadata(issuer)),
  'metadata behind a byte order mark': (issuer) =>
    `\ufeff${JSON.stringify(completeMetadata(issuer))}`,
  'metadata of another issuer': (issuer) => JSON.stringify(completeMetadata(`${issuer}/other`)),
  'metadata of the issuer with a slash': (issuer) => JSON.stringify(completeMetadata(`${issuer}/`)),
  'metadata without issuer': (issuer) =>
    JSON.stringify({ ...completeMetadata(issuer), issuer: undefined }),
  'metadata with a member twice': (issuer) =>
    JSON.stringify(completeMetadata(issuer)).replace('{', '{"jwks_uri":"https://x.test",'),
  'metadata of invalid UTF-8': (issuer) =>
    Buffer.from(JSON.stringify(completeMetadata(issuer, { x: '\u00ff' })), 'latin1'),
  'metadata that was cut': (issuer) => JSON.stringify(completeMetadata(issuer)).slice(0, -20),
  'metadata in a list': (issuer) => JSON.stringify([completeMetadata(issuer)]),
  nothing: () => '',
  blanks: () => ' \n',
  HTML: () => '<!doctype html><title>Dashboard</title>',
  words: () => 'Not Found',
  null: () => 'null',
  'an empty object': () => '{}',
  'an error': () => '{"error":"not_found"}',
  'a string': () => '"ok"',
}

const headersOf = (type: string | undefined) => (type === undefined ? {} : { 'content-type': type })

const successes: readonly Answer[] = Object.entries(bodies).flatMap(([name, body]) =>
  types.map((type) => ({
    name: `200 ${type ?? 'without a type'}, ${name}`,
    answer: (issuer: string) => ({ headers: headersOf(type), body: body(issuer) }),
  })),
)

const otherSuccesses: readonly Answer[] = [201, 202, 203, 204, 206].flatMap((status) =>
  ['metadata', 'nothing', 'HTML'].map((name) => ({
    name: `${String(status)}, ${name}`,
    answer: (issuer: string) => ({
      status,
      headers: headersOf('application/json'),
      body: status === 204 ? '' : bodies[name]!(issuer),
    }),
  })),
)

const refusals: readonly Answer[] = [
  300, 304, 400, 401, 402, 403, 404, 405, 406, 410, 415, 418, 421, 429, 451, 500, 501, 502, 503,
  504, 507, 520,
].flatMap((status) =>
  ['HTML', 'metadata'].map((name) => ({
    name: `${String(status)}, ${name}`,
    answer: (issuer: string) => ({
      status,
      headers: headersOf(name === 'HTML' ? 'text/html' : 'application/json'),
      body: status === 304 ? '' : bodies[name]!(issuer),
    }),
  })),
)

const redirectTo = (status: number, location?: string): ScriptedAnswer => ({
  status,
  headers: location === undefined ? {} : { location },
})

const redirects: readonly Answer[] = [301, 302, 303, 307, 308].flatMap((status) => [
  { name: `${String(status)} to a page`, answer: () => redirectTo(status, '/login') },
  { name: `${String(status)} to nothing`, answer: () => redirectTo(status, '/nowhere') },
  { name: `${String(status)} to an error`, answer: () => redirectTo(status, '/down') },
  {
    name: `${String(status)} to the metadata`,
    answer: (issuer: string) => redirectTo(status, `/copy?of=${encodeURIComponent(issuer)}`),
  },
  {
    name: `${String(status)} to another origin`,
    answer: (_issuer: string, { other }: Origins) => redirectTo(status, `${other}/login`),
  },
  { name: `${String(status)} without a location`, answer: () => redirectTo(status) },
  { name: `${String(status)} in a circle`, answer: () => redirectTo(status, '/circle') },
])

const faults: readonly Answer[] = [
  { name: 'a connection that is reset', answer: () => ({ reset: true }) },
  {
    name: 'a body that is cut off',
    answer: () => ({ cut: true, body: '{"issuer":', headers: headersOf('application/json') }),
  },
]

const answers = [...successes, ...otherSuccesses, ...refusals, ...redirects, ...faults]

/** The document is behind the answer, at the next location that clients ask, or behind all that they ask. */
const places = [
  { name: 'an issuer without a path, first', path: '', at: 0, good: 1 },
  { name: 'an issuer with a path, first', path: '/realms/dev', at: 0, good: 1 },
  { name: 'an issuer with a path, second', path: '/realms/dev', at: 1, good: 2 },
  { name: 'an issuer with a path, third', path: '/realms/dev', at: 2, good: 3 },
] as const

/** Where we complain and both clients get in. */
const stricter: readonly (readonly [
  why: string,
  is: (name: string, found: Judgement) => boolean,
])[] = [
  [
    'a member appears twice: parsers disagree about which value counts, and these take the last',
    (name, { ours }) => name.includes('twice') && ours.includes('asm-duplicate-member'),
  ],
  [
    'JSON that is not UTF-8: these put a replacement character there, others refuse the document',
    (name, { ours }) => name.includes('invalid UTF-8') && ours.includes('asm-first'),
  ],
]

const isIn = ({ client, sdk }: Judgement): boolean => client === undefined && sdk === undefined

let server: ScriptedServer
let other: ScriptedServer

beforeAll(async () => {
  server = await startScriptedServer()
  other = await startScriptedServer({ '/login': { headers: headersOf('text/html'), body: '<p>' } })
  server.on('/login', { headers: headersOf('text/html'), body: '<!doctype html><p>Log in</p>' })
  server.on('/down', { status: 503 })
  server.on('/circle', redirectTo(302, '/circle'))
  server.on('/copy', ({ url }) => ({
    body: completeMetadata(new URL(url, server.origin).searchParams.get('of') ?? ''),
  }))
})
afterAll(async () => {
  await server.close()
  await other.close()
})

const judged = async ({ answer }: Answer, { path, at, good }: (typeof places)[number]) => {
  const issuer = `${server.origin}${path}`
  for (const [index, location] of locationsOf(path).entries()) {
    const here = index === at ? answer(issuer, { other: other.origin }) : undefined
    const there = index === good ? { body: completeMetadata(issuer) } : { status: 404 }
    server.on(location, here ?? there)
  }
  return judgeIssuer(issuer)
}

test('the corpus has several hundred members', () => {
  expect(answers.length * places.length).toBeGreaterThan(500)
  expect(new Set(answers.map(({ name }) => name)).size).toBe(answers.length)
})

describe.each(places)('$name', (place) => {
  test('we complain where an official client stops, and nowhere else without a reason', async () => {
    const wrong: string[] = []
    let getIn = 0
    for (const answer of answers) {
      const found = await judged(answer, place)
      const accepted = found.ours.length === 0
      if (isIn(found)) getIn += 1
      if (accepted === isIn(found)) continue
      if (isIn(found) && stricter.some(([, is]) => is(answer.name, found))) continue
      wrong.push(
        `${answer.name}: client ${found.client ?? 'in'}; sdk ${found.sdk ?? 'in'}; ours ${found.ours.join(' ') || 'in'}`,
      )
    }
    expect(wrong).toEqual([])
    // A corpus that always gives the same answer would prove nothing.
    expect(getIn).toBeGreaterThan(10)
    expect(getIn).toBeLessThan(answers.length - 10)
  }, 60_000)
})
