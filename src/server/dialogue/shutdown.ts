// The orderly end: no new work, time for what is under way, then streams, sockets and backends.
import type { InFlight } from './in-flight.ts'
import type { CallState } from './speaker.ts'

/** Lets calls in flight finish within proxy.shutdown_timeout_seconds and aborts the others. `force` cuts the waiting short. */
export const finishCalls = async (
  { generation, ports }: Pick<CallState, 'generation' | 'ports'>,
  calls: readonly InFlight[],
  force: AbortSignal,
): Promise<void> => {
  const late = new AbortController()
  const done = new AbortController()
  const graceMs = generation.config.proxy.shutdown_timeout_seconds * 1000
  ports.clock.sleep(graceMs, done.signal).then(
    () => late.abort(),
    () => undefined,
  )
  const giveUp = AbortSignal.any([force, late.signal])
  await Promise.all(calls.map((each) => each.idle(giveUp)))
  done.abort()
  for (const each of calls) each.abortAll()
}
