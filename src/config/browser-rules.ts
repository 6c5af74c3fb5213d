// The lists of hosts and origins: an entry that can never match is a door that its writer believes open.
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { Config } from './schema.ts'

const originFault = (entry: string): 'origin' | 'origin-form' | undefined => {
  if (entry === '*') return undefined
  const url = URL.canParse(entry) ? new URL(entry) : undefined
  if (url === undefined || url.origin === 'null') return 'origin'
  // RFC 6454 section 6.2: an origin is scheme, host and port, nothing more.
  return url.origin === entry.toLowerCase() ? undefined : 'origin-form'
}

const hostFault = (entry: string): 'host-form' | undefined =>
  /^(?:\[[0-9a-f:.]+\]|[^\s/:@#?*[\]]+)(?::\d{1,5})?$/i.test(entry) ? undefined : 'host-form'

const faults = (
  name: string,
  entries: readonly string[],
  faultOf: (entry: string) => 'origin' | 'origin-form' | 'host-form' | undefined,
): ConfigFinding[] =>
  entries.flatMap((entry, index) => {
    const fault = faultOf(entry)
    return fault === undefined
      ? []
      : [findingAt(['security', name, index], (key) => problemOf('config-value', fault, { key }))]
  })

export const browserRules = ({ auth, security }: Config): Findings => {
  const { allowed_hosts: hosts, allowed_origins: origins } = security
  const anybody = origins.indexOf('*')
  return {
    problems: [
      ...faults('allowed_hosts', hosts, hostFault),
      ...faults('allowed_origins', origins, originFault),
    ],
    warnings:
      anybody >= 0 && auth.type === 'none'
        ? [
            findingAt(['security', 'allowed_origins', anybody], (key) =>
              problemOf('config-advice', 'any-origin', { key }),
            ),
          ]
        : [],
  }
}
