// The ports of a real process: its clock, its network, its randomness.
import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { systemClock } from '../base/clock.ts'
import type { HttpOptions } from './http.ts'
import { idleMeter, silentLogger, type Ports } from '../base/ports.ts'

const loadHttp = async (options: HttpOptions): Promise<Dispatcher> => {
  const { openHttp } = await import('./http.ts')
  return openHttp(options)
}

const loadSockets = async (options: HttpOptions): Promise<(origin: URL) => Promise<Socket>> => {
  const { createSocketOpener } = await import('./socket.ts')
  return createSocketOpener(options)
}

/**
 * Logs and metrics go nowhere unless the caller brings where they go. The environment is not read: whether
 * requests go through a proxy is said in `http`.
 */
export const systemPorts = (overrides: Partial<Ports> = {}, http: HttpOptions = {}): Ports => {
  let dispatcher: Promise<Dispatcher> | undefined
  let sockets: Promise<(origin: URL) => Promise<Socket>> | undefined
  return {
    http: () => (dispatcher ??= loadHttp(http)),
    socket: async (origin) => (await (sockets ??= loadSockets(http)))(origin),
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    meter: idleMeter,
    ...overrides,
  }
}
