// What was discovered, as a person reads it: each request, the documents that matter, the findings.
import type { JsonObject } from '../../base/json.ts'
import type { DiscoverReport, ExchangeReport } from '../discover-report.ts'
import { printable, shortened } from '../escape.ts'
import type { Style } from '../style.ts'
import { checkLines, counted, valueText, type View } from './checks.ts'
import { hanging, longest, padded } from './layout.ts'

const steps: readonly (readonly [ExchangeReport['step'], string])[] = [
  ['resource', 'MCP server'],
  ['resource-metadata', 'Resource metadata'],
  ['authorization-server', 'Authorization server'],
  ['key-set', 'Key set'],
]

const attemptLine = (attempt: ExchangeReport, width: number, { style, columns }: View): string => {
  const { status, used, method, url, type, bytes, ms, problem, redirects } = attempt
  const code =
    status === null ? style.red(' - ') : used ? style.green(String(status)) : String(status)
  const parts = [
    `${String(ms)} ms`,
    ...(type === null ? [] : [shortened(type, 100)]),
    ...(bytes === 0 ? [] : [`${String(bytes)} B`]),
    ...redirects.map((target) => `-> ${shortened(target, 300)}`),
    ...(status === null && problem !== null ? [style.red(shortened(problem, 300))] : []),
    ...(used ? [style.green('<- used')] : []),
  ]
  const head = `  ${code}  ${padded(method, 4)} ${padded(printable(url), width)}  `
  const rest = parts.join('  ')
  const wraps = columns !== undefined && longest([head + rest]) > columns
  return wraps ? `${head.trimEnd()}\n       ${rest}` : `${head}${rest}`
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
  }
}

const sources = {
  argument: 'as given',
  authorization_servers: 'from authorization_servers[0]',
  origin: 'guessed: the origin of the MCP server',
} as const

const subject = (step: ExchangeReport['step'], report: DiscoverReport): string => {
  const server = report.authorization_server
  return step === 'authorization-server' && server !== null
    ? `${printable(server.issuer)}  ${sources[server.from]}${server.form === null ? '' : `, ${server.form} form`}`
    : ''
}

export const discoveryLine = (report: DiscoverReport, style: Style): string => {
  const count = counted(report.checks)
  if (report.verdict === 'clean')
    return `${style.green.bold('CLEAN')}  ${count}; nothing ${report.fail_on} or above`
  if (report.verdict === 'findings') {
    return `${style.red.bold('FINDINGS')}  ${count}; something is ${report.fail_on} or above`
  }
  const silent = report.attempts.find(({ status, problem }) => status === null && problem !== null)
  const why =
    silent === undefined ? 'the server answers with errors' : printable(silent.problem ?? '')
  return `${style.yellow.bold('UNDECIDED')}  could not establish it: ${why}`
}

/** Findings first; what passed is one line, since nobody came for it. */
const findingLines = (report: DiscoverReport, view: View): string[] => {
  const told = report.checks.filter(({ status }) => status === 'fail' || status === 'warn')
  if (told.length === 0) return []
  const graded = told.map((check) => ({
    ...check,
    message: `${check.severity}: ${check.message ?? ''}`,
  }))
  return [view.style.bold('Findings'), ...checkLines(graded, view, { hints: report.hints }), '']
}

export const discoveryText = (report: DiscoverReport, view: View): string => {
  const width =
    view.columns === undefined || view.columns >= 110
      ? longest(report.attempts.map(({ url }) => printable(url)))
      : 0
  const sections = steps.flatMap(([step, title]) => {
    const attempts = report.attempts.filter((attempt) => attempt.step === step)
    if (attempts.length === 0) return []
    return [
      `${view.style.bold(title)}  ${subject(step, report)}`.trimEnd(),
      ...attempts.map((attempt) => attemptLine(attempt, width, view)),
      ...details(step, report, view),
      '',
    ]
  })
  return [...sections, ...findingLines(report, view), discoveryLine(report, view.style)].join('\n')
}
