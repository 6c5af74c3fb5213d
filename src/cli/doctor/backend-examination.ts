// Each backend started or reached for real, asked what it offers, and ended again; once for all sections.
import type { Ports } from '../../base/ports.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Caller } from '../../mcp/call.ts'
import { nobody } from '../../mcp/questions.ts'
import type { Backend, Health } from '../../backends/backend.ts'
import { endpointPath } from '../../config/public-url.ts'
import type { BackendConfig } from '../../config/schema.ts'
import { createFlightLimit } from '../../base/flight-limit.ts'
import { discoverResource } from '../../core/resource/resource-discovery.ts'
import { listsOf, type ListedKind } from '../backend/offers.ts'
import { theProxy } from '../../proxy/lists/list-pages.ts'

type Up = Extract<Health, { readonly state: 'up' }>
type Down = Extract<Health, { readonly state: 'down' }>

export type ExaminedBackend = {
  readonly config: BackendConfig
  /** Until the first answer, or until it was given up. */
  readonly ms: number
  /** The last lines that the child wrote to stderr, without the secrets it was given. */
  readonly said: readonly string[]
} & (
  | {
      readonly state: 'up'
      readonly health: Up
      readonly lists: readonly ListedKind[]
      /** Why it cannot run once more, as a caller's session needs it; undefined: it can. */
      readonly further: Problem | undefined
    }
  | {
      readonly state: 'down'
      readonly problem: Down['problem']
      /** Where an MCP server does answer, on the same host. */
      readonly instead: string | undefined
    }
  /** Time ran out before it had answered. */
  | { readonly state: 'silent' }
)

/** Everybody starting at once would make each of them slow. */
const atOnce = 6
const graceMs = 3000

/** The first state that tells something, or undefined when the time is over before. */
const settled = (backend: Backend, signal: AbortSignal): Promise<Health | undefined> =>
  new Promise((resolve) => {
    let unsubscribe: () => void = () => undefined
    const end = (health: Health | undefined) => {
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
      resolve(health)
    }
    const onAbort = () => end(undefined)
    unsubscribe = backend.subscribe((event) => {
      if (event.kind === 'health' && event.health.state !== 'starting') end(event.health)
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })

/** With what clients of the session era would get, which is found out when the first of them comes. */
const inBothEras = async (backend: Backend, health: Up): Promise<Up> => {
  await backend.prepare('legacy')
  return backend.health.state === 'up' ? backend.health : health
}

const aCaller: Caller = {
  principal: { method: 'bearer', key: 'doctor', scopes: [], audience: [], claims: {} },
  client: theProxy('legacy').client,
  operator: true,
}

/** A session of a caller, as serve opens it for each caller with a credential: for stdio one more process. */
const furtherProblem = async (
  { transport, session }: BackendConfig,
  backend: Backend,
  { era, sessions }: Up,
  signal: AbortSignal,
): Promise<Problem | undefined> => {
  if (transport === 'http' || session === 'shared') return undefined
  if (era === 'modern' && sessions === undefined) return undefined
  const reply = await backend.handle({
    request: { jsonrpc: '2.0', id: 'doctor', method: 'ping' },
    caller: aCaller,
    peer: nobody,
    signal,
    requestId: 'doctor',
  })
  const isFurther = reply.kind === 'failure' && reply.problem.case === 'further'
  return isFurther ? reply.problem : undefined
}

/** The commonest slip: the endpoint was left out of the address. */
const endpointNearby = async (
  { url = '' }: BackendConfig,
  ports: Ports,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const { origin, pathname } = new URL(url)
  if (pathname.endsWith(endpointPath)) return undefined
  const near = new Set([
    `${origin}${endpointPath}`,
    `${origin}${pathname.replace(/\/$/, '')}${endpointPath}`,
  ])
  for (const candidate of near) {
    const { isResource } = await discoverResource(candidate, ports, { allowHttp: true, signal })
    if (isResource) return candidate
  }
  return undefined
}

const examine = async (
  config: BackendConfig,
  backend: Backend,
  said: (name: string) => readonly string[],
  { ports, signal }: { readonly ports: Ports; readonly signal: AbortSignal },
): Promise<ExaminedBackend> => {
  const startedAt = ports.clock.now()
  try {
    const waiting = settled(backend, signal)
    backend.start()
    const health = await waiting
    const base = { config, ms: ports.clock.now() - startedAt }
    if (health === undefined || health.state === 'starting') {
      return { ...base, state: 'silent', said: said(config.name) }
    }
    if (health.state === 'down') {
      const { problem } = health
      const instead =
        config.transport === 'http' && problem.code === 'backend-protocol'
          ? await endpointNearby(config, ports, signal)
          : undefined
      return { ...base, state: 'down', problem, instead, said: said(config.name) }
    }
    const lists = await listsOf(backend.handle, health, ports)
    const whole = await inBothEras(backend, health)
    return {
      ...base,
      state: 'up',
      health: whole,
      lists,
      further: await furtherProblem(config, backend, whole, signal),
      said: said(config.name),
    }
  } finally {
    // Children end with this, however the question went.
    await backend.close(graceMs)
  }
}

export interface BackendQuestion {
  readonly configs: readonly BackendConfig[]
  /** Not started. In the order of `configs`. */
  readonly backends: readonly Backend[]
  readonly said: (name: string) => readonly string[]
  readonly ports: Ports
  readonly signal: AbortSignal
  /** Called with the name of each that is done. */
  readonly done: (name: string) => void
}

export const examineBackends = async (
  question: BackendQuestion,
): Promise<readonly ExaminedBackend[]> => {
  const { configs, backends, said, signal, done } = question
  const limit = createFlightLimit(atOnce, configs.length)
  return Promise.all(
    configs.map(async (config, index) => {
      const backend = backends[index]
      if (backend === undefined) throw new Error('a backend of the configuration was not assembled')
      const work = () => examine(config, backend, said, question)
      const found = await (limit.run(work) ?? work())
      if (!signal.aborted) done(config.name)
      return found
    }),
  )
}
