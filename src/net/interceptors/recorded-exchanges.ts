// Keeps every request of a run with its answer, bounded, as it went over the wire.
import { decorated } from './decorated.ts'
import type { Dispatcher } from 'undici'
import type { Ports } from '../../base/ports.ts'

export interface RecordedExchange {
  readonly startedAt: number
  readonly method: string
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly requestBody: string | undefined
  /** Undefined while or when no answer came. */
  status: number | undefined
  responseHeaders: Readonly<Record<string, string>>
  /** At most `keptBytes` of the body; `bytes` counts all that came. */
  readonly chunks: Buffer[]
  bytes: number
  ms: number | undefined
  /** The system's or the library's word for what went wrong. */
  error: string | undefined
}

export interface ExchangeRecording {
  readonly ports: Ports
  readonly exchanges: readonly RecordedExchange[]
}

export const keptBytes = 262_144

const codeOf = (error: Error): string => {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.name
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>

const flat = (headers: RawHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )

const started = (options: Dispatcher.DispatchOptions, startedAt: number): RecordedExchange => ({
  startedAt,
  method: options.method,
  url: `${String(options.origin ?? '')}${options.path}`,
  requestHeaders: flat((options.headers ?? {}) as RawHeaders),
  requestBody: typeof options.body === 'string' ? options.body : undefined,
  status: undefined,
  responseHeaders: {},
  chunks: [],
  bytes: 0,
  ms: undefined,
  error: undefined,
})

const keep = (exchange: RecordedExchange, chunk: Buffer): void => {
  const room = keptBytes - exchange.bytes
  if (room > 0) exchange.chunks.push(Buffer.from(chunk.subarray(0, room)))
  exchange.bytes += chunk.length
}

/** Redirects are requests of their own. What is kept holds secrets until it is redacted. */
export const recordedExchanges = (ports: Ports): ExchangeRecording => {
  const exchanges: RecordedExchange[] = []
  let dispatcher: Promise<Dispatcher> | undefined
  const open = async (): Promise<Dispatcher> =>
    (await ports.http()).compose((dispatch) => (options, handler) => {
      const exchange = started(options, ports.clock.now())
      exchanges.push(exchange)
      const ended = (error?: Error): void => {
        exchange.ms = ports.clock.now() - exchange.startedAt
        if (error !== undefined) exchange.error = codeOf(error)
      }
      const seen = decorated(handler, {
        onResponseStart: (_, status, headers) => {
          exchange.status = status
          exchange.responseHeaders = flat(headers)
        },
        onResponseData: (_, chunk) => keep(exchange, chunk),
        onResponseEnd: () => ended(),
        onResponseError: (_, error) => ended(error),
      })
      try {
        return dispatch(options, seen)
      } catch (error) {
        ended(error as Error)
        throw error
      }
    })
  return { ports: { ...ports, http: () => (dispatcher ??= open()) }, exchanges }
}
