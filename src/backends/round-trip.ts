// One HTTP round trip to a backend over the Dispatcher, told apart by how far it came.
import type { Dispatcher } from 'undici'
import type { CancelSignal } from '../base/cancellation.ts'

export interface HttpTarget {
  readonly origin: string
  readonly path: string
}

export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly headers: Record<string, string> | string[]
  readonly body?: string
}

export interface ResponseHead {
  readonly status: number
  header(name: string): string | undefined
}

/** Takes the body chunk by chunk. */
export interface BodySink {
  /** False ends it. */
  onChunk(chunk: Uint8Array): boolean
}

export type Ending =
  /** The whole response was read. */
  | { readonly kind: 'complete' }
  /** The sink had enough. */
  | { readonly kind: 'stopped' }
  /** `connected`: there was a connection at all. `sent`: the request went out on it. */
  | {
      readonly kind: 'broken'
      readonly connected: boolean
      readonly sent: boolean
      readonly why: string
    }

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server does not answer',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_SOCKET: 'the connection was closed',
}

/** The code alone: messages of errors may hold addresses and credentials. */
export const reasonOf = (error: unknown): string => {
  const { code, name } = error as NodeJS.ErrnoException
  return code === undefined ? name : (reasons[code] ?? code)
}

const stop = new Error('enough was read')

/** One object for all that undici and the caller's signal may tell: a request path makes many of these. */
class RoundTrip implements Dispatcher.DispatchHandler, ResponseHead {
  status = 0
  private sink: BodySink | undefined
  private isSent = false
  private isOver = false
  private headers: Readonly<Record<string, string | string[] | undefined>> = {}
  private controller: Dispatcher.DispatchController | undefined
  private readonly signal: CancelSignal
  private readonly onHead: (head: ResponseHead) => BodySink
  private readonly settle: Settle

  constructor(signal: CancelSignal, onHead: (head: ResponseHead) => BodySink, settle: Settle) {
    this.signal = signal
    this.onHead = onHead
    this.settle = settle
  }

  header(name: string): string | undefined {
    const value = this.headers[name]
    return typeof value === 'string' ? value : value?.[0]
  }

  readonly onAbort = (): void => {
    this.finish({
      kind: 'broken',
      connected: true,
      sent: this.isSent,
      why: 'the call was cancelled',
    })
    this.controller?.abort(stop)
  }

  finish(ending: Ending): void {
    if (this.isOver) return
    this.isOver = true
    this.signal.removeEventListener('abort', this.onAbort)
    this.settle.resolve(ending)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.signal.aborted) {
      controller.abort(stop)
      return
    }
    this.isSent = true
    this.controller = controller
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    try {
      this.sink = this.onHead(this)
    } catch (error) {
      this.settle.reject(error as Error)
      controller.abort(stop)
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.sink?.onChunk(chunk) !== false) return
    this.finish({ kind: 'stopped' })
    controller.abort(stop)
  }

  onResponseEnd(): void {
    this.finish({ kind: 'complete' })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const why = reasonOf(error)
    this.finish({ kind: 'broken', connected: this.isSent, sent: this.isSent, why })
  }
}

interface Settle {
  readonly resolve: (ending: Ending) => void
  readonly reject: (error: Error) => void
}

/**
 * Sends one request. Follows no redirect and knows no deadline but the signal's. Never rejects, except
 * with what `onHead` throws.
 */
export const roundTrip = (
  http: Dispatcher,
  target: HttpTarget,
  request: HttpRequest,
  signal: CancelSignal,
  onHead: (head: ResponseHead) => BodySink,
): Promise<Ending> =>
  new Promise((resolve, reject) => {
    const trip = new RoundTrip(signal, onHead, { resolve, reject })
    if (signal.aborted) {
      trip.onAbort()
      return
    }
    signal.addEventListener('abort', trip.onAbort, { once: true })
    try {
      http.dispatch(
        {
          origin: target.origin,
          path: target.path,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        trip,
      )
    } catch (error) {
      // A dispatcher may refuse the address before it tries.
      trip.finish({ kind: 'broken', connected: false, sent: false, why: reasonOf(error) })
    }
  })

/** Collects a body up to a limit; beyond it `bytes` is undefined. */
export const collector = (limit: number): BodySink & { bytes(): Uint8Array | undefined } => {
  const chunks: Uint8Array[] = []
  let length = 0
  return {
    onChunk: (chunk) => {
      length += chunk.length
      if (length <= limit) chunks.push(chunk)
      return length <= limit
    },
    bytes: () => {
      if (length > limit) return undefined
      const [only] = chunks
      return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
    },
  }
}
