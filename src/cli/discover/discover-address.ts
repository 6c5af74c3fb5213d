// The work of `discover`: from an MCP server or an issuer to the key set, with everything found on the way.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { Ports } from '../../base/ports.ts'
import { problemOf } from '../../problems/problem.ts'
import { investigate } from '../../core/investigation/investigation.ts'
import { notedAddress, type NotedAddress } from '../address/checked-address.ts'
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

const example = 'mcp-proxy discover https://id.example.com'

export const askedAddress = async (
  argument: string | undefined,
  { canAsk, note }: Pick<Narrator, 'canAsk' | 'note'>,
): Promise<NotedAddress> =>
  notedAddress(
    argument ??
      (await ask({
        what: 'The address of an issuer or an MCP server',
        missing: problemOf('usage-missing', 'address', { example }),
        allowed: canAsk(),
      })),
    { example },
    { note },
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
  const { address, about } = await askedAddress(argument, narrator)
  // What is wrong with the files is told before anybody is asked.
  const earlier = flags.diff === undefined ? undefined : readEarlierReport(flags.diff, address)
  const network = await networkPorts(flags, narrator)
  const lookAtCertificate = await networkCertificates(flags, narrator)
  const { save: folder, har, version } = flags
  const page = flags.format === 'html'
  const saving = await openSaving({ folder, har, page, version }, network, narrator, shown?.secrets)
  const badge = await openBadge(flags.badge)
  const report = await withProgress({ text: `asking ${new URL(address).host}`, quiet }, () =>
    discoverOnce(
      address,
      { ...flags, as: flags.as ?? about },
      {
        ports: saving?.ports ?? network,
        lookAtCertificate,
        tryToken: shown?.tryToken,
      },
    ),
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
