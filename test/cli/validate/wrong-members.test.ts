import { describe, expect, test } from 'vitest'
import { verdictText } from '../../../src/cli/validate/verdict-text.ts'
import { plain } from '../../../src/cli/terminal/style.ts'
import { testNowSeconds } from '../../support/tokens.ts'
import { fixedToken, judgedText } from './judged.ts'

const wrongOf = async (token: string, section: object = {}): Promise<readonly string[]> =>
  (await judgedText(token, section)).token.wrong.toSorted()

const late = { exp: testNowSeconds - 3600 }

describe('the members that failed checks are about', () => {
  test.each([
    ['nothing', fixedToken(), []],
    ['the issuer', fixedToken({ iss: 'https://other.test' }), ['claims.iss']],
    ['the issuer that is absent', fixedToken({ iss: undefined }), ['claims.iss']],
    ['the audience', fixedToken({ aud: 'other' }), ['claims.aud']],
    ['the audience that is absent', fixedToken({ aud: undefined }), ['claims.aud']],
    ['the expiry', fixedToken(late), ['claims.exp']],
    ['the start', fixedToken({ nbf: testNowSeconds + 900 }), ['claims.nbf']],
    ['a date in milliseconds', fixedToken({ nbf: testNowSeconds * 1000 }), ['claims.nbf']],
    ['the kind', fixedToken({ token_use: 'id' }), ['claims.token_use']],
    ['the kind by its type', fixedToken({}, { typ: 'logout+jwt' }), ['header.typ']],
    ['the binding', fixedToken({ cnf: { jkt: 'x'.repeat(43) } }), ['claims.cnf']],
    ['the kid', fixedToken({}, { kid: 'gone' }), ['header.kid']],
    ['the algorithm', fixedToken({}, { alg: 'HS256' }), ['header.alg']],
    ['an extension', fixedToken({}, { crit: ['x'], x: 1 }), ['header.crit']],
    ['the content type', fixedToken({}, { cty: 'JWT' }), ['header.cty']],
    [
      'several at once, with a signature that does not fit',
      `${fixedToken({ aud: 'other', iss: 'https://other.test', ...late }).slice(0, -8)}AAAAAAAA`,
      ['claims.aud', 'claims.exp', 'claims.iss'],
    ],
  ])('are %s', async (_, token, members) => {
    expect(await wrongOf(token)).toEqual(members)
  })

  test('follow the configured names of audience and scopes', async () => {
    const section = {
      audience_claims: ['client_id'],
      scope_claims: ['scp'],
      required_scopes: ['mcp:admin'],
    }
    const token = fixedToken({ scope: undefined, scp: ['mcp:read'] })
    expect(await wrongOf(token, section)).toEqual(['claims.client_id', 'claims.scp'])
  })

  test('are none for what cannot be read', async () => {
    expect(await wrongOf('0f6a2c9e8b7d')).toEqual([])
  })
})

test('each failing claim has a mark where the token is shown, an absent one too', async () => {
  const report = await judgedText(fixedToken({ aud: undefined, ...late }))
  const lines = verdictText(report, { style: plain, columns: 100 }).split('\n')
  const marked = lines.filter((line) => line.startsWith('x '))
  expect(marked).toEqual([
    expect.stringMatching(/^x exp +2026-/),
    expect.stringMatching(/^x aud +\(absent\)$/),
  ])
})

test('a refused token is examined to its end: its signature is wrong as well', async () => {
  const token = `${fixedToken({ aud: 'other' }).slice(0, -8)}AAAAAAAA`
  const report = await judgedText(token)
  expect(report.problem?.code).toBe('claim-aud')
  const failed = report.checks.filter(({ status }) => status === 'fail').map(({ id }) => id)
  expect(failed.toSorted()).toEqual(['claim-aud', 'sig-verify'])
})
