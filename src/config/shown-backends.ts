// Which backends of a configuration callers see: a backup or a canary is reached under the names of another one.
import { isHidden, substituted } from '../traffic/keys.ts'
import type { BackendConfig } from './schema.ts'

/** In the order of the configuration. */
export const shownBackends = (backends: readonly BackendConfig[]): readonly BackendConfig[] =>
  backends.filter((backend) => !isHidden(backend))

/** The backend under whose names this one is reached: itself, unless it substitutes another one. */
export const shownBackend = (
  backend: BackendConfig,
  backends: readonly BackendConfig[],
): BackendConfig => {
  let shown = backend
  // There are no cycles in a configuration that was accepted; and no more steps than backends.
  for (let step = 0; step < backends.length; step += 1) {
    const name = substituted(shown)
    const next = backends.find((one) => one.name === name)
    if (next === undefined) return shown
    shown = next
  }
  return shown
}
