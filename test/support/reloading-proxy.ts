// A proxy whose configuration is a file of the test: parsed, compared and replaced by the real parts.
import { parseConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import type { ConfigurationText } from '../../src/server/admin/context.ts'
import { createReloader, type Reloader } from '../../src/server/reload/reload.ts'
import { createValidator } from '../../src/core/validator/create-validator.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import { startServer, type RunningServer } from '../../src/server/http/serve.ts'
import { sendTo, type Received, type SendOptions } from './proxy.ts'
import { scriptedBackend, type ScriptedBackend } from './scripted-backend.ts'

export interface ReloadingProxy {
  readonly running: RunningServer
  readonly reloader: Reloader
  readonly file: { text: string }
  readonly env: Record<string, string>
  logged(): string
  send(options: SendOptions): Promise<Received>
}

export interface ReloadingOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly allowWeaker?: boolean
}

/** TOML; `proxy.listen.port` should be 0. */
export const startReloadingProxy = async (
  text: string,
  backends: readonly ScriptedBackend[],
  { env: given = {}, allowWeaker = false }: ReloadingOptions = {},
): Promise<ReloadingProxy> => {
  const file = { text }
  const env = { ...given }
  const parse = ({ text: candidate, format }: ConfigurationText) =>
    parseConfig(candidate, { file: 'proxy.toml', format, env })
  const load = () => parse({ text: file.text, format: 'toml' })
  const lines: string[] = []
  const byName = new Map(backends.map((backend) => [backend.name, backend]))
  const loaded = await load()
  const running = await startServer(loaded.config, systemPorts(), {
    logTo: { write: (line) => lines.push(line) },
    parts: {
      openBackend: ({ name }) => byName.get(name) ?? scriptedBackend(name),
      createValidator,
    },
  })
  const reloader = createReloader({
    loaded,
    load,
    parse,
    read: () => Promise.resolve({ text: file.text, format: 'toml' as const }),
    write: (candidate) => {
      file.text = candidate.text
    },
    replace: (config: Config, awaited?: string) => running.replace(config, awaited),
    check: (config: Config) => running.check(config),
    renewCertificates: () => running.renewCertificates(),
    allowWeaker,
    clock: { now: () => Date.now() },
    log: running.telemetry.log,
    meter: running.telemetry.meter,
  })
  running.useControl(reloader)
  return {
    running,
    reloader,
    file,
    env,
    logged: () => lines.join(''),
    send: (options) => sendTo(new URL(running.url).origin, options),
  }
}
