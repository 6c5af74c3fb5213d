// The methods of the protocol: their era, who answers them, and where the name or the list is.
import { isJsonObject, type JsonObject } from '../base/json.ts'
import type { Era } from './revision.ts'

/** `local`: the proxy answers. `list`: merged from all backends. `watch`: answered here, from what backends tell. The others go to one backend, found by that thing. */
export type Routing = 'local' | 'list' | 'tool' | 'prompt' | 'resource' | 'ref' | 'watch' | 'task'

export interface MethodSpec {
  readonly eras: readonly Era[]
  readonly routing: Routing
  /** The member of the result that holds the items. */
  readonly listField?: 'tools' | 'prompts' | 'resources' | 'resourceTemplates'
  /** The member of `params` that names the target, which `Mcp-Name` repeats. */
  readonly nameField?: 'name' | 'uri' | 'taskId'
  /** Sending it twice does no more than sending it once, whatever the backend. */
  readonly repeatable: boolean
  /** Its results may ask instead of answering (MCP 2026-07-28, multi round-trip requests). */
  readonly asks?: true
  /** Results carry `ttlMs` and `cacheScope` in the modern era. */
  readonly cacheable: boolean
}

/** Notifications that a list is outdated, by the capability that announces the list. */
export const listChanged = {
  tools: 'notifications/tools/list_changed',
  prompts: 'notifications/prompts/list_changed',
  resources: 'notifications/resources/list_changed',
} as const

export const listChangedMethods: readonly string[] = Object.values(listChanged)

const both: readonly Era[] = ['legacy', 'modern']
const local = (...eras: Era[]): MethodSpec => ({
  eras,
  routing: 'local',
  repeatable: true,
  cacheable: false,
})
const list = (listField: NonNullable<MethodSpec['listField']>): MethodSpec => ({
  eras: both,
  routing: 'list',
  listField,
  repeatable: true,
  cacheable: true,
})

const task = { routing: 'task', repeatable: true, cacheable: false } as const

const watch = { routing: 'watch', repeatable: true, cacheable: false } as const

export const methods: Readonly<Record<string, MethodSpec>> = {
  initialize: local('legacy'),
  ping: local('legacy'),
  'logging/setLevel': local('legacy'),
  'server/discover': { ...local('modern'), cacheable: true },
  'tools/list': list('tools'),
  'prompts/list': list('prompts'),
  'resources/list': list('resources'),
  'resources/templates/list': list('resourceTemplates'),
  'tools/call': {
    eras: both,
    routing: 'tool',
    asks: true,
    nameField: 'name',
    repeatable: false,
    cacheable: false,
  },
  'prompts/get': {
    eras: both,
    routing: 'prompt',
    asks: true,
    nameField: 'name',
    repeatable: true,
    cacheable: false,
  },
  'resources/read': {
    eras: both,
    routing: 'resource',
    asks: true,
    nameField: 'uri',
    repeatable: true,
    cacheable: true,
  },
  'resources/subscribe': { ...watch, eras: ['legacy'], nameField: 'uri' },
  'resources/unsubscribe': { ...watch, eras: ['legacy'], nameField: 'uri' },
  'subscriptions/listen': { ...watch, eras: ['modern'] },
  'tasks/get': { ...task, eras: both, nameField: 'taskId' },
  'tasks/cancel': { ...task, eras: both, nameField: 'taskId' },
  'tasks/update': { ...task, eras: ['modern'], nameField: 'taskId', repeatable: false },
  'tasks/result': { ...task, eras: ['legacy'] },
  'tasks/list': { ...task, eras: ['legacy'] },
  'completion/complete': { eras: both, routing: 'ref', repeatable: true, cacheable: false },
}

/** Undefined for a method that the proxy does not carry. */
export const methodSpec = (method: string): MethodSpec | undefined =>
  Object.hasOwn(methods, method) ? methods[method] : undefined

export const isOffered = (method: string, era: Era): boolean =>
  methodSpec(method)?.eras.includes(era) ?? false

/** The value that `Mcp-Name` carries for this request; undefined where it carries none. */
export const targetName = (method: string, params: JsonObject | undefined): string | undefined => {
  const field = methodSpec(method)?.nameField
  const name = field === undefined || !isJsonObject(params) ? undefined : params[field]
  return typeof name === 'string' ? name : undefined
}
