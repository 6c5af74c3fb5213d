// The work of `logout`: takes the tokens back where the server lets us, and removes them here in any case.
import { problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'
import { openProtocol } from '../../core/oauth-client/grant.ts'
import { revokeTokens, type Revocation } from '../../core/oauth-client/revocation.ts'
import { readPasted } from '../address/pasted-address.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import { logoutLine, logoutText } from './login-text.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { LogoutReport } from './logout-report.ts'
import { storedCredentials } from './own-client.ts'
import { nameOf, openStore, type LoginStore } from './store.ts'
import type { StoredLogin } from './stored-login.ts'

export interface LogoutFlags extends NetworkFlagValues {
  readonly all?: boolean | undefined
  readonly 'no-revoke'?: boolean | undefined
}

type Done = LogoutReport['logins'][number]
type Revoked = Done['revocation']

const skipped = (detail: string): Revoked => ({ outcome: 'skipped', tokens: [], detail })

/** The refresh token decides, where there is one: servers that keep no record of JWTs cannot take those back. */
const summary = (results: readonly Revocation[]): Revoked => {
  const tokens = results.flatMap(({ token, outcome }) => (outcome === 'revoked' ? [token] : []))
  const details = results.flatMap(({ detail }) => (detail === undefined ? [] : [detail]))
  const [decisive] = results
  if (decisive?.outcome === 'unsupported') {
    return skipped('the server does not take such tokens back: they live until they end')
  }
  return {
    outcome: decisive?.outcome ?? 'failed',
    tokens,
    detail: [...new Set(details)].join('; ') || null,
  }
}

const revoke = async (
  login: StoredLogin,
  { env, warn }: Narrator,
  ports: Ports,
): Promise<Revoked> => {
  const { revocationEndpoint, address, allowHttp, allowPrivate, issuer } = login
  if (revocationEndpoint === undefined) {
    return skipped('the server revokes no tokens: they live until they end')
  }
  try {
    const credentials = await storedCredentials(login.client, issuer, {
      env,
      warn,
      clock: ports.clock,
    })
    const protocol = await openProtocol(
      { issuer, revocation_endpoint: revocationEndpoint, token_endpoint: login.tokenEndpoint },
      credentials,
      { ports, trusted: [address], allowHttp, allowPrivate },
    )
    return summary(await revokeTokens(protocol, login.refreshToken, login.accessToken))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { outcome: 'failed', tokens: [], detail: error.message }
  }
}

const logOutOne = async (
  name: string,
  store: LoginStore,
  flags: LogoutFlags,
  narrator: Narrator,
): Promise<Done> => {
  if (flags['no-revoke'] === true) {
    const revocation = skipped('skipped (--no-revoke)')
    return { name, issuer: null, revocation, removed: store.remove(name) }
  }
  const login = store.find(name)
  if (login === undefined) {
    throw usageError(problemOf('login-needed', 'missing', { name }))
  }
  const revocation = await revoke(login, narrator, await networkPorts(flags, narrator))
  return { name, issuer: login.issuer, revocation, removed: store.remove(name) }
}

const namesFor = (
  argument: string | undefined,
  { all }: LogoutFlags,
  store: LoginStore,
): readonly string[] => {
  const known = store.all().map(([name]) => name)
  if (all === true) {
    if (argument === undefined) return known
    throw usageError(problemOf('usage-flag', 'name-and-all'))
  }
  if (argument !== undefined) {
    const read = readPasted(argument, { hosts: false })
    return [read.kind === 'address' ? nameOf(read.address) : argument]
  }
  const [only, ...others] = known
  if (only !== undefined && others.length === 0) return [only]
  if (only === undefined) return []
  const values = { n: known.length, names: known.join(', ') }
  throw usageError(problemOf('usage-missing', 'login-choice', values))
}

export const logOut = async (
  argument: string | undefined,
  flags: LogoutFlags,
  narrator: Narrator,
): Promise<CommandResult<LogoutReport>> => {
  const store = openStore(narrator.env)
  const names = namesFor(argument, flags, store)
  const logins: Done[] = []
  await withProgress({ text: 'revoking', quiet: narrator.quiet }, async () => {
    for (const name of names) logins.push(await logOutOne(name, store, flags, narrator))
  })
  const report: LogoutReport = {
    schema_version: 1,
    command: 'logout',
    verdict: 'logged-out',
    logins,
    forgotten_clients: flags.all === true ? store.forgetClients() : 0,
  }
  const failed = logins.some(({ revocation }) => revocation.outcome === 'failed')
  return {
    report,
    exitCode: failed ? exitCodes.undecided : exitCodes.accepted,
    text: (style) => logoutText(report, { style, columns: narrator.columns }),
    line: () => logoutLine(report),
  }
}
