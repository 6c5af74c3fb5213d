// The ports of a real process: its clock, its network, its randomness.
import type { Dispatcher } from 'undici'
import { systemClock } from './clock.ts'
import { idleMeter, silentLogger, type Ports } from './ports.ts'

const loadHttp = async (): Promise<Dispatcher> => {
  const { openHttp } = await import('./http.ts')
  return openHttp()
}

/** Logs and metrics go nowhere unless the caller brings where they go. */
export const systemPorts = (overrides: Partial<Ports> = {}): Ports => {
  let dispatcher: Promise<Dispatcher> | undefined
  return {
    http: () => (dispatcher ??= loadHttp()),
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    meter: idleMeter,
    ...overrides,
  }
}
