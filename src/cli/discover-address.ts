// The work of `discover`: from an MCP server or an issuer to the key set, with everything found on the way.
import { exchange } from '../base/exchange.ts'
import type { Ports } from '../base/ports.ts'
import type { Severity } from '../base/problem.ts'
import { systemPorts } from '../base/system-ports.ts'
import { UsageError } from '../base/usage-error.ts'
import { fail } from '../core/check.ts'
import { discoverAuthServer, type Discovery } from '../core/discovery.ts'
import { examineKeySet, isKeySet } from '../core/key-set.ts'
import { discoverResource, type ResourceDiscovery } from '../core/resource-discovery.ts'
import { ask } from './ask.ts'
import {
  discoverReport,
  isFinding,
  type DiscoverReport,
  type Found,
  type KeysFound,
  type ServerSource,
} from './discover-report.ts'
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

interface Asked {
  readonly address: string
  readonly flags: DiscoverFlags
  readonly ports: Ports
  readonly signal: AbortSignal
}

const askServer = async (
  { flags, ports, signal }: Asked,
  issuer: string,
  from: ServerSource,
): Promise<NonNullable<Found['server']>> => {
  const found = await discoverAuthServer(issuer, ports, {
    metadataIssuer: flags['metadata-issuer'],
    allowHttp: flags['allow-http'] === true,
    signal,
  })
  return { ...found, from }
}

const askResource = ({ address, flags, ports, signal }: Asked): Promise<ResourceDiscovery> =>
  discoverResource(address, ports, {
    allowHttp: flags['allow-http'] === true,
    allowPrivate: flags['allow-private'] === true,
    signal,
  })

const parsed = (body: string | undefined): unknown => {
  try {
    return JSON.parse(body ?? '')
  } catch {
    return undefined
  }
}

const askKeys = async (
  { flags, ports, signal }: Asked,
  server: Discovery | undefined,
): Promise<KeysFound | undefined> => {
  const url = server?.metadata?.jwks_uri
  if (server === undefined || url === undefined) return undefined
  const sameHost = URL.canParse(url) && new URL(url).host === new URL(server.issuer).host
  const answer = await exchange({ url, headers: { accept: 'application/json' }, signal }, ports, {
    allowHttp: flags['allow-http'] === true,
    reach: sameHost || flags['allow-private'] === true ? 'private' : 'public',
  })
  const document = answer.status === 200 ? parsed(answer.body) : undefined
  if (!isKeySet(document)) {
    const why = answer.fault?.detail ?? (answer.status === 200 ? 'no key set' : answer.status)
    const checks = [fail('jwks-fetch', `${String(why)} from ${url}`)]
    return { url, exchange: answer, examination: undefined, checks }
  }
  const examination = examineKeySet(document)
  return { url, exchange: answer, examination, checks: examination.checks }
}

/** An issuer at the server's origin is what MCP clients of 2025-03-26 fall back to. */
const serverOf = async (asked: Asked, resource: ResourceDiscovery) => {
  const [issuer] = resource.authorizationServers
  if (issuer !== undefined) return askServer(asked, issuer, 'authorization_servers')
  if (resource.probe.status === undefined) return undefined
  return askServer(asked, new URL(asked.address).origin, 'origin')
}

const looksLikeMcp = (address: string): boolean =>
  /\/(?:mcp|sse)\/?$/.test(new URL(address).pathname)

/** Whichever reading fits; an address that fits neither is read as what it looks like. */
const investigate = async (asked: Asked): Promise<Found> => {
  const asResource = async (resource: ResourceDiscovery): Promise<Found> => {
    const server = await serverOf(asked, resource)
    return { as: 'mcp', resource, server, keys: await askKeys(asked, server) }
  }
  const asIssuer = async (server: NonNullable<Found['server']>): Promise<Found> => ({
    as: 'issuer',
    resource: undefined,
    server,
    keys: await askKeys(asked, server),
  })
  const { as } = asked.flags
  if (as === 'mcp' || (as === undefined && looksLikeMcp(asked.address))) {
    const resource = await askResource(asked)
    if (as === 'mcp' || resource.isResource || resource.probe.status === undefined) {
      return asResource(resource)
    }
    return asIssuer(await askServer(asked, asked.address, 'argument'))
  }
  const server = await askServer(asked, asked.address, 'argument')
  const answered = server.attempts.some(({ exchange: { status } }) => status !== undefined)
  if (as === 'issuer' || server.metadata !== undefined || !answered) return asIssuer(server)
  const resource = await askResource(asked)
  return resource.isResource ? asResource(resource) : asIssuer(server)
}

/** RFC 6750 section 5.3: no tokens in URLs. Reports show the address, so it must not hold one. */
const credentialNames = /^(?:(?:access_|id_|refresh_)?token|client_secret|password|code)$/i

const holdsCredential = ({ username, password, searchParams }: URL): boolean =>
  username !== '' ||
  password !== '' ||
  [...searchParams.keys()].some((name) => credentialNames.test(name))

const checkedAddress = (address: string): string => {
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
    hint: 'write it whole: mcp-proxy discover https://id.example.com',
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
  const signal = AbortSignal.timeout(flags.timeout * 1000)
  const asked = { address, flags, ports: systemPorts(), signal }
  const found = await withProgress({ text: `asking ${new URL(address).host}`, quiet }, () =>
    investigate(asked),
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
