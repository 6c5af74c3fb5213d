// Verdicts about tokens as a page to hand on: the cause, the path of the judgement, the token with what is wrong marked.
import type { Json, JsonObject } from '../../base/json.ts'
import { isJsonObject } from '../../base/json.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import { causeMarkup, findingsMarkup, quietMarkup, rowsMarkup } from '../html/findings.ts'
import { pathMarkup, type HopDetails } from '../html/hops.ts'
import { markup, type Markup } from '../html/markup.ts'
import { pageText, section, table } from '../html/page.ts'
import { signs, toneOf, toneText, type Tone } from '../html/tone.ts'
import { plain } from '../terminal/style.ts'
import { memberText, tokenLine } from './token-text.ts'
import { linesReport, type ValidateReport } from './validate-report.ts'
import { verdictLine } from './verdict-text.ts'

type Verdict = ValidateReport['verdict']

const verdictTone: Readonly<Record<Verdict, Tone>> = {
  accepted: 'ok',
  rejected: 'bad',
  undecided: 'open',
  unverified: 'none',
}

type Place = 'token' | 'issuer' | 'keys' | 'introspection'

const starts: Readonly<Record<Place, readonly string[]>> = {
  token: ['in-', 'jose-', 'claim-', 'time-', 'req-', 'pop-', 'key-'],
  issuer: ['asm-', 'net-'],
  keys: ['jwks-', 'jwk-', 'sig-'],
  introspection: ['intro-'],
}

const part = (value: Json | undefined, name: string): Json | undefined =>
  isJsonObject(value) ? value[name] : undefined

/** By what was asked and answered: a key set has keys, and only introspection is a POST. */
const placeOf = (exchange: JsonObject): Place => {
  if (part(exchange['request'], 'method') === 'POST') return 'introspection'
  return Array.isArray(part(part(exchange['response'], 'body'), 'keys')) ? 'keys' : 'issuer'
}

const about = (checks: readonly CheckReport[], place: Place): readonly CheckReport[] =>
  checks.filter(({ id }) => starts[place].some((start) => id.startsWith(start)))

const hopOf = (
  { checks, hints }: ValidateReport,
  exchanges: readonly JsonObject[],
  [place, name, where]: readonly [Place, string, string],
): HopDetails => {
  const own = about(checks, place)
  const asked = exchanges.filter((exchange) => placeOf(exchange) === place)
  // A document that was read and not judged is still an answer.
  const wasRead = toneOf(own) === 'none' && asked.length > 0
  const tone = wasRead ? 'ok' : toneOf(own)
  return {
    anchor: `hop-${place}`,
    name,
    place: where,
    tone,
    state: wasRead ? 'answered' : toneText(tone, own),
    checks: own,
    hints,
    exchanges: asked,
  }
}

const answerHop = ({ http, verdict }: ValidateReport): HopDetails => ({
  anchor: 'hop-serve',
  name: 'serve',
  place: http?.challenge ?? 'what the proxy answers',
  tone: verdictTone[verdict],
  state:
    http === null
      ? 'not asked'
      : http.status === 200
        ? 'passes it on'
        : `answers ${String(http.status)}`,
  checks: [],
  hints: [],
  exchanges: [],
})

const hopsOf = (
  report: ValidateReport,
  exchanges: readonly JsonObject[],
): readonly HopDetails[] => {
  const { token, expected, checks } = report
  const issuer = expected?.issuer ?? 'none named'
  const rows: readonly (readonly [Place, string, string])[] = [
    ['token', 'Token', `${token.kind}, ${token.fingerprint}`],
    ['issuer', 'Authorization server', issuer],
    ['keys', 'Keys and signature', issuer],
    ...(about(checks, 'introspection').some(({ status }) => status !== 'skip')
      ? [['introspection', 'Introspection', issuer] as const]
      : []),
  ]
  return [...rows.map((row) => hopOf(report, exchanges, row)), answerHop(report)]
}

const memberRows = (
  document: JsonObject | null,
  place: 'header' | 'claims',
  { token, now }: ValidateReport,
): readonly Markup[] => {
  const wrong = token.wrong.flatMap((name) =>
    name.startsWith(`${place}.`) ? [name.slice(place.length + 1)] : [],
  )
  const members = Object.entries(document ?? {}).map(
    ([name, value]) => [name, memberText(name, value ?? null, Date.parse(now) / 1000)] as const,
  )
  const absent = wrong.filter((name) => document?.[name] === undefined)
  return [...members, ...absent.map((name) => [name, '(absent)'] as const)].map(([name, text]) => {
    const isWrong = wrong.includes(name)
    return markup`<tr><th scope="row">${isWrong ? markup`<span class="wrong">${signs.bad} ${name}</span>` : name}</th><td>${place}</td><td><code>${text}</code></td></tr>
`
  })
}

const tokenMarkup = (report: ValidateReport): Markup => {
  const { token } = report
  const rows = [
    ...memberRows(token.header, 'header', report),
    ...memberRows(token.claims, 'claims', report),
  ]
  return markup`<p>${tokenLine(token)}</p>
${rows.length === 0 ? markup`<p>Nothing in it can be read.</p>` : table('Token', ['Member', 'Part', 'Value'], rows)}`
}

const expectedMarkup = ({ expected }: ValidateReport): Markup | undefined =>
  expected === null
    ? undefined
    : section(
        'Expected',
        'expected',
        rowsMarkup([
          ['strategy', expected.strategy ?? expected.type],
          ['issuer', expected.issuer ?? 'any'],
          [
            'audience',
            expected.audience.length === 0 ? 'not judged' : expected.audience.join(', '),
          ],
          [
            'scopes',
            expected.required_scopes.length === 0 ? 'none' : expected.required_scopes.join(' '),
          ],
        ]),
      )

const sectionsOf = (
  report: ValidateReport,
  exchanges: readonly JsonObject[],
): readonly (Markup | undefined)[] => {
  const { problem, hints, checks, http } = report
  return [
    problem === null ? undefined : causeMarkup(problem, hints),
    report.verdict === 'unverified'
      ? undefined
      : section('The path', 'path', pathMarkup(hopsOf(report, exchanges))),
    section('Token', 'token', tokenMarkup(report)),
    expectedMarkup(report),
    checks.length === 0
      ? undefined
      : section(
          'Findings',
          'findings',
          markup`${findingsMarkup(checks, hints)}${quietMarkup(checks)}`,
        ),
    http === null
      ? undefined
      : section(
          'What serve answers',
          'answer',
          rowsMarkup([
            ['status', String(http.status)],
            ...(http.challenge === null
              ? []
              : [['challenge', markup`<code>${http.challenge}</code>`] as const]),
          ]),
        ),
  ]
}

const present = (parts: readonly (Markup | undefined)[]): readonly Markup[] =>
  parts.filter((one) => one !== undefined)

const severalSections = (reports: readonly ValidateReport[]): readonly Markup[] => [
  section(
    'Tokens',
    'tokens',
    table(
      'Tokens',
      ['Token', 'Verdict', 'Cause'],
      reports.map(
        ({
          token,
          verdict,
          problem,
        }) => markup`<tr><th scope="row">${token.fingerprint}<br><span class="made">${token.source}</span></th>
<td><span class="badge ${verdictTone[verdict]}">${signs[verdictTone[verdict]]} ${verdict}</span></td>
<td>${problem === null ? '' : markup`<code>${problem.code}</code> ${problem.detail} Fix: ${problem.hint}`}</td></tr>
`,
      ),
    ),
  ),
]

/** `exchanges`: every request with its answer, as savedExchange makes them. */
export const validateHtml = (
  reports: readonly ValidateReport[],
  exchanges: readonly JsonObject[],
): string => {
  const [only] = reports
  const isOne = reports.length === 1 && only !== undefined
  const { verdict } = linesReport(reports)
  return pageText({
    subject: isOne ? `Token ${only.token.fingerprint}` : `${String(reports.length)} tokens`,
    command: 'validate',
    mark: verdict.toUpperCase(),
    tone: verdictTone[verdict],
    verdict: isOne && verdict !== 'unverified' ? verdictLine(only, plain) : verdict,
    madeAt: only?.now ?? '',
    sections: isOne ? present(sectionsOf(only, exchanges)) : severalSections(reports),
  })
}
