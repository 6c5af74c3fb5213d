// What a person reads, held as it is at 80 and 120 columns, and the other forms.
import { describe, expect, test } from 'vitest'
import { rendered } from '../../../src/cli/report/formats.ts'
import { unverifiedText } from '../../../src/cli/validate/token-text.ts'
import { verdictLinesText } from '../../../src/cli/validate/verdict-lines.ts'
import { verdictLine, verdictText } from '../../../src/cli/validate/verdict-text.ts'
import { plain } from '../../../src/cli/terminal/style.ts'
import { tokenView } from '../../../src/cli/token/token-view.ts'
import { unverified, type ValidateReport } from '../../../src/cli/validate/validate-report.ts'
import { testNowSeconds } from '../../support/tokens.ts'
import { fixedToken, judgedText } from './judged.ts'

const keycloak = 'https://id.acme.test/realms/dev'

const scenes: readonly (readonly [string, () => Promise<ValidateReport>])[] = [
  ['accepted', () => judgedText(fixedToken())],
  ['expired', () => judgedText(fixedToken({ exp: testNowSeconds - 312 }))],
  [
    'an audience that is almost right, pasted as a header',
    () => judgedText(`Authorization: Bearer ${fixedToken({ aud: 'https://mcp.acme.test' })}`),
  ],
  [
    'an issuer of another realm, with the advice for its make',
    () => judgedText(fixedToken({ iss: `${keycloak}2`, aud: 'account' }), { issuer: keycloak }),
  ],
  ['milliseconds', () => judgedText(fixedToken({ exp: (testNowSeconds + 3600) * 1000 }))],
  ['opaque', () => judgedText('0f6a2c9e8b7d')],
]

describe.each(scenes)('%s', (_, judge) => {
  test.each([[80], [120]])('at %s columns', async (columns) => {
    const report = await judge()
    const text = verdictText(report, { style: plain, columns })
    expect(text).toMatchSnapshot()
    // Only a word that cannot be broken may stand out.
    const wide = text.split('\n').filter((line) => line.length > columns)
    for (const line of wide) expect(line.trim()).toMatch(/\S{50,}/)
  })

  test('in one line', async () => {
    const line = verdictLine(await judge(), plain)
    expect(line).toMatchSnapshot()
    expect(line).not.toContain('\n')
  })
})

test('a claim cannot steer the terminal, and in a pipe no line is broken', async () => {
  const report = await judgedText(fixedToken({ sub: `\u001b[2J\u202e${'long '.repeat(50)}` }))
  const text = verdictText(report, { style: plain, columns: undefined })
  expect(text).toContain(String.raw`\u001b[2J\u202elong`)
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  expect(text.split('\n').find((line) => line.includes('202elong'))?.length).toBeGreaterThan(250)
})

test('several tokens', async () => {
  const reports = await Promise.all([
    judgedText(fixedToken()),
    judgedText(fixedToken({ exp: testNowSeconds - 312 })),
    judgedText('0f6a2c9e8b7d'),
  ])
  const placed = reports.map((report, index) => ({
    ...report,
    token: { ...report.token, source: `tokens.txt, line ${String(index * 9 + 1)}` },
  }))
  expect(verdictLinesText(placed, { style: plain, columns: 80 })).toMatchSnapshot()
})

test('only decoded', () => {
  const view = { ...tokenView(fixedToken()), source: 'token.txt' }
  const report = unverified(view, new Date(testNowSeconds * 1000).toISOString())
  expect(unverifiedText(report, { style: plain, columns: 80 })).toMatchSnapshot()
})

describe('the expiry', () => {
  test.each([
    [3600, /expires in 1h \(\d\d:\d\d:\d\dZ\)$/],
    [3 * 86_400, /expires in 3d \(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)$/],
    [-20, /expired 20s ago \(\d\d:\d\d:\d\dZ\), within the tolerance$/],
  ])('%d seconds from now', async (seconds, says) => {
    const report = await judgedText(fixedToken({ exp: testNowSeconds + seconds }))
    expect(report.verdict).toBe('accepted')
    expect(verdictLine(report, plain)).toMatch(says)
  })
})

describe('the forms for machines and reviews', () => {
  const hostile = 'https://x.test/<script>|`*_&"\']]>\u0000\ud800'
  const forms = ['junit', 'markdown'] as const
  const human = { text: () => 'human', line: () => 'human' }
  const written = async (format: (typeof forms)[number], report: ValidateReport) =>
    rendered(
      format,
      'validate',
      [
        {
          name: `token ${report.token.fingerprint}`,
          verdict: report.verdict,
          problem: report.problem,
          facts: [['judged at', report.now]],
          checks: report.checks,
          hints: report.hints,
          counts: ({ status }) => status === 'fail',
        },
      ],
      human,
    ).text(plain)

  test.each(forms)('%s', async (format) => {
    const report = await judgedText(fixedToken({ iss: `${keycloak}2`, aud: 'account' }), {
      issuer: keycloak,
    })
    expect(await written(format, report)).toMatchSnapshot()
  })

  test('a hostile claim stays text', async () => {
    const report = await judgedText(fixedToken({ iss: hostile, aud: hostile }))
    const xml = await written('junit', report)
    expect(xml).not.toMatch(/<script|\]\]>|\p{Surrogate}/u)
    const names = [...xml.matchAll(/<\/?(\w[\w-]*)/g)].map(([, name]) => name)
    expect(new Set(names)).toEqual(
      new Set([
        'failure',
        'properties',
        'property',
        'skipped',
        'testcase',
        'testsuite',
        'testsuites',
      ]),
    )
    expect(xml.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]/)
    const text = await written('markdown', report)
    expect(text.replaceAll('<br>', '')).not.toMatch(/(?<!\\)[<>]/)
    for (const line of text.split('\n').filter((found) => found.startsWith('|'))) {
      expect(line.match(/(?<!\\)\|/g)).toHaveLength(5)
    }
  })

  test('a token that is accepted leaves a clean suite', async () => {
    const xml = await written('junit', await judgedText(fixedToken()))
    expect(xml).toMatch(/failures="0" errors="0"/)
    expect(xml).not.toContain('<failure')
  })
})
