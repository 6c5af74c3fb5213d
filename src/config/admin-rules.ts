// Rules for the tokens that open the admin surface: among each other, and beside those of callers.
import { createHash } from 'node:crypto'
import type { AccessConfig } from '../core/auth-config/access-keys.ts'
import { problemOf } from '../problems/problem.ts'
import { adminToolsName } from './admin-config.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { showPath, type KeyPath } from './key-path.ts'
import { callerTokens, unknownRole } from './policy-rules.ts'
import type { Config } from './schema.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

interface Placed {
  readonly path: KeyPath
  readonly digest: string
}

const adminDigests = ({ security }: Config): readonly Placed[] => [
  ...(security.admin_token === undefined
    ? []
    : [{ path: ['security', 'admin_token'], digest: sha256(security.admin_token.reveal()) }]),
  ...security.admin_tokens.flatMap(({ token, sha256: known }, index) => {
    const digest = token === undefined ? known : sha256(token.reveal())
    const path = ['security', 'admin_tokens', index, token === undefined ? 'sha256' : 'token']
    return digest === undefined ? [] : [{ path, digest }]
  }),
]

/** Who may do what depends on which of two equal tokens is meant. */
const equalTokens = (placed: readonly Placed[]): readonly ConfigFinding[] =>
  placed.flatMap(({ path, digest }, index) => {
    const twin = placed.slice(0, index).find((one) => one.digest === digest)
    return twin === undefined
      ? []
      : [
          findingAt(path, (key) =>
            problemOf('config-value', 'token-twice', { key, other: showPath(twin.path) }),
          ),
        ]
  })

const formProblems = ({ security }: Config): readonly ConfigFinding[] =>
  security.admin_tokens.flatMap(({ name, token, sha256: digest }, index, all) => {
    const path = ['security', 'admin_tokens', index]
    const isKnown = all.findIndex((one) => one.name === name) < index
    return [
      ...((token === undefined) === (digest === undefined)
        ? [findingAt(path, (key) => problemOf('config-value', 'admin-token-source', { key }))]
        : []),
      ...(isKnown
        ? [
            findingAt([...path, 'name'], (key) =>
              problemOf('config-value', 'admin-token-name', { key, name }),
            ),
          ]
        : []),
    ]
  })

/** What lets a caller call must not let it administer the proxy. */
const callerProblems = (config: Config, placed: readonly Placed[]): readonly ConfigFinding[] => {
  const callers = new Set(callerTokens(config).map(({ token }) => sha256(token.reveal())))
  return placed
    .filter(({ digest }) => callers.has(digest))
    .map(({ path }) => findingAt(path, (key) => problemOf('config-value', 'admin-token', { key })))
}

/** Roles that exist, and a name that no backend has. */
const toolProblems = ({ security, auth, backends }: Config): readonly ConfigFinding[] => {
  const { admin_tools: tools } = security
  if (tools === undefined) return []
  const { roles = [] }: AccessConfig = auth
  const names = roles.map(({ name }) => name)
  const unknown = tools.roles.flatMap((role, index) =>
    names.includes(role)
      ? []
      : [
          findingAt(['security', 'admin_tools', 'roles', index], (key) =>
            unknownRole(key, role, names),
          ),
        ],
  )
  const taken = backends.findIndex(({ name }) => name === adminToolsName)
  return taken === -1
    ? unknown
    : [
        ...unknown,
        findingAt(['backends', taken, 'name'], (key) =>
          problemOf('config-value', 'admin-tools-name', { key }),
        ),
      ]
}

export const adminRules = (config: Config): Findings => {
  const placed = adminDigests(config)
  return {
    problems: [
      ...formProblems(config),
      ...equalTokens(placed),
      ...callerProblems(config, placed),
      ...toolProblems(config),
    ],
    warnings: config.security.admin_tokens.flatMap(({ token }, index) =>
      token !== undefined && token.reveal().length < 16
        ? [
            findingAt(['security', 'admin_tokens', index, 'token'], (key) =>
              problemOf('config-advice', 'short-token', { key }),
            ),
          ]
        : [],
    ),
  }
}
