// The orderly end: no new work, time for what is under way, then streams, sockets and backends.
import type { Server } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { ServerState } from './state.ts'

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

/** `force` cuts the waiting short at any moment. */
export const shutDown = async (
  state: ServerState,
  server: Server,
  force: AbortSignal,
): Promise<void> => {
  const { generation, inFlight, sessions, ports } = state
  state.draining = true
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  sessions.endStreams()
  generation.endListens()
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
  await closeSockets(server, closed, ports.clock, force)
  await generation.close(force.aborted ? 0 : undefined)
}
