// API keys at the gate: what each deserves, beside which other tokens, and how soon a change of the file counts.
import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { KeyEntry } from '../../../src/core/api-keys/key-file.ts'
import { makeKey } from '../../../src/core/api-keys/key-form.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import { createValidator } from '../../../src/core/validator/create-validator.ts'
import type { Verdict } from '../../../src/core/verdict/verdict.ts'
import { testEpochMs } from '../../support/manual-clock.ts'
import { mistyped, newKey, writeKeys, type TestKeyFile } from '../../support/keys.ts'
import { testPorts } from '../../support/test-ports.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../../support/tokens.ts'

const signal = new AbortController().signal

const at = (ms: number): string => new Date(testEpochMs + ms).toISOString().replace(/\.\d+Z/, 'Z')

const open = async ({ file }: TestKeyFile, auth: object = { type: 'keys' }) => {
  const ports = testPorts()
  const parsed = authConfigSchema.parse({ ...auth, keys_file: file })
  const gate = await createValidator(parsed, ports, { localKeys: jwksOf(await testKey()) })
  return { gate, ports }
}

const jwt = {
  type: 'jwt',
  issuer: testIssuer,
  audience: testAudience,
  jwks_uri: `${testIssuer}/jwks`,
}

const codeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted'
    ? 'accepted'
    : [verdict.problem.code, verdict.problem.case].filter(Boolean).join(' ')

test.each<readonly [string, Partial<KeyEntry>, (text: string) => string, string]>([
  ['a good key', {}, (text) => text, 'accepted'],
  ['a key that ends in a second', { expires: at(1000) }, (text) => text, 'accepted'],
  ['a key that ends now', { expires: at(0) }, (text) => text, 'key-expired'],
  ['a revoked key', { revoked: at(-1000) }, (text) => text, 'key-revoked'],
  [
    'a revoked key that is over too',
    { revoked: at(-1000), expires: at(-2000) },
    (text) => text,
    'key-revoked',
  ],
  ['a key of another file', {}, () => makeKey().text, 'key-unknown id'],
  ['a mistyped key', {}, mistyped, 'key-form checksum'],
  ['a key that was cut', {}, (text) => text.slice(0, 40), 'key-form length'],
  [
    'a key that was cut with dots',
    {},
    (text) => `${text.slice(0, 20)}...`,
    'in-truncated ellipsis',
  ],
  ['what is no key', {}, () => 'another-token', 'key-unknown foreign'],
  ['nothing', {}, () => '', 'in-empty'],
])('%s', async (_, more, sent, wanted) => {
  const key = newKey(more)
  const { gate } = await open(writeKeys([key]))
  expect(codeOf(await gate.validate(sent(key.text), signal))).toBe(wanted)
})

test('a key with the id of another and a right checksum is unknown, and says nothing of that other', async () => {
  const [mine, forged] = [newKey({ revoked: at(-1) }), newKey()]
  // The file says that the id of one belongs to the digest of the other.
  const file = writeKeys([{ ...mine, entry: { ...mine.entry, id: forged.entry.id } }])
  const { gate } = await open(file)
  const verdict = await gate.validate(forged.text, signal)
  expect(codeOf(verdict)).toBe('key-unknown secret')
  expect(JSON.stringify(verdict)).not.toContain('revoked')
})

test('the caller is the owner, else the name; the scopes, the roles and the name of the key are known', async () => {
  const owned = newKey({ owner: 'build@example.com', scopes: ['mcp:read'], roles: ['reader'] })
  const alone = newKey({ name: 'nightly', expires: at(5000) })
  const { gate } = await open(writeKeys([owned, alone]))
  expect(await gate.validate(owned.text, signal)).toMatchObject({
    outcome: 'accepted',
    expiresAt: undefined,
    principal: {
      method: 'key',
      sub: 'build@example.com',
      clientId: 'ci',
      scopes: ['mcp:read'],
      roles: ['reader'],
      claims: { key_id: owned.entry.id, key_name: 'ci' },
      fingerprint: owned.entry.sha256.slice(0, 8),
    },
  })
  expect(await gate.validate(alone.text, signal)).toMatchObject({
    principal: { sub: 'nightly' },
    expiresAt: testEpochMs + 5000,
  })
})

test('keys of one owner are one caller; an owner and a key of the same name are two', async () => {
  const keys = [
    newKey({ owner: 'ops' }),
    newKey({ name: 'other', owner: 'ops' }),
    newKey({ name: 'ops' }),
  ]
  const { gate } = await open(writeKeys(keys))
  const callers = await Promise.all(
    keys.map(async ({ text }) => {
      const verdict = await gate.validate(text, signal)
      return verdict.outcome === 'accepted' ? verdict.principal.key : undefined
    }),
  )
  expect(callers[0]).toBe(callers[1])
  expect(new Set(callers).size).toBe(2)
})

test('a key without a required scope is good and too weak', async () => {
  const key = newKey({ scopes: ['mcp:call'] })
  const { gate } = await open(writeKeys([key]), { type: 'keys', required_scopes: ['mcp:read'] })
  expect(codeOf(await gate.validate(key.text, signal))).toBe('claim-scope missing')
  expect(gate.requiredScopes).toEqual(['mcp:read'])
})

test('beside JWTs the prefix decides: a key goes to the file, a JWT to the keys of its issuer', async () => {
  const key = newKey()
  const { gate } = await open(writeKeys([key]), jwt)
  const token = await mintToken(await testKey(), goodClaims())
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  expect(codeOf(await gate.validate(token, signal))).toBe('accepted')
  expect(codeOf(await gate.validate(mistyped(key.text), signal))).toBe('key-form checksum')
  expect(codeOf(await gate.validate(makeKey().text, signal))).toBe('key-unknown id')
  expect(gate.authorizationServers).toEqual([testIssuer])
})

test('beside introspection no authorization server is asked about a key, good or not', async () => {
  const key = newKey()
  // The ports of this test have no network: a question would fail as undecided.
  const { gate } = await open(writeKeys([key]), {
    type: 'oauth',
    issuer: testIssuer,
    audience: testAudience,
    token_validation: 'introspection',
    client_id: 'c',
    client_secret: 's',
  })
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  expect(codeOf(await gate.validate(mistyped(key.text), signal))).toBe('key-form checksum')
  expect(codeOf(await gate.validate(makeKey().text, signal))).toBe('key-unknown id')
})

test('beside static tokens both are accepted', async () => {
  const key = newKey()
  const { gate } = await open(writeKeys([key]), { type: 'bearer', tokens: ['a-static-token-0123'] })
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  expect(codeOf(await gate.validate('a-static-token-0123', signal))).toBe('accepted')
  expect(codeOf(await gate.validate('other', signal))).toBe('token-unknown')
})

test('where no key file is named, a key is recognised as what it is', async () => {
  const gate = await createValidator(authConfigSchema.parse(jwt), testPorts(), {
    localKeys: jwksOf(await testKey()),
  })
  expect(codeOf(await gate.validate(newKey().text, signal))).toBe('in-wrong-kind key')
})

test('an API key under the scheme DPoP is refused: it is bound to nothing', async () => {
  const key = newKey()
  const { gate } = await open(writeKeys([key]), { ...jwt, sender_constraint: 'dpop' })
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  const shown = {
    method: 'POST',
    proofs: [],
    scheme: 'dpop',
    url: 'https://mcp.acme.test/mcp',
  } as const
  const verdict = await gate.validate(key.text, signal, shown)
  expect(verdict.outcome).toBe('rejected')
})

test('a key file next to sender_constraint_required is no configuration', () => {
  const auth = {
    ...jwt,
    sender_constraint: 'dpop',
    sender_constraint_required: true,
    keys_file: 'keys.json',
  }
  expect(authConfigSchema.safeParse(auth).error?.issues[0]?.path).toEqual(['keys_file'])
})

/** One look at the file. */
const look = async ({ ports: { clock } }: Awaited<ReturnType<typeof open>>) => {
  await clock.advance(1000)
  await clock.untilSleeping()
}

test('a key that is revoked in the file is refused within a second, and a new one is accepted', async () => {
  const [key, next] = [newKey(), newKey({ name: 'next' })]
  const file = writeKeys([key])
  const opened = await open(file)
  const { gate, ports } = opened
  gate.start()
  await ports.clock.untilSleeping()
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  file.replace([{ ...key, entry: { ...key.entry, revoked: at(0) } }, next])
  await look(opened)
  expect(codeOf(await gate.validate(key.text, signal))).toBe('key-revoked')
  expect(codeOf(await gate.validate(next.text, signal))).toBe('accepted')
  gate.close()
})

test('a key expires by the clock, without a change of the file', async () => {
  const key = newKey({ expires: at(2000) })
  const { gate, ports } = await open(writeKeys([key]))
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  await ports.clock.advance(2000)
  expect(codeOf(await gate.validate(key.text, signal))).toBe('key-expired')
})

test('a file that was broken or removed keeps the last good keys, is logged once for each, and counts again when it is good', async () => {
  const key = newKey()
  const file = writeKeys([key])
  const opened = await open(file)
  const { gate, ports } = opened
  gate.start()
  await ports.clock.untilSleeping()
  const complaints = () => ports.lines.filter(({ level }) => level === 'error')
  file.write('{ "version": 1, "keys": [')
  await look(opened)
  await look(opened)
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  expect(complaints()).toHaveLength(1)
  expect(complaints()[0]).toMatchObject({
    fields: { code: 'key-file', hint: expect.stringContaining('restore') as string },
  })
  rmSync(file.file)
  await look(opened)
  expect(codeOf(await gate.validate(key.text, signal))).toBe('accepted')
  expect(complaints()).toHaveLength(2)
  file.replace([])
  await look(opened)
  expect(codeOf(await gate.validate(key.text, signal))).toBe('key-unknown id')
  gate.close()
})

test('what changes between reading the file and following it is not missed', async () => {
  const key = newKey()
  const file = writeKeys([key])
  const opened = await open(file)
  file.replace([])
  opened.gate.start()
  await opened.ports.clock.untilSleeping()
  await look(opened)
  expect(codeOf(await opened.gate.validate(key.text, signal))).toBe('key-unknown id')
  opened.gate.close()
})

test('after close the file is looked at no more', async () => {
  const { gate, ports } = await open(writeKeys([newKey()]))
  gate.start()
  await ports.clock.untilSleeping()
  gate.close()
  await ports.clock.advance(5000)
  expect(ports.clock.sleepers).toBe(0)
})

test('a key costs the same among ten as among ten thousand', async () => {
  const time = async (count: number): Promise<number> => {
    const keys = Array.from({ length: count }, (_, n) => newKey({ name: `k${String(n)}` }))
    const { gate } = await open(writeKeys(keys))
    const { text } = keys.at(-1)!
    const runs = Array.from({ length: 5 }, () => {
      const begun = performance.now()
      for (let n = 0; n < 2000; n += 1) void gate.validate(text, signal)
      return performance.now() - begun
    })
    return Math.min(...runs)
  }
  const [few, many] = [await time(10), await time(10_000)]
  expect(many).toBeLessThan(few * 5)
})
