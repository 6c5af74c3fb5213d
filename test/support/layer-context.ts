// What layers know of their place, for tests of single layers.
import type { Backend, Health } from '../../src/backends/backend.ts'
import type { BackendContext, EdgeContext } from '../../src/layers/define.ts'

export const edgeContext = (backend?: string): EdgeContext => ({
  backendOf: () => backend,
  toolOf: () => undefined,
})

const up: Health = {
  state: 'up',
  since: 0,
  era: 'modern',
  protocolVersion: '2026-07-28',
  capabilities: {},
}

/** A backend that is up and stays it. */
const steady: Pick<Backend, 'name' | 'health' | 'subscribe'> = {
  name: 'files',
  health: up,
  subscribe: () => () => undefined,
}

export const backendContext = (facts: Partial<BackendContext> = {}): BackendContext => ({
  backend: steady,
  isIdempotent: () => false,
  isReadOnly: () => false,
  mayStartTask: () => false,
  ...facts,
})
