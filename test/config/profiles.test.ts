// [[profiles]]: what is refused, and where.
import { describe, expect, it, test } from 'vitest'
import { profileConfig } from '../../src/config/profiles.ts'
import { weakerThan } from '../../src/config/weaker.ts'
import { minimal, problemsOf, read, shown } from './reading.ts'

const profile = (keys: string): string => `${minimal}\n[[profiles]]\nname = "readers"\n${keys}\n`

const cases: readonly (readonly [string, string, string])[] = [
  [
    'a backend that does not exist',
    profile('backends = ["files", "wiki"]'),
    '11:22 config-value profiles[0].backends[1]: "wiki" is no backend that callers see: "files" | name a backend',
  ],
  [
    'two of one name',
    `${profile('')}[[profiles]]\nname = "readers"\n`,
    'profiles[1].name: "readers" is there already, at profiles[0].name',
  ],
  [
    'a name that is no end of an address',
    profile('').replace('"readers"', '"The readers"'),
    'profiles[0].name: use lower-case letters',
  ],
  [
    'scopes where tokens have none',
    profile('required_scopes = ["read"]'),
    'profiles[0].required_scopes: tokens of this kind of [auth] have no scopes',
  ],
  ['a list of no backends', profile('backends = []'), 'needs at least 1 entry'],
]

describe('refused', () => {
  it.each(cases)('%s', async (_, text, expected) => {
    expect(shown(await problemsOf(text)).join('\n')).toContain(expected)
  })
})

const several = `${minimal}
[[backends]]
name = "wiki"
transport = "http"
url = "https://wiki.example.com/mcp"

[[backends]]
name = "copy"
transport = "http"
url = "https://copy.example.com/mcp"
mirror_of = "wiki"

[[backends]]
name = "spare"
transport = "http"
url = "https://spare.example.com/mcp"
failover_for = "wiki"
`

test('a profile has the backends that it names, with what substitutes them', async () => {
  const { config } = await read(`${several}\n[[profiles]]\nname = "wiki"\nbackends = ["wiki"]\n`)
  const [one] = config.profiles
  if (one === undefined) throw new Error('no profile')
  const own = profileConfig(config, one)
  expect(own.backends.map(({ name }) => name)).toEqual(['wiki', 'copy', 'spare'])
  expect(own.proxy.public_url).toBe('http://127.0.0.1:8080/mcp/wiki')
})

describe('a reload that lets callers of a profile do more', () => {
  const before = profile('deny_tools = ["*/write_*"]\nbackends = ["files"]')
  test.each([
    ['is one with a shorter list', profile('backends = ["files"]'), 'profiles readers: deny_tools'],
    [
      'is one with more backends',
      profile('deny_tools = ["*/write_*"]'),
      'profiles readers: backends',
    ],
    ['is one with another profile', `${before}[[profiles]]\nname = "others"\n`, 'profiles others'],
  ])('%s', async (_, after, expected) => {
    const [old, next] = await Promise.all([read(before), read(after)])
    const found = weakerThan(old.config, next.config)
    expect(found.map(({ detail }) => detail).join('\n')).toContain(expected)
    expect(weakerThan(old.config, old.config)).toEqual([])
  })
})
