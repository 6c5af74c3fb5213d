// Whatever the policy, the caller and the target: a list shows what a call lets through, over every route, and nothing else.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import type { Principal } from '../../src/base/principal.ts'
import type { Call, Handler, Reply } from '../../src/mcp/call.ts'
import { tasksExtension } from '../../src/mcp/tasks.ts'
import { createTaskOwners } from '../../src/proxy/tasks/task-book.ts'
import { call, legacyClient, modernClient, recordingPeer, toolCall } from '../support/peer.ts'
import {
  backends,
  callerOf,
  groups,
  names,
  policies,
  shapes as anyShapes,
  toolOf,
  uriOf,
} from '../support/random-policies.ts'
import { routed } from '../support/routed.ts'
import { result, scriptedBackend } from '../support/scripted-backend.ts'
import { testPorts } from '../support/test-ports.ts'

const templateOf = (name: string) => `tpl:///${name}/{x}`

const capabilities: JsonObject = {
  tools: {},
  prompts: {},
  resources: { subscribe: true },
  completions: {},
}
const withTasks = { extensions: { [tasksExtension]: {} } }
const clients = {
  legacy: legacyClient,
  modern: { ...modernClient, capabilities: withTasks },
} as const
type Era = keyof typeof clients

/** A call that goes on as a task, in the words of either era. */
const taskOf = (era: Era, taskId: string): JsonObject => {
  const task = { taskId, status: 'working', createdAt: '2026-01-01T00:00:00Z', ttl: null }
  return era === 'modern' ? { resultType: 'task', ...task, ttlMs: null } : { task }
}

const openBackends = (era: Era) => {
  const ids: string[] = []
  const state = ({ request }: Call) => result({ taskId: request.params?.['taskId'] ?? null })
  const scripted = backends.map((backend) => {
    const one = scriptedBackend(backend, {
      'tools/list': { tools: names.map(toolOf) },
      'tools/call': ({ request }) => {
        if (request.params?.['arguments'] === undefined) return result({ content: [] })
        const id = `${backend}.${request.params['name'] as string}`
        const isTask = era === 'modern' || request.params['task'] !== undefined
        if (isTask) ids.push(id)
        return result(isTask ? taskOf(era, id) : { content: [] })
      },
      'prompts/list': { prompts: names.map((name) => ({ name })) },
      'prompts/get': { messages: [] },
      'resources/list': { resources: names.map((name) => ({ name, uri: uriOf(name) })) },
      'resources/templates/list': {
        resourceTemplates: names.map((name) => ({ name, uriTemplate: templateOf(name) })),
      },
      'resources/read': { contents: [] },
      'completion/complete': { completion: { values: [] } },
      'tasks/get': state,
      'tasks/result': { content: [] },
      'tasks/cancel': state,
      'tasks/update': state,
      'tasks/list': () =>
        result({
          tasks: ids.filter((id) => id.startsWith(`${backend}.`)).map((taskId) => ({ taskId })),
        }),
    })
    one.upInBoth(
      { ...capabilities, ...withTasks },
      { ...capabilities, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
    )
    return one
  })
  return scripted
}

const valueOf = (reply: Reply): JsonObject => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}

const listed = (reply: Reply, kind: string, key: string): ReadonlySet<string> =>
  new Set((valueOf(reply)[kind] as JsonObject[]).map((item) => item[key] as string))

const kinds = [
  ['tools/list', 'tools', 'name'],
  ['prompts/list', 'prompts', 'name'],
  ['resources/list', 'resources', 'uri'],
  ['resources/templates/list', 'resourceTemplates', 'uriTemplate'],
] as const

const sorted = (texts: readonly string[]) => [...texts].sort((a, b) => (a < b ? -1 : 1))

type Route = readonly [method: string, params: JsonObject]

/** Every request of one message that leads to the target. */
const routesTo = (kind: (typeof kinds)[number][1], name: string): readonly Route[] => {
  switch (kind) {
    case 'tools':
      return [['tools/call', toolCall(name).request.params as JsonObject]]
    case 'prompts':
      return [
        ['prompts/get', { name }],
        ['completion/complete', { ref: { type: 'ref/prompt', name } }],
      ]
    case 'resources':
      return [
        ['resources/read', { uri: name }],
        ['completion/complete', { ref: { type: 'ref/resource', uri: name } }],
      ]
    case 'resourceTemplates':
      return [['completion/complete', { ref: { type: 'ref/resource', uri: name } }]]
  }
}

const taskMethods = {
  legacy: ['tasks/get', 'tasks/result', 'tasks/cancel'],
  modern: ['tasks/get', 'tasks/update', 'tasks/cancel'],
} as const

const session = () => ({
  ...recordingPeer(),
  logLevel: undefined,
  ended: new AbortController().signal,
})

type Ask = (method: string, params?: JsonObject) => Promise<Reply>

/** What a listener is confirmed, of all that it asks for. */
const confirmedTo = async (
  handle: Handler,
  principal: Principal,
  [resourceSubscriptions, taskIds]: readonly [readonly string[], readonly string[]],
) => {
  const peer = recordingPeer()
  const ended = new AbortController()
  const over = handle(
    call(
      'subscriptions/listen',
      { notifications: { resourceSubscriptions, taskIds } },
      { principal, client: clients.modern, peer, signal: ended.signal },
    ),
  )
  while (peer.notifications.length === 0) await new Promise(setImmediate)
  ended.abort()
  await over
  const confirmed = peer.notifications[0]?.params?.['notifications'] as {
    readonly resourceSubscriptions?: readonly string[]
    readonly taskIds?: readonly string[]
  }
  return {
    uris: confirmed.resourceSubscriptions ?? [],
    ids: sorted(confirmed.taskIds ?? []),
  }
}

/** What a session may subscribe to, of all that it asks for. */
const subscribedTo = async (ask: Ask, wanted: readonly string[]): Promise<readonly string[]> => {
  const taken: string[] = []
  for (const uri of wanted) {
    if ((await ask('resources/subscribe', { uri })).kind === 'result') taken.push(uri)
  }
  return taken
}

/** The tasks that a session is listed, over all pages. */
const tasksOf = async (ask: Ask): Promise<readonly string[]> => {
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page = valueOf(await ask('tasks/list', cursor === undefined ? {} : { cursor }))
    found.push(...(page['tasks'] as JsonObject[]).map(({ taskId }) => taskId as string))
    cursor = page['nextCursor'] as string | undefined
  } while (cursor !== undefined)
  return sorted(found)
}

it('list and call never disagree, whatever the policy, the caller and the route', async () => {
  await fc.assert(
    fc.asyncProperty(
      policies,
      fc.array(fc.subarray([...groups]), { minLength: 1, maxLength: 3 }),
      fc.constantFrom<Record<string, string>>({}, { b: '' }, { a: '', b: '', c: 'a__' }),
      fc.constantFrom<Era>('legacy', 'modern'),
      anyShapes,
      async (policy, callers, prefixes, era, shapes) => {
        const scripted = openBackends(era)
        const book = createTaskOwners()
        const { handle } = routed(scripted, testPorts(), { policy, prefixes, book, shapes })
        const unrestricted = routed(scripted, testPorts(), { prefixes, book, shapes })
        const unshaped = routed(scripted, testPorts(), { prefixes })
        const sent = (method: string) =>
          scripted.reduce((sum, backend) => sum + backend.count(method), 0)
        const client = clients[era]
        /** The id of each task by the tool that it is a call of. */
        const taskIds = new Map<string, string>()
        const all = new Map<string, ReadonlySet<string>>()
        for (const [method, kind, key] of kinds) {
          all.set(kind, listed(await unrestricted.handle(call(method, {}, { client })), kind, key))
        }
        for (const name of all.get('tools') ?? []) {
          const params = { name, arguments: {}, ...(era === 'legacy' ? { task: {} } : {}) }
          const begun = valueOf(await unrestricted.handle(call('tools/call', params, { client })))
          const task = era === 'modern' ? begun : (begun['task'] as JsonObject)
          taskIds.set(name, task['taskId'] as string)
        }
        for (const own of callers) {
          const principal = callerOf(own)
          const ask = (method: string, params: JsonObject = {}) =>
            handle(call(method, params, { principal, client, session: session() }))
          const shown = new Map<string, ReadonlySet<string>>()
          for (const [method, kind, key] of kinds) {
            const own = listed(await ask(method), kind, key)
            shown.set(kind, own)
            // Names that were given up lead nowhere, as names that never were.
            const former = listed(await unshaped.handle(call(method, {}, { client })), kind, key)
            for (const name of new Set([...(all.get(kind) ?? []), ...former])) {
              for (const [route, params] of routesTo(kind, name)) {
                const before = sent(route)
                const reply = await ask(route, params)
                const answered = [name, route, reply.kind === 'result']
                expect(answered).toEqual([name, route, own.has(name)])
                expect(sent(route) - before).toBe(own.has(name) ? 1 : 0)
              }
            }
          }
          const mine = [...taskIds].filter(([name]) => shown.get('tools')?.has(name))
          const ids = sorted(mine.map(([, id]) => id))
          for (const [name, taskId] of taskIds) {
            for (const route of taskMethods[era]) {
              const reply = await ask(route, { taskId })
              expect([name, route, reply.kind === 'result']).toEqual([
                name,
                route,
                ids.includes(taskId),
              ])
            }
          }
          const wanted = [...(all.get('resources') ?? [])]
          const heard =
            era === 'modern'
              ? await confirmedTo(handle, principal, [wanted, [...taskIds.values()]])
              : { uris: await subscribedTo(ask, wanted), ids: await tasksOf(ask) }
          expect(heard).toEqual({ uris: [...(shown.get('resources') ?? [])], ids })
        }
      },
    ),
    { numRuns: 60 },
  )
}, 60_000)
