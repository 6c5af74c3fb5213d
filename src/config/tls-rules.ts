// Our own TLS listener: which of its keys need each other, and what the public URL has to say of it.
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { Config } from './schema.ts'

export const tlsRules = ({ proxy }: Config): Findings => {
  const { tls, public_url: publicUrl } = proxy
  if (tls === undefined) return { problems: [], warnings: [] }
  const path = ['proxy', 'tls', 'client_ca']
  const problems: ConfigFinding[] = []
  if (tls.client_auth === 'require' && tls.client_ca === undefined) {
    problems.push(findingAt(path, (key) => problemOf('config-value', 'tls-ca-required', { key })))
  }
  if (tls.client_auth === 'none' && tls.client_ca !== undefined) {
    problems.push(findingAt(path, (key) => problemOf('config-value', 'tls-ca-unused', { key })))
  }
  if (publicUrl !== undefined && new URL(publicUrl).protocol === 'http:') {
    problems.push(
      findingAt(['proxy', 'public_url'], (key) =>
        problemOf('config-value', 'public-url-tls', { key }),
      ),
    )
  }
  return { problems, warnings: [] }
}
