// A login, the list of logins and a logout as a person reads them.
import { duration } from '../../base/duration.ts'
import { absolute, relative } from '../terminal/duration.ts'
import { printable } from '../../base/escape.ts'
import { homely, type ListedLogin, type LoginListReport, type LoginReport } from './login-report.ts'
import type { LogoutReport } from './logout-report.ts'
import type { Style } from '../terminal/style.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

type Row = readonly [name: string, text: string]

const rows = (list: readonly Row[], { style, columns }: View): string[] => {
  const width = longest(list.map(([name]) => name))
  return list.map(([name, text]) =>
    hanging(`  ${style.dim(padded(name, width))}  `, printable(text), columns),
  )
}

const kinds = { jwt: 'JWT', jwe: 'encrypted JWT', opaque: 'opaque' } as const

const clients = {
  'pre-registered': 'registered beforehand',
  'metadata-document': 'by its metadata document',
  remembered: 'registered at an earlier login',
  registered: 'registered just now',
} as const

const lifetime = ({ expires_at: end, lifetime_seconds: seconds }: LoginReport): string =>
  end === null || seconds === null
    ? 'the server does not say'
    : `${duration(seconds)}, until ${absolute(Date.parse(end) / 1000) ?? end}`

const renewal = ({ refreshable, flow, stored }: LoginReport): string => {
  if (!refreshable) return 'none: log in again when the token has expired'
  if (stored === null) return 'not kept'
  return flow === 'client_credentials' ? 'by the same client, on use' : 'by refresh token, on use'
}

const scopesText = ({ scopes: { granted, missing } }: LoginReport): string => {
  const got = granted.length === 0 ? 'none named' : granted.join(' ')
  return missing.length === 0 ? got : `${got}  (asked for and not granted: ${missing.join(' ')})`
}

/** A JWT of another audience than was asked for is what most servers give that ignore the parameter. */
const audienceRows = ({ token: { audience }, resource }: LoginReport): readonly Row[] => {
  if (audience === null) return []
  const text = audience.length === 0 ? 'none' : audience.join(' ')
  const missed = resource !== null && !audience.includes(resource)
  return [['audience', missed ? `${text}  (not the resource: the server did not heed it)` : text]]
}

export const loginLine = (
  { address, stored, expires_at: end }: LoginReport,
  style: Style,
): string =>
  `${style.green('LOGGED IN')}  ${printable(address)}${stored === null ? '' : `  as ${stored.name}`}${end === null ? '' : `  until ${end}`}`

export const loginText = (report: LoginReport, view: View): string => {
  const { token, client, stored, resource } = report
  return [
    `${view.style.green('LOGGED IN')}  ${printable(report.address)}`,
    ...rows(
      [
        ['issuer', report.issuer],
        ['client', `${client.id}  (${clients[client.from]}, ${client.auth})`],
        [
          'token',
          `${kinds[token.kind]}, ${String(token.characters)} characters, fingerprint ${token.fingerprint}`,
        ],
        ['lifetime', lifetime(report)],
        ['renewed', renewal(report)],
        ['scopes', scopesText(report)],
        ['resource', resource ?? 'none: the token may be for anything'],
        ...audienceRows(report),
        ...(stored === null
          ? []
          : [['stored', `${stored.name}  in ${homely(stored.file)}`] as const]),
        ...(report.next === null ? [] : [['next', report.next] as const]),
      ],
      view,
    ),
  ].join('\n')
}

const ends = (
  { expires_at: end, expired, refreshable, problem }: ListedLogin,
  now: string,
): string => {
  if (problem !== null) return `cannot be used: ${problem}`
  if (end === null) return 'does not say when it ends'
  const when = relative(Date.parse(end) / 1000, Date.parse(now) / 1000)
  const word = expired === true ? 'ended' : 'ends'
  return `${word} ${when}${refreshable === true ? ', renewed on use' : ''}`
}

export const listText = ({ logins, folder, now }: LoginListReport, view: View): string => {
  if (logins.length === 0) return `No logins in ${homely(folder)}`
  const width = longest(logins.map(({ name }) => name))
  return logins
    .flatMap((login) => {
      const head = `${view.style.bold(padded(login.name, width))}  `
      const first = hanging(head, printable(ends(login, now)), view.columns)
      const indent = ' '.repeat(width + 2)
      const about = [login.address, login.issuer === null ? null : `at ${login.issuer}`]
      return [
        first,
        ...about.flatMap((text) =>
          text === null
            ? []
            : [hanging(`${indent}${view.style.dim('')}`, printable(text), view.columns)],
        ),
      ]
    })
    .join('\n')
}

export const listLine = ({ logins }: LoginListReport): string =>
  logins.map(({ name }) => name).join('\n')

const revoked = ({ revocation }: LogoutReport['logins'][number]): string => {
  if (revocation.outcome === 'skipped') return revocation.detail ?? 'not revoked'
  if (revocation.outcome === 'revoked') return `revoked: ${revocation.tokens.join(', ')}`
  return `not revoked: ${revocation.detail ?? 'the server did not say why'}`
}

export const logoutText = (report: LogoutReport, view: View): string => {
  const { logins, forgotten_clients: clientsGone } = report
  const told = logins.flatMap((login) => [
    `${view.style.green('LOGGED OUT')}  ${login.name}`,
    ...rows(
      [
        ['tokens', revoked(login)],
        ['file', login.removed ? 'removed' : 'was gone already'],
      ],
      view,
    ),
  ])
  const forgot =
    clientsGone === 0
      ? []
      : [
          `Forgot ${String(clientsGone)} client${clientsGone === 1 ? '' : 's'} that servers had registered`,
        ]
  return [...(logins.length === 0 ? ['Nothing was stored'] : told), ...forgot].join('\n')
}

export const logoutLine = ({ logins }: LogoutReport): string =>
  logins.map((login) => `${login.name}  ${revoked(login)}`).join('\n')
