// What a configuration would serve, as a person reads it.
import { printable } from '../../base/escape.ts'
import type { ServeReport } from './serve-report.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

const clientWords = { none: 'none', request: 'asked for', require: 'required' } as const

/** How clients have to come; no row for plain http. */
export const tlsRow = ({
  tls,
}: Pick<ServeReport, 'tls'>): readonly (readonly [string, string])[] =>
  tls === null
    ? []
    : [['tls', `${tls.min_version} or newer; client certificates: ${clientWords[tls.client_auth]}`]]

export const serveText = (report: ServeReport, { style, columns }: View): string => {
  const { auth, backends, listen, verify } = report
  const row = (name: string, value: string) =>
    hanging(`  ${style.dim(padded(name, 10))}  `, printable(value), columns)
  const rows: (readonly [string, string])[] = [
    ['listen', `${listen.host}:${String(listen.port)}`],
    ...tlsRow(report),
    ...(report.public_url === null ? [] : [['public url', report.public_url] as const]),
    ['auth', auth.strategy === null ? auth.type : `${auth.type} (${auth.strategy})`],
    ...auth.issuers.map((issuer) => ['issuer', issuer] as const),
    ...auth.audience.map((audience) => ['audience', audience] as const),
    ...(auth.issuers.length > 0 && auth.audience.length === 0
      ? [['audience', 'any (allow_any_audience)'] as const]
      : []),
    ...(auth.required_scopes.length === 0
      ? []
      : [['scopes', auth.required_scopes.join(' ')] as const]),
    ...(auth.roles.length === 0 ? [] : [['roles', auth.roles.join(', ')] as const]),
    ...(verify === null ? [] : [['verify', [verify.path, ...verify.headers].join(' ')] as const]),
  ]
  const width = longest(backends.map(({ name }) => name))
  const kinds = Math.max(5, longest(backends.map(({ transport }) => transport)))
  return [
    `${style.green.bold('OK')}  ${printable(report.config)} can be served; nothing was opened`,
    ...rows.map(([name, value]) => row(name, value)),
    ...(backends.length === 0 ? [] : ['', style.bold('Backends')]),
    ...backends.map(
      ({ name, transport, protocol, target }) =>
        `  ${padded(printable(name), width)}  ${padded(transport, kinds)}  ${padded(protocol, 6)}  ${printable(target)}`,
    ),
  ].join('\n')
}
