// The authenticator of a configuration, which generations with the same [auth] share.
import type { Ports } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import type { AuthGate } from '../../core/validator/auth-gate.ts'
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
  readonly durable: Pick<Durable, 'possessionMemory'>
}

export const openGate = async (
  { auth }: Config,
  publicUrl: string | undefined,
  { ports, parts, durable: { possessionMemory } }: GateParts,
): Promise<OpenGate> => {
  const audience = publicUrl === undefined ? {} : { defaultAudience: publicUrl }
  const gate = await parts.createValidator(auth, ports, { ...audience, possessionMemory })
  let started = false
  return {
    gate,
    start: () => {
      if (!started) gate.start()
      started = true
    },
  }
}
