// Roles and tokens with lists in a configuration: what is refused when it is read, and where.
import { expect, test } from 'vitest'
import { minimal, problemsOf, read, shown } from './reading.ts'

const jwt = `${minimal}
[auth]
type = "jwt"
issuer = "https://id.test"
jwks_uri = "https://id.test/jwks"
audience = "https://mcp.test/mcp"
`
const role = '[[auth.roles]]\nname = "reader"\nallow_tools = ["files__read"]\n'
const mapping = (line: string) =>
  `[auth.role_mapping]\nclaim = "groups"\n[auth.role_mapping.mapping]\n${line}\n`

test('roles with a mapping are taken, and a caller without a role is refused by default', async () => {
  const { config, warnings } = await read(`${jwt}${role}${mapping('staff = "reader"')}`)
  expect(warnings).toEqual([])
  expect(config.auth).toMatchObject({
    role_mapping: { mapping: { staff: ['reader'] }, default_deny: true },
  })
})

test('a role that does not exist is refused where it is written, with the one that was meant', async () => {
  const found = await problemsOf(`${jwt}${role}${mapping('staff = ["raeder"]')}`)
  expect(shown(found)).toEqual([
    expect.stringMatching(
      /^\d+:9 config-value auth\.role_mapping\.mapping\.staff: there is no such role; did you mean "reader"\? \| write "reader"$/,
    ),
  ])
})

test.each([
  ['roles without a mapping', role, 'auth.roles'],
  ['a mapping without roles', mapping('staff = "reader"'), 'auth.role_mapping'],
  ['two roles of one name', `${role}${role}${mapping('staff = "reader"')}`, 'auth.roles[1].name'],
  [
    'an empty allow list, which could mean all or nothing',
    `[[auth.roles]]\nname = "reader"\nallow_tools = []\n${mapping('staff = "reader"')}`,
    'auth.roles[0].allow_tools',
  ],
])('%s: refused', async (_, text, key) => {
  expect(shown(await problemsOf(`${jwt}${text}`)).join('\n')).toContain(key)
})

test('a role that no value gives, and callers without a role that may do everything, are pointed out', async () => {
  const text = `${jwt}${role}[[auth.roles]]\nname = "writer"\n${mapping('staff = "reader"')}`
  const open = text.replace('claim =', 'default_deny = false\nclaim =')
  const { warnings } = await read(open)
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining('gives the role "writer"'),
    expect.stringContaining('callers without a role may do everything'),
  ])
})

const bearer = `${minimal}\n[auth]\ntype = "bearer"\n`
const first = 'a-first-token-of-the-test'

test('tokens with lists need no tokens without, and one of the two has to be there', async () => {
  const scoped = `[[auth.scoped_tokens]]\ntoken = "${first}"\nallow_tools = ["files__*"]\n`
  expect((await read(`${bearer}${scoped}`)).config.auth).toMatchObject({ type: 'bearer' })
  expect(shown(await problemsOf(bearer)).join('\n')).toContain('auth.tokens')
})

test('a token with lists that is also one without is refused: nobody could say what it may do', async () => {
  const text = `${bearer}tokens = ["${first}"]\n[[auth.scoped_tokens]]\ntoken = "${first}"\n`
  const found = shown(await problemsOf(text)).join('\n')
  expect(found).toContain('auth.scoped_tokens[0].token: is the same token as auth.tokens[0]')
  expect(found).not.toContain(first)
})

test('a condition that is wrong is refused at its place in the file, with its place in the condition', async () => {
  const rules = `[[auth.rules]]\neffect = "deny"\nwhen = 'caller.sub == "x"'\n`
  const found = shown(await problemsOf(`${bearer}tokens = ["${first}"]\n${rules}`))
  expect(found).toEqual([
    expect.stringMatching(
      /^\d+:8 config-value auth\.rules\[0\]\.when: the condition is wrong at its line 1, column 8: No such key: sub/,
    ),
  ])
})
