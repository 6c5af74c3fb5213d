// The values of a configuration that name something elsewhere: a scope or an algorithm of the issuer, a tool of a backend.
import { stepsOf, targetPath, type CompositeConfig } from '../composites/composite-config.ts'
import type { AccessConfig, AccessLists } from '../core/auth-config/access-keys.ts'
import { hasIssuer } from '../core/auth-config/auth-kinds.ts'
import type { AuthConfig } from '../core/auth-config/auth-config.ts'
import { issuersOf } from '../core/auth-config/issuer-config.ts'
import type { KeyPath } from './key-path.ts'
import type { Config } from './schema.ts'

/**
 * What has to exist there. `tool` and `prompt` are public names, or `backend/name`, which may have `*` for any characters.
 */
export type ReferenceKind = 'scope' | 'algorithm' | 'client-auth' | 'binding' | 'tool' | 'prompt'

export interface Reference {
  /** The key that names it. */
  readonly path: KeyPath
  readonly kind: ReferenceKind
  readonly name: string
  /** The issuer that should have it; undefined for what belongs to the backends. */
  readonly issuer: string | undefined
}

interface IssuerPart {
  readonly issuer: string
  readonly path: KeyPath
  readonly required_scopes: readonly string[]
  readonly algorithms?: readonly string[] | undefined
  readonly token_validation?: string
  readonly client_auth?: string | undefined
}

const partsOf = (auth: AuthConfig): readonly IssuerPart[] => {
  if (!hasIssuer(auth)) return []
  if (auth.type === 'jwt') return [{ ...auth, path: ['auth'] }]
  return issuersOf(auth).map(({ auth: one, path }) => ({ ...one, path: ['auth', ...path] }))
}

const issuerReferences = (part: IssuerPart): Reference[] => {
  const { issuer, path, required_scopes: scopes, algorithms = [] } = part
  const introspects = part.token_validation !== undefined && part.token_validation !== 'jwt'
  const list = (key: string, kind: ReferenceKind, names: readonly string[]): Reference[] =>
    names.map((name, index) => ({ path: [...path, key, index], kind, name, issuer }))
  return [
    ...list('required_scopes', 'scope', scopes),
    ...list('algorithms', 'algorithm', algorithms),
    // `bearer` and `none` have no name in metadata that all servers agree on.
    ...(introspects && part.client_auth !== 'bearer' && part.client_auth !== 'none'
      ? [
          {
            path: [...path, 'client_auth'],
            kind: 'client-auth',
            name: (part.client_auth ?? 'client_secret_basic').replace(/_raw$/, ''),
            issuer,
          } as const,
        ]
      : []),
  ]
}

const bindingReferences = (auth: AuthConfig): Reference[] => {
  if (!hasIssuer(auth)) return []
  const { sender_constraint: name } = auth
  if (name !== 'dpop' && name !== 'mtls') return []
  const path = ['auth', 'sender_constraint']
  return partsOf(auth).map(({ issuer }) => ({ path, kind: 'binding', name, issuer }))
}

const compositeReferences = (composite: CompositeConfig, at: number): Reference[] =>
  stepsOf(composite).map(({ tool: name }, step) => ({
    path: targetPath(composite, at, step),
    kind: 'tool',
    name,
    issuer: undefined,
  }))

const listed = (
  path: KeyPath,
  kind: 'tool' | 'prompt',
  patterns: readonly string[] | undefined,
): Reference[] =>
  (patterns ?? []).map((name, at) => ({ path: [...path, at], kind, name, issuer: undefined }))

/** Of a role, a token or a profile. Not of resources: a template covers URIs that are in no list. */
const listReferences = (path: KeyPath, lists: AccessLists): Reference[] => [
  ...listed([...path, 'allow_tools'], 'tool', lists.allow_tools),
  ...listed([...path, 'deny_tools'], 'tool', lists.deny_tools),
  ...listed([...path, 'allow_prompts'], 'prompt', lists.allow_prompts),
  ...listed([...path, 'deny_prompts'], 'prompt', lists.deny_prompts),
]

const policyReferences = (auth: AuthConfig): Reference[] => {
  const { roles = [], rules = [], tool_scopes: scopes = {} }: AccessConfig = auth
  const tokens = auth.type === 'bearer' ? (auth.scoped_tokens ?? []) : []
  return [
    ...tokens.flatMap((one, at) => listReferences(['auth', 'scoped_tokens', at], one)),
    ...roles.flatMap((one, at) => listReferences(['auth', 'roles', at], one)),
    ...rules.flatMap(({ tools }, at) => listed(['auth', 'rules', at, 'tools'], 'tool', tools)),
    ...Object.keys(scopes).map((name): Reference => ({
      path: ['auth', 'tool_scopes', name],
      kind: 'tool',
      name,
      issuer: undefined,
    })),
  ]
}

const limitReferences = ({ limits }: Config): Reference[] =>
  (limits?.rules ?? []).flatMap(({ tools }, at) =>
    listed(['limits', 'rules', at, 'tools'], 'tool', tools),
  )

/** One function a group of keys: a key that names something gets its line here, and `doctor` looks for it. */
const sources: readonly ((config: Config) => readonly Reference[])[] = [
  ({ auth }) => partsOf(auth).flatMap(issuerReferences),
  ({ auth }) => bindingReferences(auth),
  ({ composite_tools: composites }) => composites.flatMap(compositeReferences),
  ({ auth }) => policyReferences(auth),
  limitReferences,
  ({ profiles }) => profiles.flatMap((one, at) => listReferences(['profiles', at], one)),
]

export const referencesOf = (config: Config): readonly Reference[] =>
  sources.flatMap((source) => source(config))
