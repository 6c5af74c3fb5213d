// The orderly end: no new work, time for what is under way, then streams, sockets and backends.
import type { Server } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { CallState, ServerState } from './state.ts'

const flushMs = 2_000
const forcedFlushMs = 100
const flushStepMs = 25

/** Lets answers get out, then closes what is still open. */
const closeSockets = async (
  server: Server,
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
  await whenClosed
}

/** Lets calls in flight finish within proxy.shutdown_timeout_seconds and aborts the others. `force` cuts the waiting short. */
export const finishCalls = async (
  { generation, inFlight, ports }: CallState,
  force: AbortSignal,
): Promise<void> => {
  const late = new AbortController()
  const done = new AbortController()
  const graceMs = generation.config.proxy.shutdown_timeout_seconds * 1000
  ports.clock.sleep(graceMs, done.signal).then(
    () => late.abort(),
    () => undefined,
  )
  await inFlight.idle(AbortSignal.any([force, late.signal]))
  done.abort()
  inFlight.abortAll()
}

/** `force` cuts the waiting short at any moment. */
export const shutDown = async (
  state: ServerState,
  server: Server,
  force: AbortSignal,
): Promise<void> => {
  const { generation, sessions, ports } = state
  state.draining = true
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  sessions.endStreams()
  generation.endListens()
  await finishCalls(state, force)
  await closeSockets(server, closed, ports.clock, force)
  await generation.close(force.aborted ? 0 : undefined)
}
