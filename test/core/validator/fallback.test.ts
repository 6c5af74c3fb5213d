import { describe, expect, test } from 'vitest'
import type { Principal } from '../../../src/base/principal.ts'
import type { ProblemCode } from '../../../src/problems/problem.ts'
import { fail, pass } from '../../../src/core/verdict/check.ts'
import { said } from '../../support/said.ts'
import { fallback, type FallbackOptions } from '../../../src/core/validator/fallback.ts'
import { judge } from '../../../src/core/verdict/judge.ts'
import type { TokenValidator, Verdict } from '../../../src/core/verdict/verdict.ts'

const signal = new AbortController().signal

const principal = (method: Principal['method']): Principal => ({
  method,
  key: method,
  scopes: [],
  audience: [],
  claims: {},
})

const accepts = (method: 'jwt' | 'introspection', expiresAt?: number): Verdict =>
  judge(
    [pass('claim-iss'), pass(method === 'jwt' ? 'sig-verify' : 'intro-active')],
    () => principal(method),
    expiresAt,
  )

const refuses = (...ids: ProblemCode[]): Verdict =>
  judge(
    ids.map((id) => fail(said(id, `${id} failed`))),
    () => principal('none'),
    undefined,
  )

/** A validator that gives one verdict and counts how often it was asked. */
const scripted = (verdict: Verdict, late = false) => {
  const seen: string[] = []
  const validator: TokenValidator = {
    validate: (token) => {
      seen.push(token)
      return late ? Promise.resolve(verdict) : verdict
    },
  }
  return { validator, seen }
}

const decide = async (
  first: Verdict,
  second: Verdict,
  options: Partial<FallbackOptions> = {},
  late = false,
) => {
  const [jwt, introspection] = [scripted(first, late), scripted(second, late)]
  const both = fallback(jwt.validator, introspection.validator, {
    fallback: 'undecided',
    introspectJwts: false,
    ...options,
  })
  const verdict = await both.validate('token', signal)
  return { verdict, asked: introspection.seen.length }
}

const codeOf = (verdict: Verdict): string =>
  verdict.outcome === 'accepted' ? 'accepted' : verdict.problem.code

describe('a JWT that passes', () => {
  test('is accepted without a call', async () => {
    const { verdict, asked } = await decide(accepts('jwt'), refuses('intro-active'))
    expect(verdict.outcome).toBe('accepted')
    expect(asked).toBe(0)
  })

  test('is accepted at once when nothing has to be waited for', () => {
    const { validator } = scripted(accepts('jwt'))
    const both = fallback(validator, validator, { fallback: 'undecided', introspectJwts: false })
    expect(both.validate('token', signal)).not.toBeInstanceOf(Promise)
  })
})

describe('what the local verdict leaves open goes on', () => {
  const open: readonly ProblemCode[] = [
    'jose-shape',
    'jose-encrypted',
    'jose-alg-hmac',
    'sig-kid-found',
    'jwks-fetch',
  ]
  test.each(open)('%s', async (code) => {
    const { verdict, asked } = await decide(refuses(code), accepts('introspection'))
    expect(asked).toBe(1)
    expect(verdict).toMatchObject({ outcome: 'accepted', principal: { method: 'introspection' } })
    expect(verdict.checks.filter(({ status }) => status === 'fail')).toEqual([])
  })

  test.each(open)('%s, and the second cannot tell either: undecided', async (code) => {
    const { verdict } = await decide(refuses(code), refuses('intro-reach'))
    expect(verdict).toMatchObject({ outcome: 'undecided', problem: { code: 'intro-reach' } })
  })

  test('both verdicts are told, each question once', async () => {
    const { verdict } = await decide(refuses('jose-shape'), refuses('intro-active'))
    expect(verdict.checks.map(({ id, status }) => [id, status])).toEqual([
      ['jose-shape', 'skip'],
      ['intro-active', 'fail'],
    ])
    expect(JSON.stringify(verdict.checks)).toContain('jose-shape failed')
  })
})

describe('what the local verdict refuses for good does not', () => {
  test.each<ProblemCode>([
    'jose-alg-none',
    'jose-crit',
    'sig-verify',
    'time-exp',
    'time-nbf',
    'claim-iss',
    'claim-aud',
    'pop-dpop',
    'claim-token-kind',
  ])('%s', async (code) => {
    const { verdict, asked } = await decide(refuses(code), accepts('introspection'))
    expect(codeOf(verdict)).toBe(code)
    expect(asked).toBe(0)
  })

  test('one definite refusal beside an open question settles it', async () => {
    const { verdict, asked } = await decide(
      refuses('sig-kid-found', 'time-exp'),
      accepts('introspection'),
    )
    expect(verdict.outcome).toBe('rejected')
    expect(asked).toBe(0)
  })
})

describe('fallback = "any"', () => {
  test.each<ProblemCode>(['sig-verify', 'jose-alg-none', 'claim-token-kind', 'jose-shape'])(
    '%s goes on',
    async (code) => {
      const { verdict } = await decide(refuses(code), accepts('introspection'), { fallback: 'any' })
      expect(verdict.outcome).toBe('accepted')
    },
  )

  test.each<ProblemCode>([
    'claim-iss',
    'claim-aud',
    'claim-aud-missing',
    'time-exp',
    'pop-dpop',
    'pop-mtls',
    'in-size',
  ])('%s binds all the same', async (code) => {
    const options = { fallback: 'any' } as const
    const { verdict, asked } = await decide(refuses(code), accepts('introspection'), options)
    expect(codeOf(verdict)).toBe(code)
    expect(asked).toBe(0)
  })
})

describe('introspect_jwts: both must accept', () => {
  const options = { introspectJwts: true }

  test('accepted by both, until the earlier end', async () => {
    const [first, second] = [accepts('jwt', 2000), accepts('introspection', 1000)]
    const { verdict, asked } = await decide(first, second, options)
    expect(asked).toBe(1)
    expect(verdict).toMatchObject({ principal: { method: 'jwt' }, expiresAt: 1000 })
    expect(verdict.checks.map(({ id }) => id)).toContain('intro-active')
  })

  test('revoked: refused, with what that may mean', async () => {
    const { verdict } = await decide(accepts('jwt'), refuses('intro-active'), options)
    expect(codeOf(verdict)).toBe('intro-active')
    expect(verdict.checks.map(({ id, status }) => [id, status])).toContainEqual([
      'intro-inactive-valid',
      'warn',
    ])
  })

  test('nobody can tell: undecided', async () => {
    const { verdict } = await decide(accepts('jwt'), refuses('intro-reach'), options)
    expect(verdict.outcome).toBe('undecided')
  })
})

test('late verdicts combine as early ones do', async () => {
  const late = await decide(refuses('jose-shape'), accepts('introspection'), {}, true)
  expect(late.verdict.outcome).toBe('accepted')
})

test('closing ends both', () => {
  const closed: string[] = []
  const closing = (name: string): TokenValidator => ({
    validate: () => accepts('jwt'),
    close: () => void closed.push(name),
  })
  fallback(closing('a'), closing('b'), { fallback: 'any', introspectJwts: false }).close?.()
  expect(closed).toEqual(['a', 'b'])
})
