// The work of `discover`: from an MCP server or an issuer to the key set, with everything found on the way.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { Ports } from '../../base/ports.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { investigate } from '../../core/investigation/investigation.ts'
import { ask } from '../terminal/ask.ts'
import { compared, type ComparedReport } from './compared-finding.ts'
import { discoverReport, isFinding, type DiscoverReport } from './discover-report.ts'
import { readEarlierReport } from './earlier-report.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { rendered, type Format } from '../report/formats.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkAdvice, networkCertificates, networkPorts } from '../flags/network-flags.ts'
import { passOn } from '../terminal/guide-facts.ts'
import { withProgress } from '../terminal/progress.ts'
import { discoveryLine } from './conclusion-text.ts'
import { discoveryText } from './discovery-text.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { TryToken } from './token-report.ts'
import { badgeText, openBadge } from '../html/badge.ts'
import { gradeBadge } from './grade-mark.ts'
import { budgeted } from '../../net/interceptors/request-budget.ts'
import { openSaving } from './save-exchange.ts'
import type { Subject } from '../report/subject.ts'
import type { WalkFlagValues } from '../flags/walk-flags.ts'

export interface DiscoverFlags extends WalkFlagValues {
  readonly 'expect-issuer'?: string | undefined
  readonly strict?: boolean | undefined
  readonly 'fail-on': Severity
  readonly format?: Format | undefined
  readonly timeout: number
  /** A folder for the whole exchange. */
  readonly save?: string | undefined
  /** A file for the same as an HTTP Archive. */
  readonly har?: string | undefined
  /** An earlier report. */
  readonly diff?: string | undefined
  /** A file for the grade as an image. */
  readonly badge?: string | undefined
}

/** RFC 6750 section 5.3: no tokens in URLs. Reports show the address, so it must not contain one. */
const credentialNames = /^(?:(?:access_|id_|refresh_)?token|client_secret|password|code)$/i

const holdsCredential = ({ username, password, searchParams }: URL): boolean =>
  username !== '' ||
  password !== '' ||
  [...searchParams.keys()].some((name) => credentialNames.test(name))

/** A host, perhaps with a port and a path: a name needs a dot or a port, so that no stray word is one. */
const bareHost =
  /^(?<host>localhost|\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?)(?<port>:\d{1,5})?(?:[/?#]|$)/i

/** Dotted tokens have parts that no one calls a host: nothing of them may come back in a report. */
const couldBeToken = (host: string): boolean =>
  host
    .split('.')
    .some(
      (label) => label.startsWith('eyJ') || label.length > 63 || /^(?=.*[A-Z]).{16,}$/.test(label),
    )

/** `example.com` is read as a browser reads it, and a host of this machine as http. */
const withScheme = (address: string): string => {
  const { host, port } = bareHost.exec(address)?.groups ?? {}
  if (host === undefined || address.includes('@') || couldBeToken(host)) return address
  const isName = host === 'localhost' || /[.:]/.test(host) || port !== undefined
  return isName ? `${isLoopbackHost(host) ? 'http' : 'https'}://${address}` : address
}

const usual = 'mcp-proxy discover https://id.example.com'

/**
 * The address of an issuer or an MCP server as it was given, with a scheme where it had none. Throws a
 * UsageError for what is no address.
 */
export const checkedAddress = (given: string, example = usual): string => {
  const address = withScheme(given.trim())
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url !== undefined && holdsCredential(url)) {
    throw usageError(problemOf('usage-flag', 'address-credential'))
  }
  if (url !== undefined && /^https?:$/.test(url.protocol)) return address
  throw usageError(problemOf('usage-flag', 'address-form', { example }))
}

const exitCodesOf = {
  clean: exitCodes.accepted,
  findings: exitCodes.rejected,
  undecided: exitCodes.undecided,
} as const

const subjectOf = (report: DiscoverReport): Subject => {
  const {
    address,
    as,
    verdict,
    problem,
    outcome,
    grade,
    checks,
    hints,
    fail_on: threshold,
  } = report
  const open = new Set(checks.flatMap(({ id, missing }) => (missing === 'answer' ? [id] : [])))
  return {
    name: address,
    verdict,
    problem,
    facts: [
      ...(outcome.kind === 'graded' ? [] : [['outcome', outcome.kind] as const]),
      ...(report.token === null
        ? []
        : [
            [
              'token',
              `${report.token.agreement}, fingerprint ${report.token.fingerprint}`,
            ] as const,
          ]),
      ['grade', grade.letter ?? `none (${grade.at_best} at best)`],
      ['read as', as === 'mcp' ? 'an MCP server' : 'an issuer'],
      ['issuer', report.authorization_server?.issuer ?? 'none'],
      ['key set', report.key_set?.url ?? 'none'],
      ['next', report.next],
    ],
    checks,
    hints,
    counts: (check) => isFinding(check, threshold),
    unsettled: ({ id }) => open.has(id),
  }
}

export const askedAddress = async (
  argument: string | undefined,
  { canAsk }: Pick<Narrator, 'canAsk'>,
): Promise<string> =>
  checkedAddress(
    argument ??
      (await ask({
        what: 'The address of an issuer or an MCP server',
        missing: problemOf('usage-missing', 'address', { example: usual }),
        allowed: canAsk(),
      })),
  )

interface Network {
  readonly ports: Ports
  /** Default: no token is shown to anybody. */
  readonly tryToken?: TryToken | undefined
  /** Default: nobody looks. */
  readonly lookAtCertificate?: LookAtCertificate
}

/** One run, whatever it is for. */
export const discoverOnce = async (
  address: string,
  flags: DiscoverFlags,
  { ports, lookAtCertificate, tryToken }: Network,
): Promise<DiscoverReport> => {
  const found = await investigate(address, budgeted(ports), {
    as: flags.as,
    metadataIssuer: flags['metadata-issuer'],
    expectIssuer: flags['expect-issuer'],
    mustAsk: flags.strict === true,
    allowHttp: flags['allow-http'] === true,
    allowPrivate: flags['allow-private'] === true,
    ...(lookAtCertificate === undefined ? {} : { lookAtCertificate }),
    signal: AbortSignal.timeout(flags.timeout * 1000),
  })
  const threshold = { failOn: flags['fail-on'], strict: flags.strict === true }
  return discoverReport(address, threshold, found, await tryToken?.(found, ports))
}

export const findingOf = (
  report: DiscoverReport,
  format: Format | undefined,
  columns: number | undefined,
  page?: () => string,
): CommandResult<DiscoverReport> => ({
  report,
  exitCode: exitCodesOf[report.verdict],
  ...rendered(
    format,
    'discover',
    [subjectOf(report)],
    {
      text: (style) => discoveryText(report, { style, columns }),
      line: (style) => discoveryLine(report, style),
    },
    page,
  ),
})

/** The audience as the server publishes it, else its address: an issuer has none. */
const factsOf = ({ as, outcome, resource, authorization_server: server }: DiscoverReport) => {
  const published = resource?.metadata?.['resource']
  return {
    outcome: outcome.kind,
    instead: outcome.instead,
    issuer: server === null || server.metadata === null ? null : server.issuer,
    audience:
      as === 'issuer' ? null : typeof published === 'string' ? published : (resource?.url ?? null),
  }
}

export interface ShownToken {
  readonly tryToken: TryToken
  /** What a server could repeat. */
  readonly secrets: readonly string[]
}

export const discoverAddress = async (
  argument: string | undefined,
  flags: DiscoverFlags & { readonly version: string },
  narrator: Narrator,
  shown?: ShownToken,
): Promise<CommandResult<DiscoverReport | ComparedReport>> => {
  const { quiet, columns } = narrator
  const address = await askedAddress(argument, narrator)
  // What is wrong with the files is told before anybody is asked.
  const earlier = flags.diff === undefined ? undefined : readEarlierReport(flags.diff, address)
  const network = await networkPorts(flags, narrator)
  const lookAtCertificate = await networkCertificates(flags, narrator)
  const { save: folder, har, version } = flags
  const page = flags.format === 'html'
  const saving = await openSaving({ folder, har, page, version }, network, narrator, shown?.secrets)
  const badge = await openBadge(flags.badge)
  const report = await withProgress({ text: `asking ${new URL(address).host}`, quiet }, () =>
    discoverOnce(address, flags, {
      ports: saving?.ports ?? network,
      lookAtCertificate,
      tryToken: shown?.tryToken,
    }),
  )
  for (const advice of networkAdvice(report.attempts.map(({ problem }) => problem))) {
    narrator.note(advice)
  }
  await saving?.write(report)
  await badge?.write(badgeText(gradeBadge(report)))
  passOn(factsOf(report))
  const html = page ? (await import('./discover-html.ts')).discoverHtml : undefined
  const madeAt = new Date(network.clock.now()).toISOString()
  const finding = findingOf(report, flags.format, columns, () =>
    html === undefined ? '' : html(report, saving?.exchanges() ?? [], madeAt),
  )
  return earlier === undefined || flags.diff === undefined
    ? finding
    : compared(finding, { earlier, since: flags.diff, flags, columns })
}
