// Rules between [verify] and the other sections: what it cannot do without, and what it does not do.
import type { AccessConfig } from '../core/auth-config/access-keys.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { endpointPath } from './public-url.ts'
import type { Config } from './schema.ts'

const backendRule = ({ backends, verify }: Config): readonly ConfigFinding[] =>
  backends.length > 0 || verify !== undefined
    ? []
    : [
        findingAt(['backends'], (key) =>
          problemOf('config-value', 'entries', { key, bound: 'at least', limit: 1 }),
        ),
      ]

/** Paths at which the proxy answers something else. */
const isTaken = (path: string): boolean =>
  [endpointPath, '/health', '/ready'].includes(path) ||
  /^\/(?:admin|\.well-known)(?:\/|$)/.test(path)

const pathRule = ({ verify }: Config): readonly ConfigFinding[] =>
  verify === undefined || !isTaken(verify.path)
    ? []
    : [
        findingAt(['verify', 'path'], (key) =>
          problemOf('config-value', 'verify-path', { key, path: verify.path }),
        ),
      ]

/** Proofs are made for the original method and URL, which only a trusted gateway may report. */
const gatewayRule = ({ auth, security, verify }: Config): readonly ConfigFinding[] => {
  const constraint =
    auth.type === 'jwt' || auth.type === 'oauth' ? auth.sender_constraint : undefined
  return verify === undefined || constraint !== 'dpop' || security.trusted_proxies.length > 0
    ? []
    : [
        findingAt(['security', 'trusted_proxies'], (key) =>
          problemOf('config-value', 'verify-peers', { key }),
        ),
      ]
}

const authRule = ({ auth, verify }: Config): readonly ConfigFinding[] =>
  verify === undefined || auth.type !== 'none'
    ? []
    : [findingAt(['verify'], (key) => problemOf('config-value', 'verify-auth', { key }), 'key')]

/** Keys that are about single tools, which a gateway does not report. */
const unusedKeys = ({ auth }: Config): readonly string[] => {
  if (auth.type === 'none') return []
  const { roles = [], rules, tool_scopes: scopes }: AccessConfig = auth
  const hasLists = roles.some(({ name: _name, ...lists }) =>
    Object.values(lists).some((list) => list !== undefined),
  )
  return [
    ...(hasLists ? ['roles'] : []),
    ...('scoped_tokens' in auth && auth.scoped_tokens !== undefined ? ['scoped_tokens'] : []),
    ...(scopes === undefined ? [] : ['tool_scopes']),
    ...(rules === undefined ? [] : ['rules']),
  ]
}

const policyAdvice = (config: Config): readonly ConfigFinding[] =>
  config.verify === undefined
    ? []
    : unusedKeys(config).map((name) =>
        findingAt(['auth', name], (key) => problemOf('config-advice', 'verify-policy', { key })),
      )

export const verifyRules = (config: Config): Findings => ({
  problems: [
    ...backendRule(config),
    ...authRule(config),
    ...pathRule(config),
    ...gatewayRule(config),
  ],
  warnings: policyAdvice(config),
})
