// What was discovered, as a person reads it: each request, the documents that matter, the findings.
import type { JsonObject } from '../../base/json.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { ExchangeReport } from './discover-attempts.ts'
import type { DiscoverReport } from './discover-report.ts'
import { printable, shortened } from '../../base/escape.ts'
import type { Style } from '../terminal/style.ts'
import { checkLines, valueText, type View } from '../report/checks-text.ts'
import { conclusion, lastLines } from './conclusion-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'
import { tokenSection } from './token-text.ts'
import { readinessLines } from './readiness-text.ts'

const steps: readonly (readonly [ExchangeReport['step'], string])[] = [
  ['resource', 'MCP server'],
  ['resource-metadata', 'Resource metadata'],
  ['authorization-server', 'Authorization server'],
  ['key-set', 'Key set'],
  ['token', 'With the token'],
]

/** Paths where the origin stands above already. */
const place = ({ url }: ExchangeReport, origin: string | undefined): string =>
  origin !== undefined && url.startsWith(`${origin}/`) ? url.slice(origin.length) : url

const attemptLine = (
  attempt: ExchangeReport,
  where: string,
  width: number,
  { style, columns }: View,
): string => {
  const { status, used, type, bytes, ms, problem, redirects } = attempt
  const code =
    status === null ? style.red(' - ') : used ? style.green(String(status)) : String(status)
  const parts = [
    padded(`${String(ms)} ms`, 6),
    ...(type === null ? [] : [shortened(type, 100)]),
    ...(bytes === 0 ? [] : [`${String(bytes)} B`]),
    ...redirects.map((target) => `-> ${shortened(target, 300)}`),
    ...(status === null && problem !== null ? [style.red(shortened(problem, 300))] : []),
    ...(used ? [style.green('<- used')] : []),
  ]
  const head = `  ${code}  ${padded(where, width)}  `
  const rest = parts.join('  ').trimEnd()
  const wraps = columns !== undefined && longest([head + rest]) > columns
  return wraps ? `  ${code}  ${where}\n       ${rest}` : `${head}${rest}`
}

const attemptLines = (
  attempts: readonly ExchangeReport[],
  origin: string | undefined,
  view: View,
): string[] => {
  const places = attempts.map((attempt) => {
    const at = printable(place(attempt, origin))
    if (attempt.asked === null) return at
    return attempt.step === 'resource' || attempt.step === 'token'
      ? `${attempt.method} ${attempt.asked}`
      : `${at} (${attempt.asked})`
  })
  const fits = view.columns === undefined ? Infinity : view.columns - 40
  const width = Math.min(longest(places), Math.max(24, fits))
  return attempts.map((attempt, index) => attemptLine(attempt, places[index] ?? '', width, view))
}

const shownMetadata = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'introspection_endpoint',
  'revocation_endpoint',
  'registration_endpoint',
  'scopes_supported',
  'grant_types_supported',
  'code_challenge_methods_supported',
  'token_endpoint_auth_methods_supported',
  'introspection_endpoint_auth_methods_supported',
  'resource',
  'authorization_servers',
  'bearer_methods_supported',
  'resource_name',
]

const documentLines = (document: JsonObject | null, { style, columns }: View): string[] => {
  if (document === null) return []
  const names = shownMetadata.filter((name) => document[name] !== undefined)
  const width = longest(names)
  const rest = Object.keys(document).length - names.length
  return [
    ...names.map((name) => {
      const value = document[name] ?? null
      const text =
        Array.isArray(value) && value.every((item) => typeof item === 'string')
          ? shortened(value.join(' '), 1000)
          : valueText(value)
      return hanging(`  ${style.dim(padded(name, width))}  `, text, columns)
    }),
    ...(rest > 0 ? [style.dim(`  and ${String(rest)} more members (--json shows all)`)] : []),
  ]
}

const mostKeys = 20

const keyLines = ({ key_set }: DiscoverReport, { style }: View): string[] => {
  const keys = key_set?.keys ?? []
  const rest = keys.length - mostKeys
  const lines = keys.slice(0, mostKeys).map(({ kid, kty, crv, alg, use, bits, flaw }) => {
    const facts = [kty, crv, bits === null ? null : `${String(bits)} bits`, alg, use]
    const text = facts
      .filter((fact) => fact !== null)
      .map((fact) => shortened(fact, 200))
      .join(' ')
    const mark = flaw === null ? '' : `  ${style.red(flaw)}`
    return `  ${style.dim('kid')} ${kid === null ? '(none)' : shortened(kid, 200)}  ${text}${mark}`
  })
  return rest > 0
    ? [...lines, style.dim(`  and ${String(rest)} more keys (--json shows them)`)]
    : lines
}

const challengeLines = ({ resource }: DiscoverReport, { style, columns }: View): string[] => {
  const challenge = resource?.challenge ?? null
  if (challenge === null) return []
  const { scheme, params } = challenge
  const text = Object.entries(params)
    .map(([name, value]) => `${printable(name)}=${valueText(value ?? null)}`)
    .join('  ')
  return [hanging(`  ${style.dim('challenge')}  ${printable(scheme)}  `, text, columns)]
}

const details = (step: ExchangeReport['step'], report: DiscoverReport, view: View): string[] => {
  switch (step) {
    case 'resource':
      return challengeLines(report, view)
    case 'resource-metadata':
      return documentLines(report.resource?.metadata ?? null, view)
    case 'authorization-server':
      return documentLines(report.authorization_server?.metadata ?? null, view)
    case 'key-set':
      return keyLines(report, view)
    case 'token':
      return []
  }
}

const sources = {
  argument: 'as given',
  authorization_servers: 'from authorization_servers[0]',
  origin: 'guessed: the origin of the MCP server',
} as const

const subject = (step: ExchangeReport['step'], report: DiscoverReport): string => {
  const { authorization_server: server, resource, key_set: keys } = report
  switch (step) {
    case 'resource':
      return printable(resource?.url ?? '')
    case 'resource-metadata':
      return resource?.metadata === null ? 'none' : ''
    case 'authorization-server': {
      if (server === null) return ''
      const form = server.form === null ? '' : `, ${server.form} form`
      return `${printable(server.issuer)}  ${sources[server.from]}${form}`
    }
    case 'key-set':
      return keys === null
        ? 'none'
        : `${String(keys.usable)} of ${String(keys.keys.length)} keys can verify signatures`
    case 'token':
      return ''
  }
}

const originOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined

const mark =
  (style: Style) =>
  ({ severity }: CheckReport): string =>
    ({
      fatal: style.red.bold('x FATAL'),
      high: style.red('x HIGH'),
      medium: style.yellow('! MEDIUM'),
      low: style.yellow('! LOW'),
      info: style.dim('i INFO'),
    })[severity]

/** In the order in which they are worth mending. */
const findingLines = (report: DiscoverReport, view: View): string[] => {
  const { findings, problem, hints, grade } = report
  if (findings.length === 0) return []
  const order = findings.flatMap((id) => report.checks.filter((check) => check.id === id))
  const surroundings = {
    primary: grade.letter === 'A' ? undefined : problem?.code,
    hints,
    mark: mark(view.style),
  }
  return [view.style.bold('Findings'), ...checkLines(order, view, surroundings), '']
}

/** The rules of authorization say nothing about an address where no server answers. */
const isReady = ({ outcome: { kind } }: DiscoverReport): boolean =>
  kind === 'graded' || kind === 'open'

/** The grade is about what is published, and leads with the first finding there. */
const withoutToken = (report: DiscoverReport): DiscoverReport => {
  if (report.token === null || report.token.problem === null) return report
  const first = report.checks.find(({ id }) => id === report.findings[0])
  const problem =
    first === undefined
      ? null
      : {
          code: first.id,
          case: first.case,
          title: '',
          detail: first.message ?? '',
          hint: first.hint ?? '',
          spec: first.spec,
        }
  return { ...report, problem }
}

export const discoveryText = (given: DiscoverReport, view: View): string => {
  const report = withoutToken(given)
  const origins = {
    resource: originOf(report.resource?.url),
    'resource-metadata': originOf(report.resource?.url),
    'authorization-server': originOf(report.authorization_server?.issuer),
    'key-set': undefined,
    token: undefined,
  }
  const sections = steps.flatMap(([step, title]) => {
    const attempts = report.attempts.filter((attempt) => attempt.step === step)
    if (attempts.length === 0) return []
    return [
      hanging(`${view.style.bold(title)}  `, subject(step, report), view.columns).trimEnd(),
      ...attemptLines(attempts, origins[step], view),
      ...details(step, report, view),
      '',
    ]
  })
  const { token } = report
  return [
    ...(token === null ? [] : [...tokenSection(token, Date.now() / 1000, view), '']),
    ...conclusion(report, view),
    '',
    ...sections,
    ...findingLines(report, view),
    ...(isReady(report) ? readinessLines(report.readiness, view) : []),
    ...lastLines(report, view),
  ].join('\n')
}
