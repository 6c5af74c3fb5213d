// What is known of one backend over all its connections: its health, told to who watches, and the era it spoke last.
import type { Ports } from '../../base/ports.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import type { BackendEvent, Health } from '../backend.ts'
import type { BackendTransportConfig } from '../config.ts'
import type { Agreement } from '../link/era-bridge.ts'

/** A modern verdict fails loudly when it is stale, a legacy one would work for ever. */
const legacyVerdictMs = 24 * 60 * 60 * 1000

/** Remembers which era a backend spoke, so that it is not asked at each connection. */
export const eraMemory = (configured: BackendTransportConfig['protocol'], now: () => number) => {
  let known: { readonly era: Era; readonly until: number } | undefined
  return {
    recall: (): 'auto' | Era => {
      if (configured !== 'auto') return configured
      return known !== undefined && known.until > now() ? known.era : 'auto'
    },
    learn: ({ era, isEraGuessed }: Agreement) => {
      if (isEraGuessed !== true)
        known = { era, until: era === 'modern' ? Infinity : now() + legacyVerdictMs }
    },
    forget: () => {
      known = undefined
    },
  }
}

/** Health as a value that tells its watchers when it changes. */
export const healthBoard = (name: string, ports: Ports) => {
  const { clock, log, meter } = ports
  const up = meter.gauge('mcp_proxy_backend_up', 'Whether the backend is connected', ['backend'])
  const listeners = new Set<(event: BackendEvent) => void>()
  let health: Health = { state: 'starting', since: clock.now() }
  const emit = (event: BackendEvent) => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        // One watcher's fault must not end the backend.
        log.error({ backend: name, error: String(error) }, 'a watcher of the backend failed')
      }
    }
  }
  const set = (next: Health) => {
    health = next
    up.set({ backend: name }, next.state === 'up' ? 1 : 0)
    emit({ kind: 'health', health: next })
  }
  return {
    read: () => health,
    emit,
    subscribe: (listener: (event: BackendEvent) => void) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    setUp: (agreement: Agreement) => {
      const { era, protocolVersion, transport } = agreement
      log.info({ backend: name, era, protocolVersion, transport }, 'backend is up')
      set({ state: 'up', since: clock.now(), ...agreement })
    },
    /** What is up promises something else from now on. */
    amend: ({ capabilities }: Agreement) => {
      if (health.state === 'up') set({ ...health, capabilities })
    },
    setDown: (problem: Problem, retryInMs: number | undefined) => {
      const since = clock.now()
      const retryAt = retryInMs === undefined ? {} : { retryAt: since + retryInMs }
      const { code, detail } = problem
      log.warn({ backend: name, code, detail, retryInMs }, 'backend is down')
      set({ state: 'down', since, problem, ...retryAt })
    },
  }
}
