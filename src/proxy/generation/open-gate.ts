// The authenticator of a configuration, which generations with the same [auth] share.
import type { Ports } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import type { AuthGate } from '../../core/validator/auth-gate.ts'
import type { SharedAnswers } from '../../core/introspection/introspection.ts'
import type { createValidator } from '../../core/validator/create-validator.ts'
import type { Durable } from './durable.ts'

/** Starts once, however many generations use it. */
export interface OpenGate {
  readonly gate: AuthGate
  start(): void
}

interface GateParts {
  readonly ports: Ports
  readonly parts: { readonly createValidator: typeof createValidator }
  readonly durable: Pick<Durable, 'possessionMemory' | 'shared'>
}

export const openGate = async (
  { auth }: Config,
  publicUrl: string | undefined,
  { ports, parts, durable: { possessionMemory, shared } }: GateParts,
): Promise<OpenGate> => {
  const audience = publicUrl === undefined ? {} : { defaultAudience: publicUrl }
  // The gate may outlive a configuration, and what is shared changes with it.
  const sharedAnswers: SharedAnswers = {
    get: async (id) => shared.current?.introspection?.get(id),
    put: async (id, value, ttlMs) => shared.current?.introspection?.put(id, value, ttlMs),
  }
  const options = { ...audience, possessionMemory, sharedAnswers }
  const gate = await parts.createValidator(auth, ports, options)
  let started = false
  return {
    gate,
    start: () => {
      if (!started) gate.start()
      started = true
    },
  }
}
