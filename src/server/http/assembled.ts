// What is served by one configuration: its generations, and what the door derives from them.
import type { Generation } from '../../proxy/generation/generation.ts'
import { adminTokensOf } from '../admin/rights.ts'
import { createInFlight } from '../dialogue/in-flight.ts'
import { clientAddressReader } from './client-address.ts'
import { createGuard } from './guard.ts'
import { wellKnownOf } from './metadata-document.ts'
import { shownReader } from './possession.ts'
import type { OpenProfile } from './profiles.ts'
import { sessionIdReader } from './session-id.ts'
import type { ServerMemory, ServerState } from './state.ts'
import { traceTrust } from './trace-trust.ts'
import { verifyDoorOf } from './verify-door.ts'

/** What is served by one configuration. */
export interface Assembled {
  readonly generation: Generation
  readonly profiles: readonly OpenProfile[]
}

export const startAll = ({ generation, profiles }: Assembled): void => {
  for (const one of profiles) one.generation.start()
  // Last: what several share is labelled by what all of them know.
  generation.start()
}

export const closeAll = async ({ generation, profiles }: Assembled): Promise<void> => {
  await Promise.all(
    [generation, ...profiles.map((one) => one.generation)].map((one) => one.close(0)),
  )
}

/** What the door derives from a generation, beside what outlives it. */
const plainStateOf = (
  generation: Generation,
  memory: ServerMemory,
  inFlight: ServerState['inFlight'],
): ServerState => ({
  ...memory,
  generation,
  inFlight,
  profiles: new Map(),
  guard: createGuard(generation.config, generation.publicUrl),
  admin: adminTokensOf(generation.config),
  shown: shownReader(generation.config, memory.certificates),
  clientAddress: clientAddressReader(
    generation.config.security,
    generation.config.security.client_address_header,
  ),
  wantedId: sessionIdReader(generation.config.security),
  wellKnown: wellKnownOf(generation),
  trustsTrace: traceTrust(generation.config),
  verify: verifyDoorOf(generation),
})

/** Calls of all endpoints are in flight together. */
export const stateOf = ({ generation, profiles }: Assembled, memory: ServerMemory): ServerState => {
  const inFlight = createInFlight()
  const states = profiles.map((one) => {
    const state = plainStateOf(one.generation, { ...memory, sessions: one.sessions }, inFlight)
    return [one.path, state] as const
  })
  return { ...plainStateOf(generation, memory, inFlight), profiles: new Map(states) }
}
