// Health of one backend as a value that its watchers are notified of, and the era that the backend spoke last.
import type { Ports } from '../../base/ports.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Agreement, BackendEvent, Health } from '../backend.ts'
import type { BackendTransportConfig } from '../config.ts'

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

export interface HealthBoard {
  read(): Health
  set(next: Health): void
  emit(event: BackendEvent): void
  /** Returns the function that ends the subscription. */
  readonly subscribe: (listener: (event: BackendEvent) => void) => () => void
}

export const createHealthBoard = (name: string, { clock, log, meter }: Ports): HealthBoard => {
  const up = meter.gauge('mcp_proxy_backend_up')
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
  return {
    read: () => health,
    emit,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    set: (next) => {
      health = next
      up.set({ backend: name }, next.state === 'up' ? 1 : 0)
      emit({ kind: 'health', health: next })
    },
  }
}
