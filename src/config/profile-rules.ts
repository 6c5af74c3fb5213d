// Rules about profiles: names that must differ, backends that must exist, scopes that something must give.
import { quoteList } from '../base/quote.ts'
import { hasIssuer } from '../core/auth-config/auth-kinds.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { Config } from './schema.ts'
import { twice } from './shaping-rules.ts'
import { shownBackends } from './shown-backends.ts'

export const profileRules = ({ profiles, backends, auth }: Config): Findings => {
  const names = shownBackends(backends).map(({ name }) => name)
  const unknown = profiles.flatMap(({ backends: wanted = [] }, at) =>
    wanted.flatMap((name, index): ConfigFinding[] =>
      names.includes(name)
        ? []
        : [
            findingAt(['profiles', at, 'backends', index], (key) =>
              problemOf('config-value', 'profile-backend', {
                key,
                name: JSON.stringify(name),
                backends: quoteList(names),
              }),
            ),
          ],
    ),
  )
  const scopes = profiles.flatMap(({ required_scopes: wanted }, at): ConfigFinding[] =>
    wanted.length === 0 || hasIssuer(auth)
      ? []
      : [
          findingAt(['profiles', at, 'required_scopes'], (key) =>
            problemOf('config-value', 'profile-scopes', { key }),
          ),
        ],
  )
  return {
    problems: [
      ...twice(profiles.map(({ name }, at) => ({ path: ['profiles', at, 'name'], name }))),
      ...unknown,
      ...scopes,
    ],
    warnings: [],
  }
}
