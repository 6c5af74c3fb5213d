// The four lists of MCP: which method asks, what names an item, which capability announces it.
import { listChanged } from '../../mcp/methods.ts'

export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates'

interface ListSpec {
  readonly method: string
  /** The member of an item that names it. */
  readonly key: 'name' | 'uri' | 'uriTemplate'
  /** The capability that announces the list. */
  readonly capability: 'tools' | 'prompts' | 'resources'
}

/** Keyed by the member of the result that holds the items. */
export const listSpecs: Readonly<Record<ListKind, ListSpec>> = {
  tools: { method: 'tools/list', key: 'name', capability: 'tools' },
  prompts: { method: 'prompts/list', key: 'name', capability: 'prompts' },
  resources: { method: 'resources/list', key: 'uri', capability: 'resources' },
  resourceTemplates: {
    method: 'resources/templates/list',
    key: 'uriTemplate',
    capability: 'resources',
  },
}

/** What the policy calls the items of each list. */
export const targetKinds = {
  tools: 'tool',
  prompts: 'prompt',
  resources: 'resource',
  // A template is judged by its own text.
  resourceTemplates: 'resource',
} as const

export const listKinds = Object.keys(listSpecs) as readonly ListKind[]

const kindOfMethod = new Map(listKinds.map((kind) => [listSpecs[kind].method, kind]))

export const listKindOf = (method: string): ListKind | undefined => kindOfMethod.get(method)

/** The notification that declares the list outdated. */
export const changeOf = (kind: ListKind): string => listChanged[listSpecs[kind].capability]

/** The lists that a notification declares outdated. */
export const changedKinds = (method: string): readonly ListKind[] =>
  listKinds.filter((kind) => changeOf(kind) === method)
