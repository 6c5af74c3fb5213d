// Rules between [limits] and the rest: names of roles and backends, and who the callers are.
import { quoteList } from '../base/quote.ts'
import type { AccessConfig } from '../core/auth-config/access-keys.ts'
import { isLoopbackHost } from '../net/address.ts'
import type { RedisAccess } from '../redis/redis-config.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { KeyPath } from './key-path.ts'
import { unknownRole } from './policy-rules.ts'
import type { Config } from './schema.ts'

const placeOf = (index: number, ...rest: readonly (string | number)[]): KeyPath => [
  'limits',
  'rules',
  index,
  ...rest,
]

const sameNames = ({ limits }: Config): ConfigFinding[] => {
  const known = new Set<string>()
  return limits.rules.flatMap(({ name }, index) => {
    if (known.has(name)) {
      return [
        findingAt(placeOf(index, 'name'), (key) =>
          problemOf('config-value', 'limit-name', { key }),
        ),
      ]
    }
    known.add(name)
    return []
  })
}

const unknownBackends = ({ limits, backends }: Config): ConfigFinding[] => {
  const names = backends.map(({ name }) => name)
  return limits.rules.flatMap(({ backends: listed = [] }, index) =>
    listed.flatMap((backend, at) =>
      names.includes(backend)
        ? []
        : [
            findingAt(placeOf(index, 'backends', at), (key) =>
              problemOf('config-value', 'limit-backend', { key, backends: quoteList(names) }),
            ),
          ],
    ),
  )
}

const unknownRoles = ({ limits, auth }: Config): ConfigFinding[] => {
  const { roles = [] }: AccessConfig = auth
  const names = roles.map(({ name }) => name)
  return limits.rules.flatMap(({ by, roles: listed = [] }, index) => {
    const unknown = listed.flatMap((role, at) =>
      names.includes(role)
        ? []
        : [findingAt(placeOf(index, 'roles', at), (key) => unknownRole(key, role, names))],
    )
    return names.length === 0 && by.includes('role')
      ? [
          ...unknown,
          findingAt(placeOf(index, 'by'), (key) =>
            problemOf('config-value', 'limit-role', { key }),
          ),
        ]
      : unknown
  })
}

/** Without authentication all callers are one. */
const oneCaller = ({ limits, auth }: Config): ConfigFinding[] =>
  auth.type === 'none'
    ? limits.rules.flatMap(({ by }, index) =>
        by.includes('caller')
          ? [
              findingAt(placeOf(index, 'by'), (key) =>
                problemOf('config-advice', 'limit-caller', { key }),
              ),
            ]
          : [],
      )
    : []

/** A password that goes over a network as it is. `path`: the key of the address. */
export const plainRedis = (
  { url, password }: { readonly url?: string | undefined } & Pick<RedisAccess, 'password'>,
  path: KeyPath,
): ConfigFinding[] => {
  if (password === undefined || url === undefined || !URL.canParse(url)) return []
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'redis:' || isLoopbackHost(hostname)) return []
  return [
    findingAt(path, (key) =>
      problemOf('config-advice', 'plain-scheme', {
        key,
        scheme: 'redis',
        carried: 'the password',
        better: 'rediss',
      }),
    ),
  ]
}

export const limitRules = (config: Config): Findings => ({
  problems: [...sameNames(config), ...unknownBackends(config), ...unknownRoles(config)],
  warnings: [
    ...oneCaller(config),
    ...plainRedis(config.limits.redis ?? {}, ['limits', 'redis', 'url']),
  ],
})
