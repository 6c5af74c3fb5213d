// The work of createProxyHandler: a configuration, a door without a socket, and what runs behind it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatOf } from '../config/document.ts'
import { loadConfig, parseConfig, type LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { systemPorts } from '../net/system-ports.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'
import { answerNothingServed, openMount, type Mount } from '../server/http/mount.ts'
import { startServer } from '../server/http/serve.ts'
import type { ProxyConfig, ProxyHandler, ProxyHandlerOptions } from './handler-types.ts'

type Source = string | ProxyConfig
type Environment = Readonly<Record<string, string | undefined>>

/** An object takes the way of a file: the same rules, variables and words. */
const load = (source: Source, env: Environment): Promise<LoadedConfig> =>
  typeof source === 'string'
    ? loadConfig(source, env)
    : parseConfig(JSON.stringify(source), { file: 'configuration', format: formatOf('.json'), env })

/** The address is that of the server around it: the one that it began with goes on being the one in messages. */
const mounted = ({ config }: LoadedConfig, first?: Config): Config => {
  if (config.proxy.tls !== undefined) {
    throw usageError(problemOf('config-value', 'tls-mounted', { key: 'proxy.tls' }))
  }
  const { listen } = (first ?? config).proxy
  return { ...config, proxy: { ...config.proxy, listen } }
}

const consumed = (): Error =>
  new Error(
    'the body of the request was read before the proxy: put its handler in front of body parsers',
  )

export const mountProxy = async (
  source: Source,
  { env = process.env, admin = false, ports = systemPorts() }: ProxyHandlerOptions,
): Promise<ProxyHandler> => {
  const loaded = await load(source, env)
  const config = mounted(loaded)
  let mount: Mount | undefined
  const running = await startServer(config, ports, {
    openDoor: async (options) => (mount = openMount(options)),
  })
  const advise = ({ warnings }: LoadedConfig): void => {
    for (const { code, message } of warnings) {
      // In an object every secret is literal, wherever the program has it from.
      if (typeof latest !== 'string' && code === 'config-secret-literal') continue
      running.telemetry.log.warn({ code, detail: message }, 'configuration')
    }
  }
  let latest = source
  advise(loaded)
  const serves = (url = '/'): boolean => running.serves(url, admin)
  const handle = (
    request: IncomingMessage,
    response: ServerResponse,
    next?: (error?: unknown) => void,
  ): void => {
    if (!serves(request.url)) return next === undefined ? answerNothingServed(response) : next()
    if (request.readableDidRead) {
      if (next === undefined) throw consumed()
      return next(consumed())
    }
    mount?.handle(request, response)
  }
  return Object.assign(handle, {
    serves,
    ready: () => running.ready(),
    reload: async (other: Source = latest) => {
      const next = await load(other, env)
      await running.replace(mounted(next, config))
      latest = other
      advise(next)
    },
    close: (how?: { readonly force?: boolean }) => running.close(how),
  })
}
