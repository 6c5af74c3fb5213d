// Everything that is built from one configuration: start, check and reload all go through assemble.
import { isJsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Backend, Caller, ClientWord } from '../../backends/backend.ts'
import { openBackend, type BackendOptions } from '../../backends/supervisor/open.ts'
import { downProblem } from '../../backends/failure.ts'
import { publicUrlOf } from '../../config/public-url.ts'
import type { BackendConfig, Config } from '../../config/schema.ts'
import type { AuthGate } from '../../core/validator/auth-gate.ts'
import { parseAuthorization } from '../../core/token/bearer.ts'
import { fail } from '../../core/verdict/check.ts'
import { createValidator } from '../../core/validator/create-validator.ts'
import type { Shown } from '../../core/verdict/presentation.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import { backendLayers, edgeLayers, layersFor } from '../../layers/order.ts'
import { stack, type Handler } from '../../mcp/call.ts'
import { paramHeaders } from '../../mcp/param-headers.ts'
import { createStateSealer } from '../../mcp/request-state.ts'
import { createLocalAnswers } from '../routing/aggregate.ts'
import { createAnnouncements, type Announce } from './announcements.ts'
import { createAsking } from '../routing/asking.ts'
import { createBackendLists, type BackendLists } from '../lists/backend-lists.ts'
import { changedKinds } from '../lists/list-kinds.ts'
import { createListViews } from '../lists/list-views.ts'
import { createListing } from '../lists/listing.ts'
import type { Member } from '../lists/member.ts'
import { backendNames } from '../names/names.ts'
import { repetitionOf } from './repetition.ts'
import { createResolver } from '../routing/resolve.ts'
import { exposeQuestion } from '../names/rewrite.ts'
import { backendGuess, createRouter } from '../routing/router.ts'
import { createSubscriptions } from '../routing/subscriptions.ts'
import { createSuspensions } from '../routing/suspensions.ts'
import { createTaskBook } from '../tasks/task-book.ts'
import { exposeRelated } from '../names/task-names.ts'
import { createTasks } from '../tasks/tasks.ts'

export interface GenerationReadiness {
  readonly ready: boolean
  /** Why not, one entry for each thing that is not as it should be. */
  readonly problems: readonly Problem[]
}

export interface Generation {
  readonly config: Config
  /** The one string behind `resource`, the challenge and the default audience. */
  readonly publicUrl: string | undefined
  readonly gate: AuthGate
  readonly backends: readonly Backend[]
  /**
   * Decides about the values of all Authorization headers of one request. `shown`: what else it brought,
   * where the gate asks for possession. `peer`: whose share of the work on unknown tokens it takes.
   */
  authenticate(
    authorization: readonly string[] | undefined,
    signal: AbortSignal,
    shown?: Shown,
    peer?: string,
  ): Verdict | Promise<Verdict>
  /** What everybody gets where nobody has to authenticate. */
  readonly anonymous: Verdict | undefined
  /** The edge layers around the router. Public names. */
  readonly handle: Handler
  /** Tells the method of each list_changed notification that clients should get, once for changes that come together. */
  onListChanged(listener: (method: string) => void): () => void
  /** Gives everybody who listens a closing result. */
  endListens(): void
  /** What a session-era client says between its calls. */
  relay(said: ClientWord, caller: Caller): void
  /** Opens sockets and children; nothing before this call leaves the process. */
  start(): void
  /** Able to decide tokens, at least one backend up, and all that are required. */
  ready(): GenerationReadiness
  close(graceMs?: number): Promise<void>
}

/** What assemble builds with. Others than the real ones serve tests. */
export interface Parts {
  readonly createValidator: typeof createValidator
  readonly openBackend: (config: BackendConfig, ports: Ports, options: BackendOptions) => Backend
}

const realParts: Parts = { createValidator, openBackend }

const listChanged = [
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
] as const

interface MemberParts {
  readonly proxy: Config['proxy']
  readonly ports: Ports
  readonly parts: Parts
  readonly announce: Announce
}

const openMember = (
  config: BackendConfig,
  { proxy, ports, parts, announce }: MemberParts,
): Member => {
  const { name, version, separator } = proxy
  const names = backendNames(config.name, separator, config.prefix)
  const backend = parts.openBackend(config, ports, {
    identity: { name, version },
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
    backend: config.name,
    ...repetitionOf({ backend, clock: ports.clock, lists: () => lists, views: () => views }),
  })
  const handle = stack(layers, backend.handle)
  const onLate = (method: string) => announce(config.name, method)
  const openLists = (): BackendLists =>
    createBackendLists({ backend, handle, names, ports, onLate })
  const lists = openLists()
  const views = createListViews(backend, config.session, openLists)
  return { backend, handle, names, lists, views, required: config.required }
}

/** What a backend's coming, going and own news mean for the lists that clients hold. */
const watchLists = (backends: readonly Backend[], announce: Announce) => {
  const ends = backends.map((backend) => {
    const tell = (method: string) => announce(backend.name, method)
    let up = backend.health.state === 'up'
    return backend.subscribe((event) => {
      if (event.kind === 'notification') {
        if (changedKinds(event.notification.method).length > 0) tell(event.notification.method)
        return
      }
      const isUp = event.health.state === 'up'
      if (isUp === up) return
      up = isUp
      for (const method of listChanged) tell(method)
    })
  })
  return () => {
    for (const end of ends) end()
  }
}

const anonymousOf = ({ anonymous }: AuthGate): Verdict | undefined =>
  anonymous === undefined
    ? undefined
    : { outcome: 'accepted', checks: [], principal: anonymous, expiresAt: undefined }

const nothingShown: Shown = { method: '', proofs: [] }

const authenticator = (
  gate: AuthGate,
  publicUrl: string | undefined,
  anonymous: Verdict | undefined,
): Generation['authenticate'] => {
  const schemes = { dpop: gate.possession?.kind === 'dpop' }
  return (authorization, signal, shown, peer) => {
    if (anonymous !== undefined) return anonymous
    const credential = parseAuthorization(authorization, schemes)
    if ('token' in credential) {
      const { token, scheme = 'bearer' } = credential
      if (shown === undefined && scheme === 'bearer') {
        return gate.validate(token, signal, undefined, peer)
      }
      const url = publicUrl ?? ''
      return gate.validate(token, signal, { ...(shown ?? nothingShown), scheme, url }, peer)
    }
    const { code, detail } = credential
    return { outcome: 'rejected', checks: [fail(code, detail)], problem: credential }
  }
}

const readiness = (gate: AuthGate, members: readonly Member[]): GenerationReadiness => {
  const auth = gate.ready()
  const problems: Problem[] = auth.ready ? [] : [auth.problem]
  let up = 0
  let isWhole = true
  for (const { backend, required } of members) {
    const problem = downProblem(backend)
    if (problem === undefined) {
      up += 1
      continue
    }
    problems.push(problem)
    if (required) isWhole = false
  }
  return { ready: auth.ready && isWhole && up > 0, problems }
}

/** Builds; does no I/O. A configuration that cannot be built is a UsageError, and nothing is left open. */
export const assemble = async (
  config: Config,
  ports: Ports,
  parts: Parts = realParts,
): Promise<Generation> => {
  const publicUrl = publicUrlOf(config)
  const gate = await parts.createValidator(
    config.auth,
    ports,
    publicUrl === undefined ? {} : { defaultAudience: publicUrl },
  )
  const anonymous = anonymousOf(gate)
  const { name, version, instructions } = config.proxy
  const listeners = new Set<(method: string) => void>()
  const ended = new AbortController()
  const announce = createAnnouncements(ports.clock, ended.signal, (method) => {
    for (const listener of listeners) listener(method)
  })
  const memberParts = { proxy: config.proxy, ports, parts, announce }
  const members = config.backends.map((backend) => openMember(backend, memberParts))
  const backends = members.map(({ backend }) => backend)
  const resolver = createResolver(members)
  const tasks = createTasks({
    members,
    book: createTaskBook(),
    bound: config.auth.type !== 'none',
  })
  const subscriptions = createSubscriptions({ resolver, tasks, clock: ports.clock })
  listeners.add((method) => subscriptions.changed(method))
  const suspensions = createSuspensions(ports)
  const router = createRouter({
    resolver,
    subscriptions,
    asking: createAsking({
      sealer: createStateSealer(() => ports.clock.now()),
      suspensions,
      seals: config.auth.type !== 'none',
    }),
    tasks,
    listing: createListing(members, { privateLists: config.auth.type !== 'none', log: ports.log }),
    local: createLocalAnswers({ name, version, instructions }, backends, ports.clock),
  })
  const edge = layersFor(edgeLayers, { ...config.proxy, ...config.observability }, ports, {
    backend: undefined,
    backendOf: backendGuess(resolver),
  })

  const unhear = members.map((member) =>
    member.backend.subscribe((event) => {
      if (event.kind === 'notification') tasks.told(member, event.notification)
    }),
  )
  const unwatch = watchLists(backends, announce)

  return {
    config,
    publicUrl,
    gate,
    backends,
    authenticate: authenticator(gate, publicUrl, anonymous),
    anonymous,
    handle: stack(edge, router),
    onListChanged: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    endListens: () => subscriptions.endListens(),
    relay: (said, caller) => {
      for (const backend of backends) backend.relay(said, caller)
    },
    start: () => {
      gate.start()
      for (const backend of backends) backend.start()
    },
    ready: () => readiness(gate, members),
    close: async (graceMs) => {
      unwatch()
      for (const end of unhear) end()
      ended.abort()
      suspensions.close()
      gate.close()
      for (const { lists, views } of members) {
        lists.close()
        views.close()
      }
      await Promise.all(backends.map((backend) => backend.close(graceMs)))
    },
  }
}
