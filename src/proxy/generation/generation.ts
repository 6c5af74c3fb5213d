// Everything that is built from one configuration: start, check and reload all go through assemble.
import type { Lease } from '../../base/leases.ts'
import type { Ports } from '../../base/ports.ts'
import type { Quarantined } from '../../pins/judgement.ts'
import type { PinBook } from '../../pins/pin-book.ts'
import type { OpenCache } from '../../cache/store.ts'
import { sectionKey } from '../../base/section-key.ts'
import type { Caller } from '../../mcp/call.ts'
import type { Backend, ClientWord } from '../../backends/backend.ts'
import { createAccess, credentialKindOf, type CredentialKind } from '../../backends/access.ts'
import { openReplicated } from '../../backends/replicas/open-replicas.ts'
import { fileContents } from '../../config/named-files.ts'
import { shownBackend } from '../../config/shown-backends.ts'
import { publicUrlOf } from '../../config/public-url.ts'
import type { ProfileConfig } from '../../config/profile-schema.ts'
import type { Config } from '../../config/schema.ts'
import type { AuthGate } from '../../core/validator/auth-gate.ts'
import { createValidator } from '../../core/validator/create-validator.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import type { EdgeContext } from '../../layers/define.ts'
import { callerLayers, edgeLayers, layersFor } from '../../layers/order.ts'
import { stack, type Handler, type Layer } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { listChangedMethods } from '../../mcp/methods.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Shared } from '../../shared/shared.ts'
import { noteWouldDeny } from '../exposure/would-deny.ts'
import { configuredPolicy, policyKeyOf } from '../exposure/configured-policy.ts'
import { createSpeller, type Place } from '../../policy/spelling.ts'
import { shapedMember } from '../lists/shaped.ts'
import type { Upstream } from '../lists/member.ts'
import { createResolver } from '../routing/resolve.ts'
import { backendGuess, limitTargetIn, recordedTargetIn, toolGuess } from '../routing/router.ts'
import { compileShape } from '../../shaping/shape.ts'
import {
  anonymousOf,
  authenticateBy,
  type Authenticate,
} from '../../core/validator/authenticate.ts'
import { createDurable, type Durable } from './durable.ts'
import { createFactsReader, type FactsReader } from './facts-reader.ts'
import { openGate, type OpenGate } from './open-gate.ts'
import { openAdmin } from './open-admin.ts'
import { openLimits, type OpenLimits, type Take } from './open-limits.ts'
import { openShared, useSealKeys } from './open-shared.ts'
import { openResilience, type Resilience } from './open-resilience.ts'
import { openCaches, type OpenCaches } from './open-caches.ts'
import { listedTools, type ListedTool } from './listed-tools.ts'
import { guardOf, openPins } from './open-pins.ts'
import { openMember, type MemberOptions, type OpenMember } from './open-member.ts'
import { openRoutes, type Opened } from './open-routes.ts'
import { openRouter } from './open-router.ts'
import { withOwnTools } from './with-own-tools.ts'
import { credentialsIn, edgeIn, processIn } from './section-parts.ts'
import { readiness, type GenerationReadiness } from './readiness.ts'

export type { GenerationReadiness }

export interface Generation {
  readonly config: Config
  /** The one string behind `resource`, the challenge and the default audience. */
  readonly publicUrl: string | undefined
  readonly gate: AuthGate
  readonly backends: readonly Backend[]
  /** What callers may do, as far as no backend is asked for anything. */
  readonly policy: Pick<Policy, 'decideCaller' | 'rolesOf'>
  /** What decisions depended on, for their records. */
  readonly facts: FactsReader
  readonly authenticate: Authenticate
  /** What every caller gets where authentication is off. */
  readonly anonymous: Verdict | undefined
  /** The edge layers around the router. Exposed names. */
  readonly handle: Handler
  /** The request that is meant: one that asks to call a tool for it is that call. */
  readonly unwrap: (request: JsonRpcRequest) => JsonRpcRequest
  /** Which backend a request is for, as far as its names say; undefined where they are of none. */
  readonly backendOf: (request: JsonRpcRequest) => string | undefined
  /** How the proxy proves itself at that backend. */
  readonly credentialOf: (backend: string) => CredentialKind | undefined
  /** Its answers that are used again; undefined where it has no cache. */
  readonly cacheOf: (backend: string) => OpenCache | undefined
  /** What is known of the calls at that backend. */
  readonly resilienceOf: (backend: string) => Resilience
  /** The tools of that backend that are not what was pinned. */
  readonly quarantinedAt: (backend: string) => readonly Quarantined[]
  /** Calls the listener with the method of each list_changed notification, once for changes that come together. */
  onListChanged(listener: (method: string) => void): () => void
  /** Gives every listener its closing result. */
  endListens(): void
  /** What a session-era client says between its calls. */
  relay(said: ClientWord, caller: Caller): void
  /** Opens sockets and children, and takes over subscriptions. Nothing before this call leaves the process. */
  start(): void
  /** Opens one backend before all others, to see whether it comes up. Undefined where there is none of that name. */
  startOne(backend: string): Backend | undefined
  /** How many tools a backend lists; undefined where it could not say, or not soon. */
  countTools(backend: string): Promise<number | undefined>
  /** The tools that a backend lists; undefined where it could not say, or not soon. */
  listTools(backend: string): Promise<readonly ListedTool[] | undefined>
  /** Able to decide tokens, of the backends at least one up if there are any, and all that are required. */
  ready(): GenerationReadiness
  /** Ends what no other generation uses. */
  close(graceMs?: number): Promise<void>
}

/** What assemble builds with. Others than the real ones serve tests. */
export interface Parts {
  readonly createValidator: typeof createValidator
  readonly openBackend: MemberOptions['openBackend']
}

const realParts: Parts = { createValidator, openBackend: openReplicated }

/** Edge layers with their state. Where a request goes is asked of the generation that is in use. */
interface OpenEdge {
  readonly layers: readonly Layer[]
  known: EdgeContext
}

const openEdge = ({ proxy, observability }: Config, { ports }: Building): OpenEdge => {
  const edge: OpenEdge = {
    layers: layersFor(edgeLayers, { ...proxy, ...observability }, ports, {
      backendOf: (request) => edge.known.backendOf(request),
      toolOf: (request) => edge.known.toolOf(request),
    }),
    known: { backendOf: () => undefined, toolOf: () => undefined },
  }
  return edge
}

interface Building {
  readonly ports: Ports
  readonly parts: Parts
  readonly durable: Durable
}

/** What one generation uses together with others. */
interface Holdings {
  readonly gate: OpenGate
  readonly edge: OpenEdge
  readonly limits: OpenLimits
  readonly caches: OpenCaches
  /** What replicas keep for each other; undefined where it is alone. */
  readonly shared: Shared | undefined
  readonly pins: PinBook | undefined
  /** Every backend of the configuration. */
  readonly opened: readonly Opened[]
  /** Those that callers see, with the ways to them. */
  readonly shown: readonly Upstream[]
  release(graceMs?: number): Promise<void>
}

const takeAll = async (
  config: Config,
  publicUrl: string | undefined,
  building: Building,
): Promise<Holdings> => {
  const { ports, parts, durable } = building
  const { leases, announce, taskBook } = durable
  const { mayFollow } = durable
  const { name, version, separator } = config.proxy
  const proxy = { name, version, separator }
  const { openBackend } = parts
  const { coalesce_requests: coalesces } = config.performance
  const options = { proxy, ports, openBackend, announce, taskBook, mayFollow, coalesces }
  const taken: Lease<unknown>[] = []
  const take: Take = async <Value>(...wanted: Parameters<typeof leases.take<Value>>) => {
    const lease = await leases.take<Value>(...wanted)
    taken.push(lease)
    return lease.value
  }
  const release = async (graceMs?: number): Promise<void> => {
    await Promise.all(taken.map((lease) => lease.release(graceMs)))
  }
  try {
    const gate = await take<OpenGate>(
      `auth ${sectionKey([credentialsIn(config.auth), publicUrl, ...fileContents(config.auth)])}`,
      () => openGate(config, publicUrl, building),
      (open) => open.gate.close(),
    )
    const edge = await take<OpenEdge>(
      `edge ${sectionKey(edgeIn(config))}`,
      () => openEdge(config, building),
      () => undefined,
    )
    const limits = await openLimits(config.limits, take, ports)
    const caches = await openCaches(config, take, ports)
    const shared = await openShared(config, take, ports, durable)
    const pins = await openPins(config, take, ports)
    const opened: Opened[] = []
    for (const [index, backend] of config.backends.entries()) {
      const resilience = await openResilience(backend, take, ports)
      const { name: shownName, prefix } = shownBackend(backend, config.backends)
      const shownAs = { name: shownName, prefix }
      const store = backend.cache === undefined ? undefined : config.cache
      const pinned = backend.pin_tools === undefined ? undefined : config.proxy.pins_file
      const files = [pinned, ...fileContents(backend)]
      const key = sectionKey([processIn(backend), proxy, shownAs, coalesces, store, ...files])
      const cache = await caches.for(backend, key)
      const open = async () => {
        const access = createAccess(backend, ports, `backends[${index}]`)
        await access.prove()
        const guard = guardOf(backend, pins)
        return openMember(backend, { ...options, access, resilience, cache, pins: guard, shownAs })
      }
      const member = await take<OpenMember>(`backend ${key}`, open, (open, graceMs) =>
        open.close(graceMs),
      )
      opened.push({ config: backend, open: member })
    }
    const shown = await openRoutes(opened, take, ports)
    return { gate, edge, limits, caches, shared, pins, opened, shown, release }
  } catch (error) {
    await release(0)
    throw error
  }
}

const placesOf = (members: readonly Upstream[]): readonly Place[] =>
  members.map(({ backend, names }) => ({ backend: backend.name, ...names }))

/**
 * Builds; does no I/O. A configuration that cannot be built is a UsageError, and nothing is left open. Without `durable`
 * the generation has a memory of its own, which ends with it. `profile`: that whose configuration it is.
 */
export const assemble = async (
  config: Config,
  ports: Ports,
  parts: Parts = realParts,
  durable?: Durable,
  profile?: ProfileConfig,
): Promise<Generation> => {
  const memory = durable ?? createDurable(ports)
  const building: Building = { ports, parts, durable: memory }
  const publicUrl = publicUrlOf(config)
  const held = await takeAll(config, publicUrl, building)
  const { gate } = held.gate
  const { edge } = held
  const shapes = new Map(config.backends.map((one) => [one.name, compileShape(one)]))
  const all = held.opened.map(({ open }) => open.member)
  const backends = all.map(({ backend }) => backend)
  const policy = await configuredPolicy(config, profile)
  const seen = withOwnTools({
    config,
    backends: held.shown.map((member) => shapedMember(member, shapes.get(member.backend.name))),
    policy,
    ports,
    privateLists: config.auth.type !== 'none' || policy.restricts,
    handle: (call) => handle(call),
    admin: profile === undefined ? openAdmin(config, policy, building) : undefined,
  })
  const { members, exposure, findAnnotations, isSeveral } = seen
  const resolver = createResolver(members, exposure)
  const { router, tasks } = openRouter(config, seen, resolver, building)
  const anonymous = anonymousOf(gate)
  const guess = backendGuess(resolver)
  const limiting = callerLayers(
    {
      ...held.limits,
      ...(isSeveral === undefined ? {} : { isSeveral }),
      targetOf: limitTargetIn(resolver),
      rolesOf: ({ caller }) => policy.rolesOf(caller),
      spell: createSpeller(placesOf(members)),
      onReported: ({ requestId, request: { method }, caller: { principal } }, reported) =>
        noteWouldDeny(ports, { requestId, principal, asked: { method } }, reported),
    },
    ports,
  )
  const handle = stack([...edge.layers, ...limiting, ...seen.layers], router)
  const kinds = new Map(config.backends.map((one) => [one.name, credentialKindOf(one)]))
  const credentialOf = (backend: string) => kinds.get(backend)
  const byName = new Map(all.map((one) => [one.backend.name, one]))
  const resilienceOf = (backend: string): Resilience => byName.get(backend) ?? {}
  const cacheOf = (backend: string) => byName.get(backend)?.cache
  return {
    config,
    publicUrl,
    gate,
    backends,
    policy,
    facts: createFactsReader({
      config,
      policy,
      targetOf: recordedTargetIn(resolver, findAnnotations),
    }),
    authenticate: authenticateBy(gate, publicUrl, anonymous),
    anonymous,
    handle,
    backendOf: guess,
    unwrap: seen.unwrap,
    credentialOf,
    resilienceOf,
    cacheOf,
    quarantinedAt: (backend) => byName.get(backend)?.pins?.all() ?? [],
    onListChanged: (listener) => memory.onListChanged(listener),
    endListens: () => memory.subscriptions.endListens(),
    relay: (said, caller) => {
      for (const backend of backends) backend.relay(said, caller)
    },
    start: () => {
      useSealKeys(memory.sealer, config.security)
      memory.shared.current = held.shared
      held.shared?.start()
      held.gate.start()
      held.limits.start()
      held.caches.start()
      held.pins?.start()
      for (const { open } of held.opened) open.start()
      edge.known = { backendOf: guess, toolOf: toolGuess(resolver) }
      const policyKey = policyKeyOf(config, profile)
      const before = memory.subscriptions.use({ members, resolver, tasks, exposure, policyKey })
      const isSame =
        before.policyKey === policyKey &&
        before.members.length === members.length &&
        before.members.every((one) => backends.includes(one.backend))
      if (isSame || before.members.length === 0) return
      for (const method of listChangedMethods) memory.announce('', method)
    },
    startOne: (name) => {
      const open = held.opened.find((one) => one.config.name === name)?.open
      open?.start()
      return open?.member.backend
    },
    countTools: async (name) => {
      const member = [...members, ...all].find(({ backend }) => backend.name === name)
      const tools = await member?.lists.get('tools')
      return tools === undefined
        ? undefined
        : [...tools.local.values()].filter((local) =>
            policy.offers({ kind: 'tool', backend: name, name: local }),
          ).length
    },
    listTools: (name) => listedTools([...members, ...all], name),
    ready: () => readiness(gate, held.opened),
    close: async (graceMs) => {
      if (durable === undefined) memory.close()
      await held.release(graceMs)
    },
  }
}
