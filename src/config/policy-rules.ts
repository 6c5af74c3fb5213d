// Rules between roles and what gives them, and between the tokens of callers.
import { hasIssuer } from '../core/auth-config/auth-kinds.ts'
import { quoteList } from '../base/quote.ts'
import type { Secret } from '../base/secret.ts'
import { problemOf, type Problem } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { KeyPath } from './key-path.ts'
import { nearest } from './nearest.ts'
import type { Config } from './schema.ts'

export const unknownRole = (key: string, role: string, roles: readonly string[]): Problem => {
  const meant = nearest(role, roles)
  return meant === undefined
    ? problemOf('config-value', 'role-unknown', { key, roles: quoteList(roles) })
    : problemOf('config-value', 'role-similar', { key, meant: JSON.stringify(meant) })
}

const roleRules = ({ auth }: Config): Findings => {
  const none = { problems: [], warnings: [] }
  if (!hasIssuer(auth)) return none
  const { roles, role_mapping: mapping } = auth
  if (roles === undefined || mapping === undefined) return none
  const names = roles.map(({ name }) => name)
  const given = Object.entries(mapping.mapping)
  const warnings = roles.flatMap(({ name }, index): ConfigFinding[] =>
    // A key may have the role: its file is another one, which changes while the proxy runs.
    auth.keys_file !== undefined || given.some(([, list]) => list.includes(name))
      ? []
      : [
          findingAt(['auth', 'roles', index, 'name'], (key) =>
            problemOf('config-advice', 'role-unused', { key, role: JSON.stringify(name) }),
          ),
        ],
  )
  if (!mapping.default_deny) {
    warnings.push(
      findingAt(['auth', 'role_mapping', 'default_deny'], (key) =>
        problemOf('config-advice', 'role-default', { key }),
      ),
    )
  }
  return {
    problems: given.flatMap(([value, list]) =>
      list
        .filter((role) => !names.includes(role))
        .map((role) =>
          findingAt(['auth', 'role_mapping', 'mapping', value], (key) =>
            unknownRole(key, role, names),
          ),
        ),
    ),
    warnings,
  }
}

interface PlacedToken {
  readonly token: Secret
  readonly path: KeyPath
}

/** Every token that lets callers in, in the order of the keys. */
export const callerTokens = ({ auth }: Config): readonly PlacedToken[] =>
  auth.type === 'bearer'
    ? [
        ...auth.tokens.map((token, index) => ({ token, path: ['auth', 'tokens', index] })),
        ...(auth.scoped_tokens ?? []).map(({ token }, index) => ({
          token,
          path: ['auth', 'scoped_tokens', index, 'token'],
        })),
      ]
    : []

export const policyRules = (config: Config): Findings => roleRules(config)
