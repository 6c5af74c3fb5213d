// The lists of hosts and origins: an entry that can never match is a door that its writer believes open.
import { readOriginPattern } from '../net/origin-pattern.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { Config } from './schema.ts'

type Fault = 'origin' | 'origin-form' | 'origin-glob' | 'host-form'

const originFaults = { syntax: 'origin', form: 'origin-form', glob: 'origin-glob' } as const

const originFault = (entry: string): Fault | undefined => {
  const read = readOriginPattern(entry)
  return typeof read === 'string' ? originFaults[read] : undefined
}

/** Anybody who registers a name below it may call, where that is a domain of the public. */
const isWide = (entry: string): boolean => {
  const read = readOriginPattern(entry)
  return typeof read !== 'string' && read.fixedLabels !== undefined && read.fixedLabels < 2
}

const hostFault = (entry: string): Fault | undefined =>
  /^(?:\[[0-9a-f:.]+\]|[^\s/:@#?*[\]]+)(?::\d{1,5})?$/i.test(entry) ? undefined : 'host-form'

const faults = (
  name: string,
  entries: readonly string[],
  faultOf: (entry: string) => Fault | undefined,
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
    warnings: [
      ...(anybody >= 0 && auth.type === 'none'
        ? [
            findingAt(['security', 'allowed_origins', anybody], (key) =>
              problemOf('config-advice', 'any-origin', { key }),
            ),
          ]
        : []),
      ...origins.flatMap((entry, index) =>
        isWide(entry)
          ? [
              findingAt(['security', 'allowed_origins', index], (key) =>
                problemOf('config-advice', 'wide-origin', { key }),
              ),
            ]
          : [],
      ),
    ],
  }
}
