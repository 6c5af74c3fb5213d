// What is proposed from what an issuer publishes, and why.
import { describe, expect, test } from 'vitest'
import type { Facts } from '../../../src/cli/init/facts.ts'
import {
  factLines,
  proposeClientAuth,
  proposeScopes,
  proposeStrategy,
  strategyReason,
} from '../../../src/cli/init/propose.ts'
import { shellWords } from '../../../src/cli/terminal/shell-words.ts'

const facts = (more: Partial<Facts> = {}): Facts => ({
  address: 'https://id.example.com',
  as: 'issuer',
  issuer: 'https://id.example.com',
  failure: undefined,
  problem: undefined,
  keys: { usable: 2, fault: undefined },
  introspectionEndpoint: 'https://id.example.com/introspect',
  authMethods: [],
  provider: undefined,
  tokens: undefined,
  scopes: [],
  isOpen: false,
  ...more,
})

const noKeys = { keys: { usable: 0, fault: 'Shared secret published' } }

describe('the strategy', () => {
  test.each([
    ['keys, and no client known', {}, false, 'jwt', /2 usable keys.*both would need a client/],
    ['keys, and a client', {}, true, 'both', /opaque tokens by asking/],
    [
      'one key alone',
      { keys: { usable: 1, fault: undefined }, introspectionEndpoint: undefined },
      true,
      'jwt',
      /^1 usable key:/,
    ],
    [
      'opaque tokens',
      { provider: 'Ory Hydra', tokens: 'opaque' },
      false,
      'both',
      /Ory Hydra are opaque/,
    ],
    [
      'introspection for few',
      { provider: 'Better Auth', tokens: 'jwt-only' },
      true,
      'jwt',
      /own client/,
    ],
    [
      'no usable key',
      noKeys,
      false,
      'introspection',
      /no usable key \(Shared secret published\), but/,
    ],
    ['no key set', { keys: undefined }, false, 'introspection', /no key set in its metadata, but/],
  ] as const)('%s', (_, more, hasClient, value, why) => {
    const proposal = proposeStrategy(facts(more), hasClient)
    expect(proposal?.value).toBe(value)
    expect(proposal?.why).toMatch(why)
  })

  test.each([
    ['neither keys nor introspection', { ...noKeys, introspectionEndpoint: undefined }],
    ['an issuer that cannot be asked', { failure: 'connection refused' }],
  ])('none: %s', (_, more) => {
    expect(proposeStrategy(facts(more), true)).toBeUndefined()
  })

  test('each has a reason, also against it', () => {
    expect(strategyReason('jwt', facts(noKeys))).toMatch(/no signature could be checked/)
    expect(strategyReason('both', facts({ introspectionEndpoint: undefined }))).toMatch(/names no/)
    expect(strategyReason('introspection', facts())).toMatch(/sees revocation/)
    expect(strategyReason('jwt', facts({ failure: 'x' }))).toMatch(/nothing is known/)
  })
})

test.each([
  [['client_secret_post', 'private_key_jwt'], undefined, 'client_secret_post'],
  [['private_key_jwt'], undefined, 'private_key_jwt'],
  [['tls_client_auth'], undefined, 'client_secret_basic'],
  [[], undefined, 'client_secret_basic'],
  [['client_secret_basic'], 'Glewlwyd', 'client_secret_post'],
] as const)('how the client authenticates: %j of %s', (authMethods, provider, expected) => {
  expect(proposeClientAuth(facts({ authMethods, provider })).value).toBe(expected)
})

test('scopes are those that the server asks for', () => {
  expect(proposeScopes(facts({ scopes: ['mcp:read'] })).value).toEqual(['mcp:read'])
  expect(proposeScopes(undefined).value).toEqual([])
})

test.each([
  [{}, ['issuer https://id.example.com', '2 usable keys, introspection']],
  [
    { as: 'mcp', address: 'https://a.example/mcp', provider: 'Keycloak', scopes: ['a', 'b'] },
    [
      'https://a.example/mcp names the issuer https://id.example.com (Keycloak)',
      '2 usable keys, introspection; scopes a b',
    ],
  ],
  [{ failure: 'refused' }, ['issuer https://id.example.com', 'it could not be asked: refused']],
  [
    { issuer: undefined, isOpen: true },
    [
      'https://id.example.com is an MCP server that requires no token and names no authorization server',
    ],
  ],
  [
    { issuer: undefined },
    ['https://id.example.com: neither an issuer nor an MCP server that names one'],
  ],
] as const)('what was found, in a line or two: %j', (more, lines) => {
  expect(factLines(facts(more))).toEqual(lines)
})

test.each([
  ['npx -y  server', ['npx', '-y', 'server']],
  [`node "my server.js" 'a "b"' c\\ d ""`, ['node', 'my server.js', 'a "b"', 'c d', '']],
  ['say "a \\" b"', ['say', 'a " b']],
  ['  ', []],
  ['a "b', undefined],
])('words of a shell: %s', (line, words) => {
  expect(shellWords(line, 'linux')).toEqual(words)
})

test('on Windows a backslash parts folders', () => {
  expect(shellWords('C:\\tools\\x.exe "C:\\my files"', 'win32')).toEqual([
    'C:\\tools\\x.exe',
    'C:\\my files',
  ])
})
