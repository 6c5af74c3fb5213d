// A Backend that answers as a test tells it to and goes up and down on command.
import type { JsonObject } from '../../src/base/json.ts'
import type { Backend, BackendEvent, Health } from '../../src/backends/backend.ts'
import type { Call, Reply } from '../../src/mcp/call.ts'
import { lazyFromValue } from '../../src/mcp/lazy-object.ts'
import { testEpochMs } from './manual-clock.ts'

export type Answer = JsonObject | Reply | ((call: Call) => Reply | Promise<Reply>)

export interface ScriptedBackend extends Backend {
  /** Every call it got, lists among them. */
  readonly calls: readonly Call[]
  /** Sets what a method answers; a plain object is a result. */
  answer(method: string, answer: Answer): void
  count(method: string): number
  up(capabilities?: JsonObject): void
  /** In both eras, with something else to offer in each. */
  upInBoth(stateless: JsonObject, sessions: JsonObject): void
  down(): void
  /** Sends a notification. */
  changed(method: string, params?: JsonObject): void
  readonly started: boolean
  readonly closed: boolean
}

export const result = (value: JsonObject): Reply => ({
  kind: 'result',
  result: lazyFromValue(value),
})

const isReply = (answer: JsonObject | Reply): answer is Reply =>
  typeof answer.kind === 'string' && ['result', 'error', 'refusal', 'failure'].includes(answer.kind)

const everything: JsonObject = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true },
  completions: {},
}

const emptyLists: Readonly<Record<string, JsonObject>> = {
  'tools/list': { tools: [] },
  'prompts/list': { prompts: [] },
  'resources/list': { resources: [] },
  'resources/templates/list': { resourceTemplates: [] },
}

const upHealth = (capabilities: JsonObject): Health => ({
  state: 'up',
  since: 0,
  era: 'legacy',
  protocolVersion: '2025-11-25',
  capabilities,
})

const downHealth = (name: string): Health => ({
  state: 'down',
  since: 0,
  problem: {
    code: 'backend-unavailable',
    detail: `Backend ${name} is not reachable: ECONNREFUSED`,
  },
})

/** Up from the beginning, unless told `state: 'starting'`. */
export const scriptedBackend = (
  name: string,
  answers: Readonly<Record<string, Answer>> = {},
  options: { readonly state?: 'starting'; readonly capabilities?: JsonObject } = {},
): ScriptedBackend => {
  const script = new Map<string, Answer>(Object.entries({ ...emptyLists, ...answers }))
  const listeners = new Set<(event: BackendEvent) => void>()
  const calls: Call[] = []
  let started = false
  let closed = false
  let health: Health =
    options.state === 'starting'
      ? { state: 'starting', since: testEpochMs }
      : upHealth(options.capabilities ?? everything)
  const emit = (event: BackendEvent) => {
    for (const listener of listeners) listener(event)
  }
  const setHealth = (next: Health) => {
    health = next
    emit({ kind: 'health', health })
  }
  return {
    name,
    calls,
    get started() {
      return started
    },
    get closed() {
      return closed
    },
    get health() {
      return health
    },
    handle: async (call) => {
      calls.push(call)
      if (health.state === 'down') return { kind: 'failure', problem: health.problem, sent: false }
      const answer = script.get(call.request.method)
      if (answer === undefined) {
        return { kind: 'error', error: { code: -32_601, message: 'Method not found' } }
      }
      if (typeof answer === 'function') return answer(call)
      return isReply(answer) ? answer : result(answer)
    },
    prepare: () =>
      health.state === 'starting'
        ? new Promise<void>((resolve) => {
            const onEvent = ({ kind }: BackendEvent) => {
              if (kind !== 'health') return
              listeners.delete(onEvent)
              resolve()
            }
            listeners.add(onEvent)
          })
        : undefined,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    watch: async () => result({}),
    watchTask: async () => result({}),
    relay: () => undefined,
    start: () => {
      started = true
    },
    close: async () => {
      closed = true
    },
    answer: (method, answer) => {
      script.set(method, answer)
    },
    count: (method) => calls.filter(({ request }) => request.method === method).length,
    up: (capabilities = everything) => setHealth(upHealth(capabilities)),
    upInBoth: (stateless, sessions) =>
      setHealth({
        state: 'up',
        since: 0,
        era: 'modern',
        protocolVersion: '2026-07-28',
        capabilities: stateless,
        sessions: { era: 'legacy', protocolVersion: '2025-11-25', capabilities: sessions },
      }),
    down: () => setHealth(downHealth(name)),
    changed: (method, params) =>
      emit({
        kind: 'notification',
        notification: { jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) },
      }),
  }
}
