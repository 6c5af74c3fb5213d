// Health of several replicas as that of one backend: it is up as long as one of them is.
import type { Backend, BackendEvent, Health } from '../backend.ts'

export const mergedHealth = (healths: readonly Health[]): Health => {
  const up = healths.find(({ state }) => state === 'up')
  if (up !== undefined) return up
  const starting = healths.find(({ state }) => state === 'starting')
  if (starting !== undefined) return starting
  const down = healths.filter((health) => health.state === 'down')
  const [first] = down
  if (first === undefined) throw new Error('a backend without replicas')
  const times = down.map(({ retryAt }) => retryAt).filter((at) => at !== undefined)
  const { retryAt: _own, ...rest } = first
  return times.length === 0 ? rest : { ...rest, retryAt: Math.min(...times) }
}

/** The events of all, where the health that changes is that of the backend. Returns the function that ends it. */
export const mergeEvents = (
  replicas: readonly Backend[],
  emit: (event: BackendEvent) => void,
): (() => void) => {
  const read = () => mergedHealth(replicas.map(({ health }) => health))
  let last = read()
  const ends = replicas.map((replica) =>
    replica.subscribe((event) => {
      if (event.kind === 'notification') {
        emit(event)
        return
      }
      const health = read()
      const isSame = health.state !== 'down' && health === last
      last = health
      if (!isSame) emit({ kind: 'health', health })
    }),
  )
  return () => {
    for (const end of ends) end()
  }
}
