// The flags for tokens whose scopes and audience are in other claims, and for the accepted algorithms: each remedy names
// its flag, and following it changes the verdict.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'
import { goodClaims, mintToken, testAudience, testIssuer, testKey } from '../support/tokens.ts'

const recorder = createRecorder()
let folder: TempFolder
let token: string
let expectation: string[]

beforeAll(async () => {
  folder = await makeTempFolder()
  const key = await testKey()
  const members = {
    aud: undefined,
    scope: undefined,
    resource_id: testAudience,
    permissions: ['tools:write'],
  }
  token = await mintToken(key, goodClaims(members, Math.floor(Date.now() / 1000)))
  const keys = await folder.write('keys.json', JSON.stringify({ keys: [key.publicJwk] }))
  expectation = ['--issuer', testIssuer, '--audience', testAudience, '--jwks-file', keys]
})
afterAll(() => folder.remove())

const validate = (...flags: string[]) =>
  recorder.run(['validate', ...expectation, ...flags, '-'], { stdin: token })

const audience = ['--audience-claim', 'resource_id']
const required = [...audience, '--require-scope', 'tools:write']

test.each([
  ['no audience in aud', [], 'claim-aud-missing', '(--audience-claim)'],
  ['scopes elsewhere', required, 'claim-scope', '(--scope-claim permissions)'],
  [
    'another algorithm',
    [...audience, '--algorithm', 'RS256'],
    'jose-alg-allowed',
    '(--algorithm ES256)',
  ],
])('%s: the remedy names the flag', async (_fault, flags, code, named) => {
  const { exitCode, stdout } = await validate(...flags)
  expect(exitCode).toBe(1)
  expect(stdout).toContain(`REJECTED  ${code}`)
  expect(stdout).toContain(named)
})

test('with the flags that the remedies name the token is accepted', async () => {
  const flags = ['--scope-claim', 'permissions', '--algorithm', 'RS256', '--algorithm', 'ES256']
  const { exitCode, stdout } = await validate(...required, ...flags)
  expect(stdout).toMatch(/^ACCEPTED/)
  expect(exitCode).toBe(0)
})

test('an algorithm that is not known is refused with the name of the flag', async () => {
  const { exitCode, stderr } = await validate('--algorithm', 'none')
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--algorithm')
})
