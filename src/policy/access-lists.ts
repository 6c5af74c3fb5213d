// Allow and deny lists of one role or one token, for the three kinds of targets.
import type { AccessLists } from '../core/auth-config/access-keys.ts'
import { compilePatterns, type Patterns } from './glob.ts'
import { permitting, restricting, type Spelling, type TargetKind } from './spelling.ts'

interface Lists {
  /** Undefined: all. */
  readonly allow: Patterns | undefined
  readonly deny: Patterns
}

export type Access = Readonly<Record<TargetKind, Lists>>

const listsOf = (allow: readonly string[] | undefined, deny: readonly string[] = []): Lists => ({
  allow: allow === undefined ? undefined : compilePatterns(allow),
  deny: compilePatterns(deny),
})

export const compileAccess = (lists: AccessLists): Access => ({
  tool: listsOf(lists.allow_tools, lists.deny_tools),
  resource: listsOf(lists.allow_resources, lists.deny_resources),
  prompt: listsOf(lists.allow_prompts, lists.deny_prompts),
})

/** The pattern that denies; undefined: none does. */
export const deniedBy = (access: Access, kind: TargetKind, spelling: Spelling) =>
  restricting(access[kind].deny, spelling)

/** How a list lets something through: by a pattern of it, or because there is no list. */
export interface Passage {
  readonly pattern?: string
}

/** What the allow list lets it through by; undefined: it does not. */
export const allowedBy = (
  access: Access,
  kind: TargetKind,
  spelling: Spelling,
): Passage | undefined => {
  const { allow } = access[kind]
  if (allow === undefined) return {}
  const pattern = permitting(allow, spelling)
  return pattern === undefined ? undefined : { pattern }
}

/** Lists with the name of what has them. */
export const boundBy = (
  given: { readonly name: string; readonly lists: AccessLists } | undefined,
): { readonly name: string; readonly access: Access } | undefined =>
  given === undefined ? undefined : { name: given.name, access: compileAccess(given.lists) }
