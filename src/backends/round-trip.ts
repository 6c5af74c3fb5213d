// One HTTP round trip to a backend over the Dispatcher, told apart by how far it came.
import type { Dispatcher } from 'undici'

export interface HttpTarget {
  readonly origin: string
  readonly path: string
}

export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
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
const reasonOf = (error: unknown): string => {
  const { code, name } = error as NodeJS.ErrnoException
  return code === undefined ? name : (reasons[code] ?? code)
}

const headOf = (status: number, headers: Record<string, string | string[] | undefined>) => ({
  status,
  header: (name: string) => {
    const value = headers[name]
    return typeof value === 'string' ? value : value?.[0]
  },
})

const stop = new Error('enough was read')

/**
 * Sends one request. Follows no redirect and knows no deadline but the signal's. Never rejects, except
 * with what `onHead` throws.
 */
export const roundTrip = (
  http: Dispatcher,
  target: HttpTarget,
  request: HttpRequest,
  signal: AbortSignal,
  onHead: (head: ResponseHead) => BodySink,
): Promise<Ending> =>
  new Promise((resolve, reject) => {
    let abort: ((reason: Error) => void) | undefined
    let sink: BodySink | undefined
    let isSent = false
    const finish = (ending: Ending) => {
      signal.removeEventListener('abort', onAbort)
      resolve(ending)
    }
    const onAbort = () => {
      finish({ kind: 'broken', connected: true, sent: isSent, why: 'the call was cancelled' })
      abort?.(stop)
    }
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        if (signal.aborted) {
          controller.abort(stop)
          return
        }
        isSent = true
        abort = (reason) => controller.abort(reason)
      },
      onResponseStart: (_controller, status, headers) => {
        if (status < 200) return
        try {
          sink = onHead(headOf(status, headers))
        } catch (error) {
          reject(error)
          abort?.(stop)
        }
      },
      onResponseData: (controller, chunk) => {
        if (sink?.onChunk(chunk) !== false) return
        finish({ kind: 'stopped' })
        controller.abort(stop)
      },
      onResponseEnd: () => finish({ kind: 'complete' }),
      onResponseError: (_controller, error) => {
        finish({ kind: 'broken', connected: isSent, sent: isSent, why: reasonOf(error) })
      },
    }
    try {
      http.dispatch({ ...target, ...request, headersTimeout: 0, bodyTimeout: 0 }, handler)
    } catch (error) {
      // A dispatcher may refuse the address before it tries.
      finish({ kind: 'broken', connected: false, sent: false, why: reasonOf(error) })
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
