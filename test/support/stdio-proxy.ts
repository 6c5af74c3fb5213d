// The proxy behind a pair of pipes in process, before scripted backends, and a client that can write what no library would.
import { PassThrough } from 'node:stream'
import { systemPorts } from '../../src/net/system-ports.ts'
import { createValidator } from '../../src/core/validator/create-validator.ts'
import { startStdio, type RunningStdio } from '../../src/server/stdio/serve-stdio.ts'
import { configOf, modernMeta, type TestProxyOptions } from './proxy.ts'
import type { ScriptedBackend } from './scripted-backend.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- messages are looked into member by member
type Line = any

export interface StdioProxy extends RunningStdio {
  readonly input: PassThrough
  readonly output: PassThrough
  /** Everything that was read so far. */
  readonly lines: readonly Line[]
  /** A string goes out as it is, anything else as JSON; the line end is added. */
  write(...messages: unknown[]): void
  /** Resolves with the first line, past or to come, that fits. */
  until(fits: (line: Line) => boolean): Promise<Line>
  /** The answer to a request of that id. */
  answer(id: unknown): Promise<Line>
  /** Opens the session of a legacy client. */
  initialize(capabilities?: object, version?: string): Promise<void>
  logged(): string
}

export const request = (id: unknown, method: string, params: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})

export const modernRequest = (
  id: unknown,
  method: string,
  params: object = {},
  meta: object = {},
) => request(id, method, { ...params, _meta: modernMeta(meta) })

export const startStdioProxy = async (
  backends: readonly ScriptedBackend[],
  { config, prefixes, ports = systemPorts() }: TestProxyOptions = {},
  { reads = true }: { readonly reads?: boolean } = {},
): Promise<StdioProxy> => {
  const byName = new Map(backends.map((backend) => [backend.name, backend]))
  const input = new PassThrough()
  const output = new PassThrough()
  let log = ''
  const running = await startStdio(
    configOf([...byName.keys()], config, prefixes),
    ports,
    { input, output },
    {
      logTo: { write: (line) => (log += line) },
      parts: { openBackend: ({ name }) => byName.get(name)!, createValidator },
    },
  )
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  let rest = ''
  const read = (chunk: Buffer) => {
    const texts = (rest + chunk.toString('utf8')).split('\n')
    rest = texts.pop() ?? ''
    for (const text of texts) lines.push(JSON.parse(text))
    for (const look of waiting) look()
  }
  if (reads) output.on('data', read)
  const until: StdioProxy['until'] = (fits) =>
    new Promise((resolve) => {
      const look = () => {
        const found = lines.find(fits)
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  const write: StdioProxy['write'] = (...messages) => {
    for (const message of messages) {
      input.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`)
    }
  }
  return {
    ...running,
    input,
    output,
    lines,
    write,
    until,
    answer: (id) => until((line) => line.id === id && line.method === undefined),
    initialize: async (capabilities = {}, version = '2025-11-25') => {
      const clientInfo = { name: 'test', version: '1' }
      write(request('init', 'initialize', { protocolVersion: version, capabilities, clientInfo }), {
        jsonrpc: '2.0',
        method: 'notifications/initialized',
      })
      await until((line) => line.id === 'init')
    },
    logged: () => log,
  }
}
