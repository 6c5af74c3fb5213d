// The work of `login`: an address in, a token out, stored under a name or printed.
import { problemOf } from '../../problems/problem.ts'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import type { Ports } from '../../base/ports.ts'
import { usageError } from '../../problems/usage-error.ts'
import { investigate } from '../../core/investigation/investigation.ts'
import { chooseScopes, loginTarget, type LoginTarget } from '../../core/oauth-client/target.ts'
import { scopeList } from '../../core/claims/scopes.ts'
import { ask } from '../terminal/ask.ts'
import { notedAddress } from '../address/checked-address.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkPorts } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import { listLine, listText, loginLine, loginText } from './login-text.ts'
import type { CommandResult } from '../command/report-command.ts'
import { plain } from '../terminal/style.ts'
import { createExplainer } from './explain-flow.ts'
import { grantBy } from './flows.ts'
import type { LoginFlags } from './login-flags.ts'
import { listReport, loginReport, type LoginListReport, type LoginReport } from './login-report.ts'
import { withGrant } from './renew.ts'
import { requireSecret } from './own-client.ts'
import { checkName, nameOf, openStore, type LoginStore } from './store.ts'
import type { Flow, StoredLogin } from './stored-login.ts'

const flowOf = (flags: LoginFlags): Flow => {
  if (flags.device === true) return 'device'
  return flags['client-credentials'] === true ? 'client_credentials' : 'code'
}

/** A browser needs somebody in front of it; whoever says --no-browser will open the address himself. */
const requireSomebody = (flow: Flow, flags: LoginFlags, canAsk: () => boolean): void => {
  if (flow !== 'code' || flags['no-browser'] === true || canAsk()) return
  throw usageError(problemOf('login-needed', 'terminal'))
}

/** Undefined where the token is only printed. */
const nameFor = (
  address: string,
  { store, bare, header }: LoginFlags,
  logins: LoginStore,
): string | undefined => {
  if (store !== undefined) return checkName(store)
  if (bare === true || header === true) return undefined
  const name = nameOf(address)
  const other = logins.all().find(([known]) => known === name)?.[1]
  if (other === undefined || 'why' in other || other.address === address) return name
  const { address: taken } = other
  throw usageError(problemOf('usage-flag', 'login-name-taken', { name, address: taken }))
}

const resourceFor = (flags: LoginFlags, target: LoginTarget, narrator: Narrator) => {
  if (flags['no-resource'] === true) return undefined
  if (flags.resource !== undefined) {
    // RFC 8707 section 2.
    if (!URL.canParse(flags.resource) || flags.resource.includes('#')) {
      throw usageError(problemOf('usage-flag', 'resource-form'))
    }
    return flags.resource
  }
  if (target.resource === undefined) {
    narrator.note('no resource: the address is an issuer, and --resource names no MCP server')
  }
  return target.resource
}

const namedScopes = ({ scope }: LoginFlags): readonly string[] | undefined =>
  scope === undefined ? undefined : scopeList(scope)

const findTarget = async (
  address: string,
  flags: LoginFlags,
  narrator: Narrator,
  ports: Ports,
): Promise<LoginTarget> => {
  const found = await withProgress(
    { text: `asking ${new URL(address).host}`, quiet: narrator.quiet },
    () =>
      investigate(address, ports, {
        as: flags.as,
        metadataIssuer: flags['metadata-issuer'],
        allowHttp: flags['allow-http'] === true,
        allowPrivate: flags['allow-private'] === true,
        signal: AbortSignal.timeout(30_000),
      }),
  )
  const resourceNamed = flags.resource !== undefined || flags['no-resource'] === true
  const target = loginTarget(address, found, { resourceNamed })
  const { issuer } = target.server
  narrator.note(`logging in at ${issuer}`)
  if (target.issuers.length > 1) {
    const others = target.issuers.filter((other) => other !== issuer).join(', ')
    narrator.note(`${address} also names ${others}: mcp-proxy login <issuer> --resource ${address}`)
  }
  return target
}

const example = 'mcp-proxy login https://mcp.example.com/mcp'

/** What `--bare` and `--header` print, and they alone. */
const printed = (
  { bare, header }: LoginFlags,
  { accessToken }: StoredLogin,
): string | undefined => {
  if (bare === true) return accessToken.reveal()
  return header === true ? `Authorization: Bearer ${accessToken.reveal()}` : undefined
}

export const listLogins = ({ env, columns }: Narrator): CommandResult<LoginListReport> => {
  const store = openStore(env)
  const report = listReport(store.folder, store.all(), systemClock.now())
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => listText(report, { style, columns }),
    line: () => listLine(report),
  }
}

export const logIn = async (
  argument: string | undefined,
  flags: LoginFlags,
  narrator: Narrator,
): Promise<CommandResult<LoginReport>> => {
  const { env, canAsk, columns } = narrator
  const flow = flowOf(flags)
  requireSecret(flow, flags, env)
  const { address, about } = notedAddress(
    argument ??
      (await ask({
        what: 'The address of an MCP server or an issuer',
        missing: problemOf('usage-missing', 'address', { example }),
        allowed: canAsk(),
      })),
    { example },
    narrator,
  )
  requireSomebody(flow, flags, canAsk)
  const store = openStore(env)
  const name = nameFor(address, flags, store)
  // A login that cannot be kept afterwards would have been for nothing.
  if (name !== undefined) store.files.checkWritable()
  const ports = await networkPorts(flags, narrator)
  const target = await findTarget(address, { ...flags, as: flags.as ?? about }, narrator, ports)
  const resource = resourceFor(flags, target, narrator)
  const keeps = name !== undefined && flow !== 'client_credentials'
  const asked = chooseScopes({ named: namedScopes(flags), target, keeps })
  const allowHttp = flags['allow-http'] === true
  const allowPrivate = flags['allow-private'] === true
  const explain = flags.explain === true ? createExplainer(narrator.tell) : undefined
  const wire = {
    ports,
    trusted: [address],
    allowHttp,
    allowPrivate,
    onExchange: explain?.exchange,
  }
  const { grant, client } = await grantBy({
    address,
    explain,
    flow,
    flags,
    target,
    scopes: asked,
    resource,
    store,
    ports,
    wire,
    narrator,
  })
  const now = ports.clock.now()
  const login = withGrant(
    {
      name: name ?? '',
      address,
      issuer: target.server.issuer,
      flow,
      resource,
      scopes: asked,
      client,
      tokenEndpoint: target.server.token_endpoint ?? '',
      revocationEndpoint: target.server.revocation_endpoint,
      allowHttp,
      allowPrivate,
      accessToken: grant.accessToken,
      refreshToken: grant.refreshToken,
      obtainedAt: now,
      expiresAt: undefined,
    },
    grant,
    now,
  )
  if (name !== undefined) store.save(login)
  const report = loginReport({
    login,
    as: target.as,
    asked,
    granted: grant.scopes,
    file: name === undefined ? undefined : join(store.folder, `${name}.json`),
    now,
  })
  const alone = printed(flags, login)
  if (alone !== undefined) {
    const summary = loginText(report, { style: plain, columns: undefined })
    for (const line of summary.split('\n')) narrator.note(line)
  }
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => alone ?? loginText(report, { style, columns }),
    line: (style) => alone ?? loginLine(report, style),
  }
}
