// A router over scripted backends, without a server in front.
import type { Era } from '../../src/mcp/revision.ts'
import type { Ports } from '../../src/base/ports.ts'
import { stack, type Handler } from '../../src/mcp/call.ts'
import { compilePolicy, type PolicyParts } from '../../src/policy/policy.ts'
import { configSchema } from '../../src/config/schema.ts'
import { ownBackends } from '../../src/proxy/exposure/configured-policy.ts'
import { listingOf, withOwnTools } from '../../src/proxy/generation/with-own-tools.ts'
import { createLocalAnswers } from '../../src/proxy/routing/aggregate.ts'
import { createStateSealer } from '../../src/mcp/request-state.ts'
import { createAsking } from '../../src/proxy/routing/asking.ts'
import { createListViews } from '../../src/proxy/lists/list-views.ts'
import { createBackendLists } from '../../src/proxy/lists/backend-lists.ts'
import { createListing } from '../../src/proxy/lists/listing.ts'
import { compileShape } from '../../src/shaping/shape.ts'
import { shapingSchema } from '../../src/shaping/shaping-config.ts'
import { shapedMember } from '../../src/proxy/lists/shaped.ts'
import { backendNames } from '../../src/proxy/names/names.ts'
import { createResolver, type Resolver } from '../../src/proxy/routing/resolve.ts'
import { createRouter } from '../../src/proxy/routing/router.ts'
import { createSubscriptions } from '../../src/proxy/routing/subscriptions.ts'
import { createSuspensions } from '../../src/proxy/routing/suspensions.ts'
import { createTaskOwners, type TaskOwners } from '../../src/proxy/tasks/task-book.ts'
import { createTasks } from '../../src/proxy/tasks/tasks.ts'
import type { ScriptedBackend } from './scripted-backend.ts'

export interface Routed {
  readonly handle: Handler
  readonly resolver: Resolver
}

export interface RoutedOptions {
  /** By backend name. */
  readonly prefixes?: Readonly<Record<string, string>>
  readonly privateLists?: boolean
  /** Default: nothing is restricted. */
  readonly policy?: Omit<PolicyParts, 'places'>
  /** The keys of [[backends]] that shape it, by backend. What it offers at all is a part of the policy. */
  readonly shapes?: Readonly<Record<string, object>>
  /** Names of backends. */
  readonly required?: readonly string[]
  readonly pageSize?: number
  /** Shared with another router; default: its own. */
  readonly book?: TaskOwners
  readonly instructions?: string
  /** Tools of the proxy itself: `composite_tools` and `tool_exposure`, as a file would say them. */
  readonly own?: { readonly composite_tools?: readonly object[]; readonly tool_exposure?: 'search' }
  /** Hears of lists that came too late for who asked. */
  readonly onLate?: (method: string) => void
}

export const routed = (
  backends: readonly ScriptedBackend[],
  ports: Ports,
  {
    prefixes = {},
    required = [],
    shapes = {},
    privateLists = false,
    policy = {},
    pageSize = 1000,
    book = createTaskOwners(),
    instructions,
    onLate = () => undefined,
    own,
  }: RoutedOptions = {},
): Routed => {
  const upstreams = backends.map((backend) => {
    const names = backendNames(backend.name, '__', prefixes[backend.name])
    const { handle } = backend
    const openLists = (era: Era) =>
      createBackendLists({ backend, handle, names, era, ports, onLate })
    const lists = openLists('modern')
    const open = () => openLists('legacy')
    const views = createListViews({ backend, session: 'caller', lists, open })
    const isRequired = required.includes(backend.name)
    const member = { backend, handle, names, lists, views, required: isRequired }
    return shapedMember(member, compileShape(shapingSchema.parse(shapes[backend.name] ?? {})))
  })
  const config = configSchema.parse({
    proxy: { name: 'proxy', tool_exposure: own?.tool_exposure ?? 'direct' },
    backends: backends.map(({ name }) => ({ name, transport: 'stdio', command: 'scripted' })),
    composite_tools: own?.composite_tools ?? [],
    observability: { audit: false },
  })
  const places = [
    ...ownBackends(config).map(({ backend, names }) => ({ backend, ...names })),
    ...upstreams.map(({ backend, names }) => ({ backend: backend.name, ...names })),
  ]
  const { members, exposure, listed, layers, unwrap } = withOwnTools({
    config,
    backends: upstreams,
    policy: compilePolicy({ ...policy, places }),
    ports,
    privateLists,
    handle: (call) => handle(call),
  })
  const resolver = createResolver(members, exposure)
  const tasks = createTasks({ members, book, bound: privateLists, exposure })
  const subscriptions = createSubscriptions(ports.clock)
  subscriptions.use({ members, resolver, tasks, exposure, policyKey: '' })
  const options = { privateLists, exposure, log: ports.log, pageSize }
  const identity = { name: 'proxy', version: '1.2.3', instructions }
  const route = createRouter({
    resolver,
    subscriptions,
    tasks,
    exposure,
    asking: createAsking({
      sealer: createStateSealer(() => ports.clock.now()),
      suspensions: createSuspensions(ports),
      seals: privateLists,
    }),
    listing: listingOf({
      listing: createListing(members, options),
      ofTools: listed === undefined ? undefined : createListing(listed, options),
    }),
    local: createLocalAnswers(identity, backends, ports.clock),
  })
  const inner = stack(layers, route)
  const handle: Handler = (call) => inner({ ...call, request: unwrap(call.request) })
  return { resolver, handle }
}
