// The lists of hosts and origins: an entry that can never match is a door that its writer believes open.
import { advice, type Finding, type Findings, violation } from './finding.ts'
import type { Config } from './schema.ts'

const originFault = (entry: string): string | undefined => {
  if (entry === '*') return undefined
  const url = URL.canParse(entry) ? new URL(entry) : undefined
  if (url === undefined || url.origin === 'null') {
    return 'must be an origin, such as https://app.example.com, or "*" for all'
  }
  // RFC 6454 section 6.2: an origin is scheme, host and port, nothing more.
  return url.origin === entry.toLowerCase()
    ? undefined
    : 'must be an origin as browsers send it: scheme, host and a port that is not the default, no path and no "/" at its end'
}

const hostFault = (entry: string): string | undefined =>
  /^(?:\[[0-9a-f:.]+\]|[^\s/:@#?*[\]]+)(?::\d{1,5})?$/i.test(entry)
    ? undefined
    : 'must be a host, with or without its port, as in the Host header; no scheme, no path, no "*"'

const faults = (
  key: string,
  entries: readonly string[],
  faultOf: (entry: string) => string | undefined,
): Finding[] =>
  entries.flatMap((entry, index) => {
    const fault = faultOf(entry)
    return fault === undefined ? [] : [violation(['security', key, index], fault)]
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
            advice(
              ['security', 'allowed_origins', anybody],
              'lets every page that somebody here opens in a browser call the tools',
              'list the origins, or add [auth]',
            ),
          ]
        : [],
  }
}
