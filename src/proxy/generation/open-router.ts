// The router of one configuration.
import type { Ports } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import { createListing } from '../lists/listing.ts'
import { createLocalAnswers } from '../routing/aggregate.ts'
import { createAsking } from '../routing/asking.ts'
import type { Resolver } from '../routing/resolve.ts'
import { createRouter } from '../routing/router.ts'
import { createTasks } from '../tasks/tasks.ts'
import type { Durable } from './durable.ts'
import { listingOf, type SeenMembers } from './with-own-tools.ts'

/** What of the configuration answers calls: the router, with the lists and the tasks that it needs. */
export const openRouter = (
  config: Config,
  { members, listed, exposure }: Pick<SeenMembers, 'members' | 'listed' | 'exposure'>,
  resolver: Resolver,
  { ports, durable }: { readonly ports: Ports; readonly durable: Durable },
) => {
  const { name, version, instructions } = config.proxy
  const bound = config.auth.type !== 'none'
  const listOptions = { privateLists: bound || exposure.restricts, exposure, log: ports.log }
  const tasks = createTasks({ members, book: durable.taskBook, bound, exposure })
  const router = createRouter({
    resolver,
    subscriptions: durable.subscriptions,
    asking: createAsking({
      sealer: durable.sealer,
      suspensions: durable.suspensions,
      seals: bound,
      relay: () => durable.shared.current?.relay,
    }),
    tasks,
    exposure,
    listing: listingOf({
      listing: createListing(members, listOptions),
      ofTools: listed === undefined ? undefined : createListing(listed, listOptions),
    }),
    local: createLocalAnswers(
      { name, version, instructions },
      members.map(({ backend }) => backend),
      ports.clock,
    ),
  })
  return { router, tasks }
}
