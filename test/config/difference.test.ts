// What two configurations differ in, and that no secret is part of what is said about it.
import { expect, test } from 'vitest'
import { configDifference } from '../../src/config/difference.ts'
import { configSchema } from '../../src/config/schema.ts'

const config = (sections: object = {}) =>
  configSchema.parse({
    proxy: { name: 'p' },
    backends: [{ name: 'files', transport: 'stdio', command: 'files-server' }],
    ...sections,
  })

const keysOf = (before: object, after: object) =>
  configDifference(config(before), config(after)).map(({ key }) => key)

test('the same configuration differs in nothing', () => {
  expect(keysOf({}, {})).toEqual([])
})

test('a value that changed is shown as it was and as it is', () => {
  expect(
    configDifference(config(), config({ proxy: { name: 'p', instructions: 'new', max_calls: 5 } })),
  ).toEqual([
    { key: 'proxy.max_calls', before: '20000', after: '5' },
    { key: 'proxy.instructions', before: null, after: '"new"' },
  ])
})

test('backends are compared by their names, whatever their order', () => {
  const http = { name: 'web', transport: 'http', url: 'https://a.example/mcp' }
  const files = { name: 'files', transport: 'stdio', command: 'files-server' }
  expect(keysOf({ backends: [files, http] }, { backends: [http, files] })).toEqual(['backends'])
  expect(
    keysOf(
      { backends: [files, http] },
      { backends: [files, { ...http, url: 'https://b.example' }] },
    ),
  ).toEqual(['backends[web].url'])
  expect(keysOf({ backends: [files] }, { backends: [http] })).toEqual([
    'backends[files]',
    'backends[web]',
  ])
})

test('a change of section by type names the members that came and went', () => {
  expect(keysOf({}, { auth: { type: 'bearer', tokens: ['a-token-of-16-chars'] } })).toEqual([
    'auth.type',
    'auth.tokens',
  ])
})

test.each([
  [
    'a bearer token',
    { auth: { type: 'bearer', tokens: ['canary-before'] } },
    { auth: { type: 'bearer', tokens: ['canary-after'] } },
    'auth.tokens',
  ],
  [
    'the admin token',
    { security: { admin_token: 'canary-before' } },
    { security: { admin_token: 'canary-after' } },
    'security.admin_token',
  ],
  [
    'an argument of a backend',
    { backends: [{ name: 'a', transport: 'stdio', command: 'x', args: ['--key=canary-before'] }] },
    { backends: [{ name: 'a', transport: 'stdio', command: 'x', args: ['--key=canary-after'] }] },
    'backends[a].args',
  ],
  [
    'the query of an address',
    { backends: [{ name: 'a', transport: 'http', url: 'https://a.example/?key=canary-before' }] },
    { backends: [{ name: 'a', transport: 'http', url: 'https://a.example/?key=canary-after' }] },
    'backends[a].url',
  ],
  [
    'a variable of a child',
    { backends: [{ name: 'a', transport: 'stdio', command: 'x', env: { KEY: 'canary-before' } }] },
    { backends: [{ name: 'a', transport: 'stdio', command: 'x', env: { KEY: 'canary-after' } }] },
    'backends[a].env.KEY',
  ],
])('%s is seen to change and not shown', (_, before, after, key) => {
  const changes = configDifference(config(before), config(after))
  expect(changes.map((change) => change.key)).toEqual([key])
  expect(JSON.stringify(changes)).not.toContain('canary')
})

test('a backend that is removed is not shown with its secrets', () => {
  const secret = { name: 'b', transport: 'stdio', command: 'x', env: { KEY: 'canary' } }
  const files = { name: 'files', transport: 'stdio', command: 'files-server' }
  const changes = configDifference(config({ backends: [files, secret] }), config())
  expect(JSON.stringify(changes)).not.toContain('canary')
})
