// How calls reach the backends of one configuration: through backups, canaries and mirrors, where a backend has any.
import type { Ports } from '../../base/ports.ts'
import { sectionKey } from '../../base/section-key.ts'
import type { BackendConfig } from '../../config/schema.ts'
import { idempotentCalls, readOnlyCalls } from '../../layers/repeatable.ts'
import type { Call, Handler } from '../../mcp/call.ts'
import { withCanaries } from '../../traffic/canary.ts'
import { withFailover, type Backup } from '../../traffic/failover.ts'
import { isHidden } from '../../traffic/keys.ts'
import { withMirrors } from '../../traffic/mirror.ts'
import type { Upstream } from '../lists/member.ts'
import type { Take } from './open-limits.ts'
import type { OpenMember } from './open-member.ts'
import { repetitionOf } from './repetition.ts'

/** A backend of the configuration with what was opened for it. */
export interface Opened {
  readonly config: BackendConfig
  readonly open: OpenMember
}

const factsOf = ({ backend, views }: Upstream) => repetitionOf({ backend, views: () => views })

/** A backup that lists tools, and not this one, cannot help. */
const mayHave =
  ({ lists }: Upstream) =>
  ({ request: { method, params } }: Call): boolean => {
    const tools = lists.latest('tools')?.annotations
    const name = params?.['name']
    return method !== 'tools/call' || tools === undefined || tools.has(name as string)
  }

const byPriority = (one: Opened, other: Opened): number =>
  (one.config.priority ?? 0) - (other.config.priority ?? 0)

class Routes {
  private readonly all: readonly Opened[]
  private readonly ports: Ports

  constructor(all: readonly Opened[], ports: Ports) {
    this.all = all
    this.ports = ports
  }

  /** The backend itself, else its backups. The order of the configuration decides between equal priorities. */
  withBackups({ config, open }: Opened): Handler {
    const { member } = open
    const { log, meter } = this.ports
    const facts = factsOf(member)
    const failovers = meter.counter('mcp_proxy_failovers_total')
    const backend = config.name
    const backups = this.all
      .filter((one) => one.config.failover_for === backend)
      .toSorted(byPriority)
      .map((one): Backup => {
        const handle = this.whole(one)
        const isSafe = idempotentCalls(one.config.failover_tools ?? [], facts)
        return { name: one.config.name, handle, has: mayHave(one.open.member), isSafe }
      })
    return withFailover({
      backend,
      handle: member.handle,
      backups,
      mayStartTask: facts.mayStartTask,
      log,
      onFailover: (backup, outcome) => failovers.add({ backend, backup, outcome }),
    })
  }

  /** With everything that the configuration says of it. */
  whole(one: Opened): Handler {
    const { name: backend } = one.config
    const { clock, random, meter } = this.ports
    const mirrored = meter.counter('mcp_proxy_mirrored_total')
    const mirrors = this.all
      .filter(({ config }) => config.mirror_of === backend)
      .map(({ config, open }) => ({
        name: config.name,
        handle: open.member.handle,
        percent: config.mirror_percent ?? 100,
        isSafe: readOnlyCalls(config.mirror_tools ?? [], factsOf(one.open.member)),
      }))
    return withMirrors({
      source: backend,
      handle: this.withCanaries(one),
      mirrors,
      clock,
      random,
      onMirrored: (mirror, outcome) => mirrored.add({ backend, mirror, outcome }),
    })
  }

  /** A canary that cannot be reached gives its calls to the backend that it substitutes. */
  private withCanaries(one: Opened): Handler {
    const { name: backend, weight } = one.config
    const { log, meter } = this.ports
    const sent = meter.counter('mcp_proxy_canary_calls_total')
    const failovers = meter.counter('mcp_proxy_failovers_total')
    const handle = this.withBackups(one)
    const facts = factsOf(one.open.member)
    const canaries = this.all
      .filter(({ config }) => config.canary_of === backend)
      .map((canary) => {
        const { name } = canary.config
        const has = () => true
        const isSafe = idempotentCalls([], facts)
        return {
          name,
          weight: canary.config.weight,
          handle: withFailover({
            backend: name,
            handle: this.whole(canary),
            backups: [{ name: backend, handle, has, isSafe }],
            mayStartTask: facts.mayStartTask,
            log,
            onFailover: (backup, outcome) => failovers.add({ backend: name, backup, outcome }),
          }),
        }
      })
    return withCanaries({
      primary: { name: backend, weight, handle },
      canaries,
      onSent: (canary) => sent.add({ backend, canary }),
    })
  }
}

const references = ({ config }: Opened): readonly (string | undefined)[] => [
  config.failover_for,
  config.canary_of,
  config.mirror_of,
]

/** Everything that leads to the backend, itself first. */
const groupOf = (one: Opened, all: readonly Opened[]): readonly Opened[] => {
  const group = [one]
  for (const known of group) {
    for (const other of all) {
      if (references(other).includes(known.config.name) && !group.includes(other)) group.push(other)
    }
  }
  return group
}

interface OpenRoute {
  readonly member: Upstream
  end(): void
}

const openRoute = (one: Opened, group: readonly Opened[], ports: Ports): OpenRoute => {
  const routes = new Routes(group, ports)
  return {
    member: { ...one.open.member, handle: routes.whole(one) },
    end: one.open.listThrough(routes.withBackups(one)),
  }
}

/** The backends that callers see, in the order of the configuration. */
export const openRoutes = async (
  all: readonly Opened[],
  take: Take,
  ports: Ports,
): Promise<readonly Upstream[]> => {
  const shown: Upstream[] = []
  for (const one of all) {
    if (isHidden(one.config)) continue
    const group = groupOf(one, all)
    if (group.length === 1) {
      shown.push(one.open.member)
      continue
    }
    const { member } = await take<OpenRoute>(
      // The members are leased by their sections: the same sections, the same members.
      `route ${sectionKey(group.map(({ config }) => config))}`,
      () => openRoute(one, group, ports),
      (route) => route.end(),
    )
    shown.push(member)
  }
  return shown
}
