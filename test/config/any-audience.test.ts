// auth.allow_any_audience: tokens for anybody are accepted, which is said wherever the configuration is read.
import { describe, expect, test } from 'vitest'
import { systemPorts } from '../../src/net/system-ports.ts'
import { authConfigSchema } from '../../src/core/auth-config/auth-config.ts'
import { createValidator } from '../../src/core/validator/create-validator.ts'
import { problemSpec, isProblemCode } from '../../src/problems/problem.ts'
import { createManualClock } from '../support/manual-clock.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
  type Members,
} from '../support/tokens.ts'
import { minimal, problemsOf, read, shown } from './reading.ts'

const any = 'allow_any_audience = true\n'
const oauth = `${minimal}[auth]\ntype = "oauth"\nissuer = "https://id.test"\n`
const jwt = `${minimal}[auth]\ntype = "jwt"\nissuer = "https://id.test"\njwks_uri = "https://id.test/jwks"\n`

describe('a configuration', () => {
  test.each([
    ['oauth', oauth],
    ['jwt', jwt],
  ])('with it is a high finding (%s)', async (_, text) => {
    const { warnings } = await read(`${text}${any}`)
    expect(warnings).toMatchObject([
      {
        code: 'policy-audience',
        message: expect.stringContaining('https://id.test') as string,
        place: { line: expect.any(Number) as number },
      },
    ])
    const [code = ''] = warnings.map((warning) => warning.code)
    expect(isProblemCode(code) && problemSpec(code).severity).toBe('high')
  })

  test('with false says nothing', async () => {
    expect((await read(`${oauth}allow_any_audience = false\n`)).warnings).toEqual([])
  })

  test.each([oauth, jwt])('with it and an audience is refused', async (text) => {
    const found = shown(await problemsOf(`${text}audience = "desk"\n${any}`))
    expect(found.join('\n')).toContain('auth.allow_any_audience: applies only without audience')
  })

  test('an issuer of several with an audience of its own is not named', async () => {
    const further = '[[auth.issuers]]\nissuer = "https://other.test"\naudience = "desk"\n'
    const { warnings } = await read(`${oauth}${any}${further}`)
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('https://id.test'),
    ])
  })

  test('of several issuers only one may allow any audience', async () => {
    const further = `[[auth.issuers]]\nissuer = "https://other.test"\n${any}`
    const { warnings } = await read(`${oauth}audience = "desk"\n${further}`)
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('https://other.test'),
    ])
  })

  test('with it needs no public URL beyond this machine', async () => {
    const beyond = oauth.replace('[auth]', '[proxy.listen]\nhost = "0.0.0.0"\n[auth]')
    expect(shown(await problemsOf(beyond)).join('\n')).toContain('proxy.public_url')
    expect((await read(`${beyond}${any}`)).config.auth.type).toBe('oauth')
  })
})

describe('the validator', () => {
  const ask = async (auth: Members, claims: Members) => {
    const parsed = authConfigSchema.parse({ type: 'oauth', issuer: testIssuer, ...auth })
    const gate = await createValidator(parsed, systemPorts({ clock: createManualClock() }), {
      localKeys: jwksOf(await testKey()),
      defaultAudience: testAudience,
    })
    try {
      const token = await mintToken(await testKey(), goodClaims(claims))
      return await gate.validate(token, new AbortController().signal)
    } finally {
      gate.close()
    }
  }
  const other = { aud: 'https://other.example' }

  test('accepts a token for another server, and says that it was not looked at', async () => {
    const verdict = await ask({ allow_any_audience: true }, other)
    expect(verdict.outcome).toBe('accepted')
    expect(verdict.checks.find(({ id }) => id === 'claim-aud')).toMatchObject({
      status: 'skip',
      because: expect.stringContaining('no audience is expected') as string,
    })
  })

  test('accepts a token without an audience', async () => {
    const verdict = await ask({ allow_any_audience: true }, { aud: undefined })
    expect(verdict.outcome).toBe('accepted')
  })

  test('still refuses another issuer', async () => {
    const verdict = await ask({ allow_any_audience: true }, { ...other, iss: 'https://x.example' })
    expect(verdict).toMatchObject({ outcome: 'rejected', problem: { code: 'claim-iss' } })
  })

  test('wants an audience where the profile does', async () => {
    const verdict = await ask({ allow_any_audience: true, profile: 'strict' }, { aud: undefined })
    expect(verdict).toMatchObject({ problem: { code: 'claim-aud-missing' } })
  })

  test('refuses a token for another server without it', async () => {
    expect(await ask({}, other)).toMatchObject({ problem: { code: 'claim-aud' } })
  })
})
