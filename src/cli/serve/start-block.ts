// What a terminal shows when the proxy listens: where it is, how callers prove who they are, and where to look into it.
import { printable } from '../../base/escape.ts'
import { resourceMetadataUrl } from '../../core/challenge/resource-metadata.ts'
import type { Config } from '../../config/schema.ts'
import { hanging, padded } from '../report/layout.ts'
import type { View } from '../report/checks-text.ts'
import type { ServeReport } from './serve-report.ts'

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
  ]
}

/** Without `columns` it goes to a pipe: one line is enough there. */
export const startText = (started: Started, { style, columns }: View): string => {
  const first = `serving ${style.bold(printable(started.url))}  (stop with Ctrl-C)`
  if (columns === undefined) return first
  return [
    first,
    ...rowsOf(started).map(([name, value]) =>
      hanging(`  ${style.dim(padded(name, 10))}  `, printable(value), columns),
    ),
  ].join('\n')
}
