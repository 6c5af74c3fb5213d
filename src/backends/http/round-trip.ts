// One HTTP round trip to a backend over the Dispatcher, told apart by how far it came.
import { reachWords } from '../../base/system-errors.ts'
import type { Dispatcher } from 'undici'
import { refusedAddressCode } from '../../net/address.ts'
import type { CancelSignal } from '../../base/cancellation.ts'
import { Gathered } from '../../base/gathered.ts'
import { proxyTroubleCode } from '../../net/interceptors/forward-proxy-fault.ts'

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
  /** Resolves when more may come; undefined when it may at once. */
  drained?(): Promise<void> | undefined
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

/** Their messages are ours and can be shown; those of others may hold addresses and credentials. */
const speaking: readonly string[] = [proxyTroubleCode, refusedAddressCode]

export const reasonOf = (error: unknown): string => {
  const { code, name, message } = error as NodeJS.ErrnoException
  if (code === undefined) return name
  return speaking.includes(code) ? message : (reachWords(code) ?? code)
}

const stop = new Error('enough was read')

/** What hears of a trip. Neither may throw: nobody is there to catch it. */
export interface TripEvents {
  onHead(head: ResponseHead): BodySink
  /** Comes exactly once, before `startTrip` returns where the request could not even begin. */
  onEnding(ending: Ending): void
}

export interface Trip {
  /** Gives it up: the ending has been told when this returns. */
  abort(): void
}

/** One object for all that undici may tell: a request path makes many of these. */
class RoundTrip implements Dispatcher.DispatchHandler, ResponseHead, Trip {
  status = 0
  private sink: BodySink | undefined
  private isSent = false
  private isOver = false
  private headers: Readonly<Record<string, string | string[] | undefined>> | undefined
  private controller: Dispatcher.DispatchController | undefined
  private readonly events: TripEvents

  constructor(events: TripEvents) {
    this.events = events
  }

  header(name: string): string | undefined {
    const value = this.headers?.[name]
    return typeof value === 'string' ? value : value?.[0]
  }

  abort(): void {
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
    this.events.onEnding(ending)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isOver) {
      controller.abort(stop)
      return
    }
    this.isSent = true
    this.controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    this.sink = this.events.onHead(this)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.sink?.onChunk(chunk) === false) {
      this.finish(stopped)
      controller.abort(stop)
      return
    }
    const drained = this.sink?.drained?.()
    if (drained === undefined) return
    controller.pause()
    void drained.then(() => controller.resume())
  }

  onResponseEnd(): void {
    this.finish(complete)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const why = reasonOf(error)
    this.finish({ kind: 'broken', connected: this.isSent, sent: this.isSent, why })
  }
}

const complete: Ending = { kind: 'complete' }
const stopped: Ending = { kind: 'stopped' }

/** Sends one request. Follows no redirect and knows no deadline. */
export const startTrip = (
  http: Dispatcher,
  target: HttpTarget,
  request: HttpRequest,
  events: TripEvents,
): Trip => {
  const trip = new RoundTrip(events)
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
  return trip
}

export const cancelledBefore: Ending = {
  kind: 'broken',
  connected: true,
  sent: false,
  why: 'the call was cancelled',
}

/** The same with a promise and a signal, for what is rare. Rejects only with what `onHead` throws. */
export const roundTrip = (
  http: Dispatcher,
  target: HttpTarget,
  request: HttpRequest,
  signal: CancelSignal,
  onHead: (head: ResponseHead) => BodySink,
): Promise<Ending> => {
  if (signal.aborted) return Promise.resolve(cancelledBefore)
  return new Promise((resolve, reject) => {
    let over = false
    const onAbort = () => trip.abort()
    const trip = startTrip(http, target, request, {
      onHead: (head) => {
        try {
          return onHead(head)
        } catch (error) {
          reject(error)
          return { onChunk: () => false }
        }
      },
      onEnding: (ending) => {
        over = true
        signal.removeEventListener('abort', onAbort)
        resolve(ending)
      },
    })
    if (!over) signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Collects a body up to a limit. */
export class Collector implements BodySink {
  private readonly gathered = new Gathered()
  private isWhole = true
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  onChunk(chunk: Uint8Array): boolean {
    if (this.gathered.length + chunk.length > this.limit) {
      this.isWhole = false
      this.gathered.clear()
    }
    if (this.isWhole) this.gathered.push(chunk)
    return this.isWhole
  }

  /** All that came. Undefined where there was more than the limit allows. */
  take(): Uint8Array | undefined {
    return this.isWhole ? this.gathered.take() : undefined
  }
}
