// `login --check` and `login --reset`: one stored login looked at, or forgotten, without asking anybody.
import { systemClock } from '../../base/clock.ts'
import { duration } from '../../base/duration.ts'
import { printable } from '../../base/escape.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import { absolute } from '../terminal/duration.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { Style } from '../terminal/style.ts'
import { tokenView } from '../token/token-view.ts'
import { isoTime, type LoginCheckReport, type LoginResetReport } from './login-report.ts'
import { loginCommand } from './renew.ts'
import { checkName, openStore } from './store.ts'
import type { StoredLogin } from './stored-login.ts'

/** What the server said at the login, else what a JWT says of itself. */
const endOf = ({ expiresAt, accessToken }: StoredLogin): number | undefined => {
  if (expiresAt !== undefined) return expiresAt
  const exp = tokenView(accessToken.reveal()).claims?.['exp']
  return typeof exp === 'number' ? exp * 1000 : undefined
}

const renewalOf = ({ refreshToken, flow }: StoredLogin): LoginCheckReport['renewable'] => {
  if (refreshToken !== undefined) return 'refresh-token'
  return flow === 'client_credentials' ? 'client-credentials' : null
}

const checkReport = (login: StoredLogin, now: number): LoginCheckReport => {
  const end = endOf(login)
  const renewable = renewalOf(login)
  const isOver = end !== undefined && end <= now
  const { name, address, issuer, resource, scopes } = login
  const verdict = isOver ? (renewable === null ? 'over' : 'renewable') : 'valid'
  return {
    schema_version: 1,
    command: 'login',
    verdict,
    now: new Date(now).toISOString(),
    name,
    address,
    issuer,
    resource: resource ?? null,
    scopes,
    expires_at: isoTime(end),
    remaining_seconds: end === undefined ? null : Math.round((end - now) / 1000),
    renewable,
    next: verdict === 'over' ? loginCommand(login) : `mcp-proxy validate --store ${name}`,
  }
}

const marks = { valid: 'VALID', renewable: 'OVER, RENEWED ON USE', over: 'OVER' } as const

const endText = ({ expires_at: end, remaining_seconds: left }: LoginCheckReport): string => {
  if (end === null || left === null) return 'the server did not say when it ends'
  const when = absolute(Date.parse(end) / 1000) ?? end
  return left > 0
    ? `ends in ${duration(left)}, at ${when}`
    : `ended ${duration(left)} ago, at ${when}`
}

const renewalText = {
  'refresh-token': 'by its refresh token, on the next use',
  'client-credentials': 'by the same client, on the next use',
} as const

const checkLine = (report: LoginCheckReport, style: Style): string => {
  const { verdict, name } = report
  const colour = { valid: style.green, renewable: style.yellow, over: style.red }[verdict]
  return `${colour(marks[verdict])}  ${name}  ${endText(report)}`
}

const checkText = (report: LoginCheckReport, style: Style): string => {
  const { address, issuer, renewable, next } = report
  const renewal = renewable === null ? 'not possible: log in again' : renewalText[renewable]
  return [
    checkLine(report, style),
    ...[
      ['address', address],
      ['issuer', issuer],
      ['renewed', renewal],
      ['next', next],
    ].map(([name = '', text = '']) => `  ${style.dim(name.padEnd(7))}  ${printable(text)}`),
  ].join('\n')
}

/** Sends no request: a token that was revoked is valid here. Exit code 4 where a login is needed. */
export const checkStoredLogin = (
  name: string,
  { env }: Narrator,
): CommandResult<LoginCheckReport> => {
  const login = openStore(env).find(name)
  if (login === undefined) throw usageError(problemOf('login-needed', 'absent', { name }))
  const report = checkReport(login, systemClock.now())
  return {
    report,
    exitCode: report.verdict === 'over' ? exitCodes.login : exitCodes.accepted,
    text: (style) => checkText(report, style),
    line: (style) => checkLine(report, style),
  }
}

const resetText = ({ name, forgotten_client: client }: LoginResetReport): string =>
  [
    `Forgot ${name}: its tokens were not revoked (mcp-proxy logout does that)`,
    ...(client === null ? [] : [`Forgot the client that was registered at ${printable(client)}`]),
  ].join('\n')

/** Also a file that cannot be read. The next login starts as if there had been none. */
export const resetStoredLogin = (
  name: string,
  { env }: Narrator,
): CommandResult<LoginResetReport> => {
  const store = openStore(env)
  const entry = store.all().find(([known]) => known === checkName(name))
  if (entry === undefined) throw usageError(problemOf('login-needed', 'missing', { name }))
  const [, login] = entry
  store.remove(name)
  const issuer = 'why' in login ? undefined : login.issuer
  const client = issuer === undefined ? undefined : store.clients.recall(issuer)
  if (client !== undefined) store.clients.forget(client.issuer)
  const report: LoginResetReport = {
    schema_version: 1,
    command: 'login',
    verdict: 'reset',
    name,
    forgotten_client: client?.issuer ?? null,
  }
  return { report, exitCode: exitCodes.accepted, text: () => resetText(report) }
}
