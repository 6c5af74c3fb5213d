// Puts the API keys of the key file beside the tokens of another gate: what begins as our keys do goes to them alone.
import type { Ports } from '../../base/ports.ts'
import { followKeys } from '../api-keys/followed-keys.ts'
import { createKeyValidator } from '../api-keys/key-validator.ts'
import { isApiKey } from '../token/api-key-prefix.ts'
import type { AuthGate } from './auth-gate.ts'

/** Throws a UsageError where the key file cannot be used. */
export const withKeys = async (
  gate: AuthGate,
  file: string,
  ports: Pick<Ports, 'clock' | 'log'>,
): Promise<AuthGate> => {
  const keys = createKeyValidator(gate.requiredScopes, ports.clock)
  const followed = await followKeys(file, ports, (entries) => keys.use(entries))
  return {
    ...gate,
    validate: (token, signal, presentation, peer) =>
      isApiKey(token) ? keys.validate(token) : gate.validate(token, signal, presentation, peer),
    start: () => {
      gate.start()
      followed.start()
    },
    close: () => {
      followed.close()
      gate.close()
    },
  }
}
