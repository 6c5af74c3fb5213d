// Backends over real servers for tests: opened with real ports, watched through their events.
import type { Backend, BackendEvent, Health } from '../../src/backends/backend.ts'
import { transportSchema } from '../../src/backends/config.ts'
import { openBackend } from '../../src/backends/supervisor/open.ts'
import type { Ports } from '../../src/base/ports.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import type { JsonRpcNotification } from '../../src/mcp/json-rpc.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export interface WatchedBackend extends Backend {
  readonly log: readonly LogLine[]
  readonly states: readonly Health[]
  readonly notifications: readonly JsonRpcNotification[]
  /** Resolves with the first health, present or future, that fits. */
  untilHealth<State extends Health['state']>(
    state: State,
    which?: (health: Health) => boolean,
  ): Promise<Extract<Health, { state: State }>>
  untilNotification(method: string): Promise<JsonRpcNotification>
}

/** Backends to close after each test. */
export const createBackends = () => {
  const opened: Backend[] = []
  const http: Promise<{ destroy(): Promise<void> }>[] = []
  return {
    /** `config` as a file would say it. */
    open: (config: object, overrides: Partial<Ports> = {}): WatchedBackend => {
      const log: LogLine[] = []
      const note = (level: LogLine['level']) => (fields: LogLine['fields'], message: string) => {
        log.push({ level, fields, message })
      }
      const ports = systemPorts({
        random: () => 0,
        log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
        ...overrides,
      })
      http.push(ports.http())
      const parsed = transportSchema.parse({ name: 'test', ...config })
      const backend = openBackend(parsed, ports)
      opened.push(backend)
      return watch(backend, log)
    },
    closeAll: async () => {
      await Promise.all(opened.splice(0).map((backend) => backend.close(2000)))
      for (const dispatcher of http.splice(0)) await (await dispatcher).destroy()
    },
  }
}

const watch = (backend: Backend, log: readonly LogLine[]): WatchedBackend => {
  const states: Health[] = []
  const notifications: JsonRpcNotification[] = []
  backend.subscribe((event) => {
    if (event.kind === 'health') states.push(event.health)
    else notifications.push(event.notification)
  })
  const until = <T>(present: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const found = present()
      if (found !== undefined) {
        resolve(found)
        return
      }
      const unsubscribe = backend.subscribe((_event: BackendEvent) => {
        const now = present()
        if (now === undefined) return
        unsubscribe()
        resolve(now)
      })
    })
  return {
    name: backend.name,
    handle: backend.handle,
    get health() {
      return backend.health
    },
    prepare: (era) => backend.prepare(era),
    subscribe: (listener) => backend.subscribe(listener),
    watch: (watch) => backend.watch(watch),
    watchTask: (watch) => backend.watchTask(watch),
    relay: (said, caller) => backend.relay(said, caller),
    start: () => backend.start(),
    close: (graceMs) => backend.close(graceMs),
    log,
    states,
    notifications,
    untilHealth: <State extends Health['state']>(
      state: State,
      which: (health: Health) => boolean = () => true,
    ) =>
      until(() =>
        backend.health.state === state && which(backend.health)
          ? (backend.health as Extract<Health, { state: State }>)
          : undefined,
      ),
    untilNotification: (method) => until(() => notifications.find((n) => n.method === method)),
  }
}
