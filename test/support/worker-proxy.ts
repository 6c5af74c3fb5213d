// The whole proxy in process before workers, and a stateless client of it.
import type { Ports } from '../../src/base/ports.ts'
import type { LogSink } from '../../src/server/telemetry/telemetry.ts'
import { makeTempFolder } from './command-line.ts'
import { modernMeta, modernVersion, sendTo, type Received } from './proxy.ts'
import { startRealProxy, type RealProxy, type RealProxyOptions } from './real-proxy.ts'
import { readLedger, startWorker, type Worker } from './workers.ts'

export interface CallError {
  readonly code: number
  readonly message: string
  readonly data: { readonly code: string; readonly case?: string; readonly retryAfter?: number }
}

export interface Answered {
  readonly text: string | undefined
  readonly error: CallError | undefined
  readonly headers: Received['headers']
}

interface CallOptions {
  readonly signal?: AbortSignal
  readonly progressToken?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Message {
  readonly result?: {
    readonly content?: readonly { readonly text: string }[]
    readonly contents?: readonly { readonly text: string }[]
  }
  readonly error?: CallError
}

let lastId = 0

const ask = async (
  origin: string,
  method: string,
  name: string,
  params: object,
  { signal, progressToken, token, headers }: CallOptions,
): Promise<Answered> => {
  const answer = await sendTo(origin, {
    ...(signal === undefined ? {} : { signal }),
    ...(token === undefined ? {} : { token }),
    headers: {
      'mcp-protocol-version': modernVersion,
      'mcp-method': method,
      'mcp-name': name,
      ...headers,
    },
    body: {
      jsonrpc: '2.0',
      id: (lastId += 1),
      method,
      params: {
        _meta: modernMeta(progressToken === undefined ? {} : { progressToken }),
        ...params,
      },
    },
  })
  const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true
  const { result, error } = (isStream ? answer.events().at(-1) : answer.json()) as Message
  return {
    text: (result?.content ?? result?.contents)?.[0]?.text,
    error,
    headers: answer.headers,
  }
}

export interface WorkerClient {
  /** Calls a tool of the backend `worker`. */
  readonly call: (tool: string, args: object, options?: CallOptions) => Promise<Answered>
  /** Reads `note:///<key>` there. */
  readonly read: (key: string, options?: CallOptions) => Promise<Answered>
}

export const workerClient = (origin: string): WorkerClient => ({
  call: (tool, args, options = {}) => {
    const name = `worker__${tool}`
    return ask(origin, 'tools/call', name, { name, arguments: args }, options)
  },
  read: (key, options = {}) => {
    const uri = `worker+note:///${key}`
    return ask(origin, 'resources/read', uri, { uri }, options)
  },
})

export interface WorkerLab extends WorkerClient {
  readonly proxy: RealProxy
  readonly workers: readonly Worker[]
  /** JSON of an admin path. */
  readonly get: (path: string) => Promise<any> // oxlint-disable-line typescript/no-explicit-any -- read member by member
  /** What was carried out, without the calls by which it was found out what there is. */
  readonly ledger: () => Promise<readonly string[]>
  /** The samples of a metric. */
  readonly metric: (name: string) => Promise<readonly string[]>
}

export interface LabOptions extends Pick<RealProxyOptions, 'logTo'> {
  readonly config?: object
  readonly ports?: Partial<Ports>
  /** How many workers: `a`, `b`, `c`. */
  readonly count?: number
  readonly wait?: false
  readonly logTo?: LogSink
}

/** The key of calls that are in no ledger. */
export const probeKey = 'probe'

/** `backendsOf`: the backends of the configuration. What is opened is closed by the functions that come into `closing`. */
export const startWorkerLab = async (
  closing: (() => Promise<unknown>)[],
  backendsOf: (workers: readonly Worker[]) => readonly object[],
  { count = 1, ...options }: LabOptions = {},
): Promise<WorkerLab> => {
  const folder = await makeTempFolder()
  closing.push(() => folder.remove())
  const file = await folder.write('ledger', '')
  const workers = await Promise.all(
    Array.from({ length: count }, (_, n) => startWorker(String.fromCharCode(97 + n), file)),
  )
  closing.push(() => Promise.all(workers.map((worker) => worker.kill())))
  const proxy = await startRealProxy(backendsOf(workers), options)
  closing.push(() => proxy.close({ force: true }))
  const { origin } = new URL(proxy.url)
  return {
    proxy,
    workers,
    ...workerClient(origin),
    get: async (path) => (await fetch(`${origin}${path}`)).json(),
    ledger: async () => (await readLedger(file)).filter((line) => !line.endsWith(` ${probeKey}`)),
    metric: async (name) => {
      const text = await (await fetch(`${origin}/admin/metrics`)).text()
      return text.split('\n').filter((line) => line.startsWith(name))
    },
  }
}

/** A worker as a backend. */
export const backendOf = (worker: Worker, name: string, keys: object = {}): object => ({
  name,
  transport: 'http',
  protocol: 'modern',
  url: worker.url,
  ...keys,
})
