// One HTTP round trip to a backend over the Dispatcher, told apart by how far it came.
import { reachWords } from '../../base/system-errors.ts'
import type { Dispatcher } from 'undici'
import { refusedAddressCode } from '../../net/address.ts'
import type { CancelSignal } from '../../base/cancellation.ts'
import { shortened } from '../../base/escape.ts'
import { Gathered } from '../../base/gathered.ts'
import type { BodySink } from './body-sink.ts'
import { decodingOf, type Decoding, type DecodingEvents } from './decoding.ts'
import { proxyTroubleCode } from '../../net/interceptors/forward-proxy-fault.ts'

export interface HttpTarget {
  readonly origin: string
  /** Changes once the server has redirected to the same path with, or without, a slash at its end. */
  path: string
}

export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly headers: Record<string, string> | string[]
  readonly body?: string
}

export interface ResponseHead {
  readonly status: number
  header(name: string): string | undefined
  /** Where the server sends us instead, for a person; undefined: it does not. */
  redirect(): string | undefined
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

/** As many as a browser of the last century followed; a loop is one that never ends. */
const mostRedirects = 5

/** Statuses that say: the same request, elsewhere (RFC 9110 section 15.4). Without a body others say so, too. */
const isRedirect = (status: number, method: HttpRequest['method']): boolean =>
  status === 307 ||
  status === 308 ||
  (method === 'GET' && (status === 301 || status === 302 || status === 303))

/** Where the request may go instead: another origin would get the credential and all that is said. */
const redirectIn = (location: string | undefined, from: HttpTarget): string | undefined => {
  const base = `${from.origin}${from.path}`
  if (location === undefined || !URL.canParse(location, base)) return undefined
  const { origin, pathname, search, username } = new URL(location, base)
  return origin === from.origin && username === '' ? `${pathname}${search}` : undefined
}

const withoutSlash = (path: string): string => path.replace(/\/(?=\?|$)/, '')

/** Where a server redirects to, for a person: what a query may have in it is nobody's business. */
const redirectTarget = (location: string | undefined, from: HttpTarget): string => {
  const base = `${from.origin}${from.path}`
  if (location === undefined || !URL.canParse(location, base)) return 'nowhere'
  const { origin, pathname } = new URL(location, base)
  return shortened(`${origin}${pathname}`, 200)
}

/** What is notified of a trip. Neither may throw: nobody is there to catch it. */
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
  private decoding: Decoding | undefined
  private redirects = 0
  private movedTo: string | undefined
  private readonly http: Dispatcher
  private readonly target: HttpTarget
  private readonly request: HttpRequest
  private readonly events: TripEvents

  constructor(http: Dispatcher, target: HttpTarget, request: HttpRequest, events: TripEvents) {
    this.http = http
    this.target = target
    this.request = request
    this.events = events
  }

  start(path: string): void {
    const { method, headers, body = null } = this.request
    const { origin } = this.target
    try {
      this.http.dispatch(
        { origin, path, method, headers, body, headersTimeout: 0, bodyTimeout: 0 },
        this,
      )
    } catch (error) {
      // A dispatcher may refuse the address before it tries.
      this.finish({ kind: 'broken', connected: false, sent: false, why: reasonOf(error) })
    }
  }

  redirect(): string | undefined {
    return this.status >= 300 && this.status < 400 && this.header('location') !== undefined
      ? redirectTarget(this.header('location'), this.target)
      : undefined
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
    this.decoding?.destroy()
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
    if (isRedirect(status, this.request.method) && this.redirects < mostRedirects) {
      this.movedTo = redirectIn(this.header('location'), this.target)
      if (this.movedTo !== undefined) return
    }
    this.sink = this.events.onHead(this)
    const coding = this.header('content-encoding')
    if (coding !== undefined) this.decoding = decodingOf(coding, this.sink, this.decodingEvents())
  }

  private decodingEvents(): DecodingEvents {
    return {
      onStopped: () => {
        this.finish(stopped)
        this.controller?.abort(stop)
      },
      onRoom: () => this.controller?.resume(),
      onEnd: () => this.finish(complete),
      onDamaged: () => {
        const why = 'the compressed body is damaged'
        this.finish({ kind: 'broken', connected: true, sent: true, why })
        this.controller?.abort(stop)
      },
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.decoding !== undefined) {
      if (!this.decoding.write(chunk)) controller.pause()
      return
    }
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
    const { movedTo, decoding } = this
    if (decoding !== undefined) decoding.end()
    else if (movedTo === undefined || this.isOver) this.finish(complete)
    else this.follow(movedTo)
  }

  private follow(path: string): void {
    this.movedTo = undefined
    this.redirects += 1
    if (withoutSlash(path) === withoutSlash(this.target.path)) this.target.path = path
    this.start(path)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const why = reasonOf(error)
    this.finish({ kind: 'broken', connected: this.isSent, sent: this.isSent, why })
  }
}

const complete: Ending = { kind: 'complete' }
const stopped: Ending = { kind: 'stopped' }

/** Sends one request, again where the server redirects it within its origin. Knows no deadline. */
export const startTrip = (
  http: Dispatcher,
  target: HttpTarget,
  request: HttpRequest,
  events: TripEvents,
): Trip => {
  const trip = new RoundTrip(http, target, request, events)
  trip.start(target.path)
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
