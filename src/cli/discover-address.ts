// The work of `discover`: from an MCP server or an issuer to the key set, with everything found on the way.
import type { Severity } from '../base/problem.ts'
import { systemPorts } from '../base/system-ports.ts'
import { UsageError } from '../base/usage-error.ts'
import { investigate } from '../core/investigation.ts'
import { ask } from './ask.ts'
import { discoverReport, isFinding, type DiscoverReport } from './discover-report.ts'
import { exitCodes } from './exit-codes.ts'
import { told, type Format, type Subject } from './formats.ts'
import type { Narrator } from './narrator.ts'
import { withProgress } from './progress.ts'
import { discoveryLine, discoveryText } from './render/discovery.ts'
import type { Finding } from './report-command.ts'

export interface DiscoverFlags {
  readonly as?: 'issuer' | 'mcp' | undefined
  readonly 'metadata-issuer'?: string | undefined
  readonly 'fail-on': Severity
  readonly 'allow-http'?: boolean | undefined
  readonly 'allow-private'?: boolean | undefined
  readonly format?: Format | undefined
  readonly timeout: number
}

/** RFC 6750 section 5.3: no tokens in URLs. Reports show the address, so it must not hold one. */
const credentialNames = /^(?:(?:access_|id_|refresh_)?token|client_secret|password|code)$/i

const holdsCredential = ({ username, password, searchParams }: URL): boolean =>
  username !== '' ||
  password !== '' ||
  [...searchParams.keys()].some((name) => credentialNames.test(name))

/** `command`: the one that was given the address. */
export const checkedAddress = (address: string, command = 'discover'): string => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url !== undefined && holdsCredential(url)) {
    throw new UsageError({
      code: 'usage-flag',
      message: 'The address holds a credential',
      hint: 'leave it out: nothing that is asked here needs one, and reports show the address',
    })
  }
  if (url !== undefined && /^https?:$/.test(url.protocol)) return address
  throw new UsageError({
    code: 'usage-flag',
    message: 'The address is no http or https URL',
    hint: `write it whole: mcp-proxy ${command} https://id.example.com`,
  })
}

const exitCodesOf = {
  clean: exitCodes.accepted,
  findings: exitCodes.rejected,
  undecided: exitCodes.undecided,
} as const

const subjectOf = (report: DiscoverReport): Subject => {
  const { address, as, verdict, checks, hints, fail_on: threshold } = report
  return {
    name: address,
    verdict,
    problem: null,
    facts: [
      ['read as', as === 'mcp' ? 'an MCP server' : 'an issuer'],
      ['issuer', report.authorization_server?.issuer ?? 'none'],
      ['key set', report.key_set?.url ?? 'none'],
    ],
    checks,
    hints,
    counts: (check) => isFinding(check, threshold),
  }
}

export const discoverAddress = async (
  argument: string | undefined,
  flags: DiscoverFlags,
  { canAsk, quiet, columns }: Narrator,
): Promise<Finding<DiscoverReport>> => {
  const address = checkedAddress(
    argument ??
      (await ask({
        what: 'The address of an issuer or an MCP server',
        hint: 'mcp-proxy discover https://id.example.com',
        allowed: canAsk(),
      })),
  )
  const found = await withProgress({ text: `asking ${new URL(address).host}`, quiet }, () =>
    investigate(address, systemPorts(), {
      as: flags.as,
      metadataIssuer: flags['metadata-issuer'],
      allowHttp: flags['allow-http'] === true,
      allowPrivate: flags['allow-private'] === true,
      signal: AbortSignal.timeout(flags.timeout * 1000),
    }),
  )
  const report = await discoverReport(address, flags['fail-on'], found)
  return {
    report,
    exitCode: exitCodesOf[report.verdict],
    ...told(flags.format, 'discover', [subjectOf(report)], {
      text: (style) => discoveryText(report, { style, columns }),
      line: (style) => discoveryLine(report, style),
    }),
  }
}
