// One backend behind its layers, with its lists, and what its events mean for clients.
import type { Access } from '../../backends/access.ts'
import type { Backend } from '../../backends/backend.ts'
import { copiedHeaders } from '../../backends/identity.ts'
import type { ReplicatedOptions } from '../../backends/replicas/open-replicas.ts'
import { isJsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { BackendConfig, Config } from '../../config/schema.ts'
import { withAttemptSpans } from '../../layers/attempt-span.ts'
import { backendLayers, layersFor } from '../../layers/order.ts'
import { stack, type Handler } from '../../mcp/call.ts'
import { listChangedMethods } from '../../mcp/methods.ts'
import { paramHeaders } from '../../mcp/param-headers.ts'
import type { Era } from '../../mcp/revision.ts'
import { createBackendLists, type BackendLists } from '../lists/backend-lists.ts'
import { changedKinds } from '../lists/list-kinds.ts'
import { createListViews, type ListViews } from '../lists/list-views.ts'
import type { Upstream } from '../lists/member.ts'
import { backendNames } from '../names/names.ts'
import { exposeQuestion } from '../names/rewrite.ts'
import { isHidden } from '../../traffic/keys.ts'
import { exposeRelated } from '../names/task-names.ts'
import type { TaskOwners } from '../tasks/task-book.ts'
import { notifyTask, type MayFollow } from '../tasks/tasks.ts'
import type { Announce } from './announcements.ts'
import type { OpenCache } from '../../cache/store.ts'
import { theProxy } from '../lists/list-pages.ts'
import type { Resilience } from './open-resilience.ts'
import { repetitionOf } from './repetition.ts'

export interface MemberOptions {
  /** How the proxy names itself, and what stands between a backend's name and the names of its tools. */
  readonly proxy: Pick<Config['proxy'], 'name' | 'version' | 'separator'>
  readonly ports: Ports
  readonly openBackend: (config: BackendConfig, ports: Ports, options: ReplicatedOptions) => Backend
  readonly announce: Announce
  readonly taskBook: TaskOwners
  readonly mayFollow: MayFollow
  /** What goes with each request to the backend. */
  readonly access?: Access
  /** The backend whose names its own are shown under; default: itself. */
  readonly shownAs?: Pick<BackendConfig, 'name' | 'prefix'>
  /** Its answers that are used again. */
  readonly cache?: OpenCache | undefined
  /** Whether identical calls that are under way together are sent once. */
  readonly coalesces?: boolean
  /** What is known of the calls at the backend. */
  readonly resilience?: Resilience
}

/** A member and what keeps it going. */
export interface OpenMember {
  readonly member: Upstream
  /** Opens sockets and children. A second call does nothing. */
  start(): void
  /** Asks for its lists by that handler from now on. Returns the function that ends that. */
  listThrough(handle: Handler): () => void
  close(graceMs?: number): Promise<void>
}

/** Announces the lists of a backend that comes, goes, or says that they changed. Returns the function that ends it. */
const watchLists = (backend: Backend, announce: Announce): (() => void) => {
  let up = backend.health.state === 'up'
  return backend.subscribe((event) => {
    if (event.kind === 'notification') {
      const { method } = event.notification
      if (changedKinds(method).length > 0) announce(backend.name, method)
      return
    }
    const isUp = event.health.state === 'up'
    if (isUp === up) return
    up = isUp
    for (const method of listChangedMethods) announce(backend.name, method)
  })
}

/**
 * Of a backend that substitutes another no client asks for lists, so its tools are asked for when it is up and when they
 * change: whether a call there only reads is known by them alone.
 */
const listHidden = (backend: Backend, views: ListViews): (() => void) =>
  backend.subscribe((event) => {
    const isNew =
      event.kind === 'health'
        ? event.health.state === 'up'
        : changedKinds(event.notification.method).includes('tools')
    if (!isNew) return
    for (const lists of new Set([views.of('modern'), views.of('legacy')])) void lists.get('tools')
  })

const never = new AbortController().signal

/** For as long as the backend is open, where it announces changes at all. */
const watchResource = (backend: Backend, uri: string, onUpdated: (uri: string) => void): void => {
  const { health } = backend
  const resources = health.state === 'up' ? health.capabilities['resources'] : undefined
  if (!isJsonObject(resources) || resources['subscribe'] !== true) return
  // Where that fails, an answer is used for its time.
  void backend
    .watch({ uri, caller: theProxy('modern'), onUpdated, signal: never })
    .catch(() => undefined)
}

/** Calls in line leave when the circuit opens, and a new connection is a reason to try. Returns the function that ends it. */
const watchCircuit = (backend: Backend, { circuit, turns }: Resilience): (() => void) => {
  if (circuit === undefined) return () => undefined
  const endState = circuit.subscribe(({ state }) => {
    if (state === 'open') turns?.dismiss()
  })
  const endHealth = backend.subscribe((event) => {
    if (event.kind === 'health' && event.health.state === 'up') circuit.tryNow()
  })
  return () => {
    endState()
    endHealth()
  }
}

export const openMember = (config: BackendConfig, options: MemberOptions): OpenMember => {
  const { proxy, ports, announce, taskBook: book, mayFollow, resilience = {} } = options
  const { name, version, separator } = proxy
  const { name: shownAs, prefix } = options.shownAs ?? config
  const names = backendNames(shownAs, separator, prefix)
  const backend = options.openBackend(config, ports, {
    identity: { name, version },
    outliers: resilience.outliers,
    ...(options.access === undefined ? {} : { access: options.access }),
    exposeQuestion: (question) => {
      const { params, ...rest } = exposeQuestion(question, names)
      return params === undefined ? rest : { ...rest, params: exposeRelated(params, names) }
    },
    renewParamHeaders: async ({ params }) => {
      const tools = await lists.renew('tools')
      const { name: tool, arguments: args } = params ?? {}
      const mirrored = typeof tool === 'string' ? tools?.mirrored?.get(tool) : undefined
      return paramHeaders(mirrored ?? [], isJsonObject(args) ? args : undefined)
    },
  })
  const layers = layersFor(backendLayers, config, ports, {
    backend,
    ...resilience,
    cache: options.cache,
    coalesces: options.coalesces === true,
    copiedHeaders: copiedHeaders(config),
    watchResource: (uri, onUpdated) => watchResource(backend, uri, onUpdated),
    ...repetitionOf({ backend, views: () => views }),
  })
  const handle = stack(layers, withAttemptSpans(config, backend.handle))
  let listing = handle
  const listHandle: Handler = (call) => listing(call)
  const onLate = (method: string) => announce(config.name, method)
  const logged = new Set<string>()
  const openLists = (era: Era): BackendLists =>
    createBackendLists({ backend, handle: listHandle, names, era, ports, logged, onLate })
  const lists = openLists('modern')
  const views = createListViews({
    backend,
    session: config.session,
    perCaller: config.oauth?.grant === 'token_exchange',
    lists,
    open: openLists,
  })
  const endTasks = backend.subscribe((event) => {
    if (event.kind === 'notification') notifyTask({ book, mayFollow }, names, event.notification)
  })
  const endLists = watchLists(backend, announce)
  const endCircuit = watchCircuit(backend, resilience)
  const endHidden = isHidden(config) ? listHidden(backend, views) : () => undefined
  let started = false
  return {
    member: {
      backend,
      handle,
      names,
      lists,
      views,
      required: config.required,
      cache: options.cache,
      ...resilience,
    },
    start: () => {
      if (!started) backend.start()
      started = true
    },
    listThrough: (other) => {
      listing = other
      return () => {
        if (listing === other) listing = handle
      }
    },
    close: async (graceMs) => {
      endLists()
      endTasks()
      endCircuit()
      endHidden()
      lists.close()
      views.close()
      await backend.close(graceMs)
    },
  }
}
