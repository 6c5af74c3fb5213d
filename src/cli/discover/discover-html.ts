// What was discovered as a page to hand on: the grade, the path, who gets in, the findings, the rules by protocol version.
import type { JsonObject } from '../../base/json.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import { causeMarkup, findingsMarkup, quietMarkup, rowsMarkup } from '../html/findings.ts'
import { documentMarkup, pathMarkup, type HopDetails } from '../html/hops.ts'
import { markup, type Markup } from '../html/markup.ts'
import type { Hop } from '../html/path-picture.ts'
import { pageText, section } from '../html/page.ts'
import { toneOf, toneText, type Tone } from '../html/tone.ts'
import { plain } from '../terminal/style.ts'
import { clientsMarkup } from './clients-html.ts'
import { discoveryLine } from './conclusion-text.ts'
import type { ExchangeReport } from './discover-attempts.ts'
import { gradeMark, gradeTone } from './grade-mark.ts'
import type { DiscoverReport } from './discover-report.ts'
import { readinessMarkup } from './readiness-html.ts'

type Step = ExchangeReport['step']

interface Part {
  readonly anchor: string
  readonly name: string
  readonly steps: readonly Step[]
  readonly place: (report: DiscoverReport) => string
  /** Whether a check is about this part. */
  readonly owns: (check: CheckReport) => boolean
  readonly more?: (report: DiscoverReport) => Markup
}

const begins =
  (...starts: readonly string[]) =>
  ({ id }: CheckReport): boolean =>
    starts.some((start) => id.startsWith(start))

const isOfServer = begins(
  'mcp-',
  'net-',
  'prm-challenge',
  'prm-resource-metadata-param',
  'prm-scope-param',
)

const keysMarkup = ({ key_set: keys }: DiscoverReport): Markup =>
  keys === null
    ? markup``
    : markup`<ul>${keys.keys.map(({ kid, kty, crv, alg, use, bits, flaw }) => {
        const facts = [kty, crv, bits === null ? null : `${String(bits)} bits`, alg, use, flaw]
        return markup`<li><code>${kid ?? '(no kid)'}</code> ${facts.filter((fact) => fact !== null).join(' ')}</li>`
      })}</ul>
`

const serverParts: readonly Part[] = [
  {
    anchor: 'hop-server',
    name: 'MCP server',
    steps: ['resource', 'token'],
    place: ({ resource }) => resource?.url ?? '',
    owns: isOfServer,
  },
  {
    anchor: 'hop-metadata',
    name: 'Metadata',
    steps: ['resource-metadata'],
    place: ({ resource }) =>
      resource === null || resource.metadata === null
        ? 'none found'
        : 'protected resource metadata',
    owns: (check) => begins('prm-')(check) && !isOfServer(check),
    more: ({ resource }) => documentMarkup('The document', resource?.metadata ?? null),
  },
]

const issuerParts: readonly Part[] = [
  {
    anchor: 'hop-issuer',
    name: 'Authorization server',
    steps: ['authorization-server'],
    place: ({ authorization_server: server }) => server?.issuer ?? 'none known',
    owns: begins('asm-', 'time-clock'),
    more: ({ authorization_server: server }) =>
      documentMarkup('The document', server?.metadata ?? null),
  },
  {
    anchor: 'hop-keys',
    name: 'Keys',
    steps: ['key-set'],
    place: ({ key_set: keys }) => keys?.url ?? 'none known',
    owns: begins('jwks-', 'jwk-'),
    more: keysMarkup,
  },
]

/** An exchange belongs to the step that asked for its address, redirects included. */
const exchangesFor = (
  { attempts }: DiscoverReport,
  exchanges: readonly JsonObject[],
  steps: readonly Step[],
): readonly JsonObject[] => {
  const urls = new Set(
    attempts
      .filter(({ step }) => steps.includes(step))
      .flatMap(({ url, redirects }) => [url, ...redirects]),
  )
  return exchanges.filter(({ request }) => urls.has(urlOf(request)))
}

const urlOf = (request: JsonObject[string]): string => {
  const url = (request as JsonObject | undefined)?.['url']
  return typeof url === 'string' ? url : ''
}

const hopsOf = (
  report: DiscoverReport,
  exchanges: readonly JsonObject[],
): readonly HopDetails[] => {
  const open = new Set<string>(
    report.checks.flatMap(({ id, missing }) => (missing === 'answer' ? [id] : [])),
  )
  const parts = report.as === 'mcp' ? [...serverParts, ...issuerParts] : issuerParts
  return parts.map((part) => {
    const checks = report.checks.filter(part.owns)
    const tone = toneOf(checks, open)
    const more = part.more?.(report)
    return {
      anchor: part.anchor,
      name: part.name,
      place: part.place(report),
      tone,
      state: toneText(tone, checks),
      checks,
      hints: report.hints,
      exchanges: exchangesFor(report, exchanges, part.steps),
      ...(more === undefined ? {} : { more }),
    }
  })
}

const toneOfClients = (clients: DiscoverReport['clients']): Tone => {
  if (clients.length === 0) return 'none'
  if (clients.every(({ gets_in: answer }) => answer === 'yes')) return 'ok'
  return clients.every(({ gets_in: answer }) => answer === 'no') ? 'bad' : 'warn'
}

const clientHop = ({ clients }: DiscoverReport): Hop => {
  const inside = clients.filter(({ gets_in: answer }) => answer === 'yes').length
  return {
    anchor: clients.length === 0 ? 'path' : 'clients',
    name: 'MCP client',
    place:
      clients.length === 0 ? 'nothing to use here' : clients.map(({ name }) => name).join(', '),
    tone: toneOfClients(clients),
    state:
      clients.length === 0 ? 'not judged' : `${String(inside)} of ${String(clients.length)} get in`,
  }
}

/** The picture begins with the clients: what each needs is a section of its own. */
const pathSection = (report: DiscoverReport, exchanges: readonly JsonObject[]): Markup =>
  section('The path', 'path', pathMarkup(hopsOf(report, exchanges), [clientHop(report)]))

const tokenSection = ({ token }: DiscoverReport): Markup | undefined =>
  token === null
    ? undefined
    : section(
        'The token',
        'token',
        rowsMarkup([
          ['token', `${token.kind}, fingerprint ${token.fingerprint}`],
          [
            'server',
            token.server === null
              ? 'not asked'
              : `${token.server.outcome} (${String(token.server.status ?? 'no answer')})`,
          ],
          ['our view', token.ours.verdict ?? token.ours.because ?? 'not judged'],
        ]),
      )

const isReady = ({ outcome: { kind } }: DiscoverReport): boolean =>
  kind === 'graded' || kind === 'open'

/** `exchanges`: every request with its answer, as savedExchange makes them. */
export const discoverHtml = (
  report: DiscoverReport,
  exchanges: readonly JsonObject[],
  madeAt: string,
): string => {
  const { problem, hints, checks, findings, grade } = report
  const ordered = findings.flatMap((id) => checks.filter((check) => check.id === id))
  const sections: readonly (Markup | undefined)[] = [
    problem === null || grade.letter === 'A' ? undefined : causeMarkup(problem, hints),
    tokenSection(report),
    pathSection(report, exchanges),
    report.clients.length === 0
      ? undefined
      : section('Which clients get in', 'clients', clientsMarkup(report.clients)),
    section(
      'Findings',
      'findings',
      markup`${findingsMarkup(ordered, hints)}${quietMarkup(checks)}`,
    ),
    isReady(report)
      ? section('Readiness by protocol version', 'readiness', readinessMarkup(report.readiness))
      : undefined,
    section('Next', 'next', markup`<p><code class="command">${report.next}</code></p>`),
  ]
  return pageText({
    subject: report.address,
    command: 'discover',
    mark: gradeMark(report),
    tone: gradeTone(report),
    verdict: discoveryLine(report, plain),
    madeAt,
    sections: sections.filter((part) => part !== undefined),
  })
}
