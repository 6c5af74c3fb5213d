// Several servers behind the name of one backend: calls are spread over those that work.
import type { Ports } from '../../base/ports.ts'
import { endOf } from '../../resilience/call-end.ts'
import type { Outliers } from '../../resilience/outliers.ts'
import type { Call, Reply, SessionPeer } from '../../mcp/call.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Backend, BackendEvent, ReplicaView } from '../backend.ts'
import { createAffinity } from './affinity.ts'
import { createFanOut } from './fan-out.ts'
import { mergedHealth, mergeEvents } from './merged-health.ts'

export interface ReplicaOptions {
  readonly name: string
  readonly ports: Pick<Ports, 'log' | 'meter'>
  /** Undefined without `outlier_detection`. */
  readonly outliers?: Outliers | undefined
}

interface Replica {
  readonly index: number
  readonly backend: Backend
  /** `host:port`, as logs and metrics have it. */
  readonly address: string
  flying: number
}

/** Of those that can be called now: the one with the fewest calls, beginning somewhere else each time. */
const leastBusy = (replicas: readonly Replica[], from: number): Replica | undefined => {
  let best: Replica | undefined
  for (let n = 0; n < replicas.length; n += 1) {
    const one = replicas[(from + n) % replicas.length] as Replica
    if (best === undefined || one.flying < best.flying) best = one
  }
  return best
}

class Picker {
  private readonly replicas: readonly Replica[]
  private readonly outliers: Outliers | undefined
  private readonly affinity = createAffinity()
  private readonly sessions = new WeakMap<SessionPeer, Replica>()
  private turn = 0

  constructor(replicas: readonly Replica[], outliers: Outliers | undefined) {
    this.replicas = replicas
    this.outliers = outliers
  }

  /** `tried`: those that could not be reached for this very call. Undefined: all were tried. */
  pick(call: Call, tried: readonly Replica[]): Replica | undefined {
    const begun = this.affinity.of(call)
    if (begun !== undefined && tried.length === 0) return this.replicas[begun]
    const { session } = call.caller
    const left = this.replicas.filter((one) => !tried.includes(one))
    const usable = this.usable(left)
    const known = session === undefined ? undefined : this.sessions.get(session)
    if (known !== undefined && usable.includes(known)) return known
    this.turn += 1
    const picked = leastBusy(usable, this.turn)
    if (session !== undefined && picked !== undefined) this.sessions.set(session, picked)
    return picked
  }

  note(call: Call, reply: Reply, { index }: Replica): void {
    this.affinity.note(call, reply, index)
  }

  /** Those that work, else those that are up although too many calls failed there, else any. */
  private usable(of: readonly Replica[]): readonly Replica[] {
    const up = of.filter(({ backend }) => backend.health.state === 'up')
    const working = up.filter(({ index }) => this.outliers?.isEjected(index) !== true)
    if (working.length > 0) return working
    if (up.length > 0) return up
    const starting = of.filter(({ backend }) => backend.health.state === 'starting')
    return starting.length > 0 ? starting : of
  }
}

/** Where an attempt could not even begin, another replica may be asked, whatever the call does. */
const neverLeft = (reply: Reply, call: Call): boolean =>
  reply.kind === 'failure' && !reply.sent && endOf(reply, call) === 'down'

/** Those that are open, and none that is not: a link for that era is worth waiting for only where there is none yet. */
const prepared = (replicas: readonly Backend[], era: Era): Promise<void> | undefined => {
  const opening: Promise<void>[] = []
  for (const replica of replicas) {
    const waiting = replica.prepare(era)
    if (waiting === undefined && replica.health.state === 'up') return undefined
    if (waiting !== undefined) opening.push(waiting)
  }
  return opening.length === 0 ? undefined : Promise.race(opening)
}

/** `backends`: at least two, with the addresses at the same places. */
export const createReplicaSet = (
  backends: readonly Backend[],
  addresses: readonly string[],
  { name, ports, outliers }: ReplicaOptions,
): Backend => {
  const { log, meter } = ports
  const replicas = backends.map((backend, index): Replica => ({
    index,
    backend,
    address: addresses[index] ?? '',
    flying: 0,
  }))
  const picker = new Picker(replicas, outliers)
  const fanOut = createFanOut(backends)
  const up = meter.gauge('mcp_proxy_backend_up')
  const ejections = meter.counter('mcp_proxy_ejections_total')
  const listeners = new Set<(event: BackendEvent) => void>()
  const endMerging = mergeEvents(backends, (event) => {
    if (event.kind === 'health') up.set({ backend: name }, event.health.state === 'up' ? 1 : 0)
    for (const listener of listeners) listener(event)
  })
  for (const { backend, index } of replicas) {
    backend.subscribe((event) => {
      if (event.kind !== 'health' || event.health.state !== 'up') return
      outliers?.readmit(index)
      fanOut.onUp(backend)
    })
  }

  const onEnd = (replica: Replica, call: Call, reply: Reply): void => {
    replica.flying -= 1
    picker.note(call, reply, replica)
    const seconds = outliers?.report(replica.index, endOf(reply, call))
    if (seconds === undefined) return
    ejections.add({ backend: name, replica: replica.address })
    log.warn({ backend: name, replica: replica.address, seconds }, 'replica ejected')
  }
  const send = (call: Call, tried: readonly Replica[]): Promise<Reply> => {
    const replica = picker.pick(call, tried)
    if (replica === undefined) throw new Error('every replica was tried')
    replica.flying += 1
    return replica.backend.handle(call).then(
      (reply) => {
        onEnd(replica, call, reply)
        const now = [...tried, replica]
        return neverLeft(reply, call) && now.length < replicas.length ? send(call, now) : reply
      },
      (error: unknown) => {
        replica.flying -= 1
        throw error
      },
    )
  }
  const view = ({ backend, address, flying, index }: Replica): ReplicaView => ({
    address,
    health: backend.health,
    inFlight: flying,
    ejectedMs: outliers?.leftMs(index) ?? 0,
  })

  return {
    name,
    handle: (call) => send(call, []),
    get health() {
      return mergedHealth(backends.map(({ health }) => health))
    },
    prepare: (era) => prepared(backends, era),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    watch: (watch) => fanOut.watch((replica) => replica.watch(watch), watch.signal),
    watchTask: (watch) => fanOut.watch((replica) => replica.watchTask(watch), watch.signal),
    relay: (said, caller) => {
      for (const backend of backends) backend.relay(said, caller)
    },
    start: () => {
      for (const backend of backends) backend.start()
    },
    close: async (graceMs) => {
      endMerging()
      await Promise.all(backends.map((backend) => backend.close(graceMs)))
    },
    replicas: () => replicas.map(view),
  }
}
