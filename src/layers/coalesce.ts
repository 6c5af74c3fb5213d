// One call to the backend for identical ones of one caller that are under way at the same time.
import type { Ports } from '../base/ports.ts'
import { createCancel, type Cancel } from '../base/cancellation.ts'
import { questionOf } from '../cache/question.ts'
import type { Call, Handler, Layer, Peer, Reply } from '../mcp/call.ts'
import { methodSpec } from '../mcp/methods.ts'
import { notOffered } from '../mcp/questions.ts'
import { notSent, unavailable } from '../backends/failure.ts'
import { metaOf } from '../mcp/revision.ts'
import type { BackendContext } from './define.ts'
import { beginsAfresh, isList, readOnlyCalls } from './repeatable.ts'

/** One caller's request that waits for the answer. */
class Member {
  readonly call: Call
  readonly replied: Promise<Reply>
  private readonly flight: Flight
  private resolve: (reply: Reply) => void = () => undefined
  private reject: (error: unknown) => void = () => undefined

  constructor(call: Call, flight: Flight) {
    this.call = call
    this.flight = flight
    this.replied = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    call.signal.addEventListener('abort', this.leave, { once: true })
  }

  readonly leave = (): void => this.flight.onLeft(this)

  end(reply: Reply): void {
    this.call.signal.removeEventListener('abort', this.leave)
    this.resolve(reply)
  }

  fail(error: unknown): void {
    this.call.signal.removeEventListener('abort', this.leave)
    this.reject(error)
  }
}

/** The call that is under way for all of them. It ends early only when all have left. */
class Flight {
  private members: Member[] = []
  private readonly backend: string
  private readonly cancel: Cancel = createCancel()
  private readonly onOver: (flight: Flight) => void

  constructor(backend: string, onOver: (flight: Flight) => void) {
    this.backend = backend
    this.onOver = onOver
  }

  start(call: Call, next: Handler): Promise<Reply> {
    const replied = this.join(call)
    next({ ...call, peer: this.peer(), signal: this.cancel.signal, head: undefined }).then(
      (reply) => {
        for (const member of this.land()) member.end(reply)
      },
      (error: unknown) => {
        for (const member of this.land()) member.fail(error)
      },
    )
    return replied
  }

  join(call: Call): Promise<Reply> {
    const member = new Member(call, this)
    this.members.push(member)
    return member.replied
  }

  onLeft(member: Member): void {
    this.members = this.members.filter((one) => one !== member)
    member.end(notSent(unavailable(this.backend, 'the call was cancelled', 'cancelled')))
    if (this.members.length > 0) return
    // None may join what is being cancelled.
    this.onOver(this)
    this.cancel.abort('All callers have left')
  }

  private land(): readonly Member[] {
    const { members } = this
    this.members = []
    this.onOver(this)
    return members
  }

  /** Log messages go to all of them; a question to the one that has waited the longest, since all are one caller. */
  private peer(): Peer {
    return {
      notify: (notification) => {
        for (const { call } of this.members) call.peer.notify(notification)
      },
      ask: (question, ...rest) => {
        const [first] = this.members
        return first === undefined
          ? Promise.resolve(notOffered(question.method))
          : first.call.peer.ask(question, ...rest)
      },
    }
  }
}

/** Progress is about one request, whose token the others do not know. */
const wantsProgress = ({ request: { params } }: Call): boolean =>
  metaOf(params)?.['progressToken'] !== undefined

/** Inside the cache, outside of everything that counts calls at the backend. */
const create = (
  _config: unknown,
  { meter }: Pick<Ports, 'meter'>,
  context: BackendContext,
): Layer | undefined => {
  if (context.coalesces !== true) return undefined
  const { name } = context.backend
  const isReadOnly = readOnlyCalls([], context)
  const coalesced = meter.counter('mcp_proxy_coalesced_total').at({ backend: name })
  const parts = { copied: context.copiedHeaders }
  const flights = new Map<string, Flight>()
  const mayJoin = (call: Call): boolean =>
    !isList(call) &&
    methodSpec(call.request.method) !== undefined &&
    beginsAfresh(call.request) &&
    !wantsProgress(call) &&
    isReadOnly(call)
  return (next) => (call) => {
    if (call.signal.aborted || !mayJoin(call)) return next(call)
    const { id, owner } = questionOf(call, parts)
    const key = `${owner}\n${id}`
    const known = flights.get(key)
    if (known !== undefined) {
      coalesced.add()
      call.onReused?.('shared')
      return known.join(call)
    }
    const flight = new Flight(name, (over) => {
      if (flights.get(key) === over) flights.delete(key)
    })
    flights.set(key, flight)
    return flight.start(call, next)
  }
}

/** Its key is one for all backends: performance.coalesce_requests. */
export const coalesce = { create }
