// What a terminal shows when the proxy listens: where it is, how callers prove who they are, and where to look into it.
import { printable } from '../../base/escape.ts'
import { resourceMetadataUrl } from '../../core/challenge/resource-metadata.ts'
import type { Config } from '../../config/schema.ts'
import { hanging, padded } from '../report/layout.ts'
import type { View } from '../report/checks-text.ts'
import type { ServeReport } from './serve-report.ts'
import { tlsRow } from './serve-text.ts'

interface Started {
  readonly report: ServeReport
  readonly config: Config
  /** The endpoint as it can be called from this machine. */
  readonly url: string
}

const adminAccess = ({ security }: Config): string =>
  security.admin_token === undefined ? 'from this machine' : 'with security.admin_token'

const rowsOf = ({ report, config, url }: Started): readonly (readonly [string, string])[] => {
  const { auth, public_url: publicUrl } = report
  const { origin } = new URL(url)
  const access = adminAccess(config)
  return [
    ...(publicUrl === null || publicUrl === url ? [] : [['public url', publicUrl] as const]),
    ...config.profiles.map(({ name }) => ['profile', `${url}/${name}`] as const),
    ...tlsRow(report),
    ['auth', auth.strategy === null ? auth.type : `${auth.type} (${auth.strategy})`],
    ...auth.issuers.map((issuer) => ['issuer', issuer] as const),
    ...(publicUrl !== null && auth.issuers.length > 0
      ? [['metadata', resourceMetadataUrl(publicUrl)] as const]
      : []),
    ['health', `${origin}/health and /ready`],
    ['admin', `${origin}/admin/backends and /admin/decisions (${access})`],
    ...(config.observability.metrics.enabled
      ? [['metrics', `${origin}/admin/metrics (${access})`] as const]
      : []),
    ...(config.observability.audit_file === undefined
      ? []
      : [['audit', config.observability.audit_file.path] as const]),
    ...(config.observability.decisions.file === undefined
      ? []
      : [['decisions', config.observability.decisions.file.path] as const]),
  ]
}

/** Without `columns` it goes to a pipe: a line for each door is enough there. */
export const startText = (started: Started, { style, columns }: View): string => {
  const { verify, backends } = started.report
  const places: readonly (readonly [string, string])[] = [
    ...(backends.length === 0 ? [] : [['serving', started.url] as const]),
    ...(verify === null || verify.url === null
      ? []
      : [['verifying for gateways at', verify.url] as const]),
  ]
  const first = places.map(
    ([what, url], index) =>
      `${what} ${style.bold(printable(url))}${index === 0 ? '  (stop with Ctrl-C)' : ''}`,
  )
  if (columns === undefined) return first.join('\n')
  return [
    ...first,
    ...rowsOf(started).map(([name, value]) =>
      hanging(`  ${style.dim(padded(name, 10))}  `, printable(value), columns),
    ),
  ].join('\n')
}
