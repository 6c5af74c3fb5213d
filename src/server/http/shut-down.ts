// The orderly end of the HTTP server: no new work, time for what is under way, then streams, sockets and backends.
import type { Clock } from '../../base/clock.ts'
import { finishCalls } from '../dialogue/shutdown.ts'
import type { Door } from './door.ts'
import type { ServerState } from './state.ts'

const flushMs = 2_000
const forcedFlushMs = 100
const flushStepMs = 25

type Listening = Pick<Door, 'server' | 'endHandshakes'>

/** Lets answers get out, then closes what is still open. */
const closeSockets = async (
  { server, endHandshakes }: Listening,
  closed: Promise<void>,
  clock: Clock,
  force: AbortSignal,
): Promise<void> => {
  const flushed = new AbortController()
  const whenClosed = closed.then(() => flushed.abort())
  const limit = () => (force.aborted ? forcedFlushMs : flushMs)
  for (let waited = 0; !flushed.signal.aborted && waited < limit(); waited += flushStepMs) {
    server.closeIdleConnections()
    await Promise.race([whenClosed, clock.sleep(flushStepMs)])
  }
  server.closeAllConnections()
  endHandshakes()
  await whenClosed
}

const closeGenerations = async (state: ServerState, force: AbortSignal): Promise<void> => {
  const all = [state, ...state.profiles.values()]
  await Promise.all(all.map(({ generation }) => generation.close(force.aborted ? 0 : undefined)))
}

/** `force` cuts the waiting short at any moment. */
export const shutDown = async (
  state: ServerState,
  door: Listening,
  force: AbortSignal,
): Promise<void> => {
  const { ports, inFlight, listening } = state
  state.drain.begun = true
  const closed = new Promise<void>((resolve) => {
    door.server.close(() => resolve())
  })
  door.endHandshakes()
  const profiles = [...state.profiles.values()]
  for (const one of [state, ...profiles]) {
    one.sessions.endStreams()
    one.generation.endListens()
  }
  await finishCalls(state, [inFlight, listening], force)
  for (const follower of state.followers.values()) follower.end()
  await closeSockets(door, closed, ports.clock, force)
  await closeGenerations(state, force)
}

/** Lets the calls of a generation finish that is not in use any more, then ends what no other generation uses. */
export const retire = async (state: ServerState, force: AbortSignal): Promise<void> => {
  await finishCalls(state, [state.inFlight], force)
  await closeGenerations(state, force)
}
