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
interface Member {
  readonly call: Call
  readonly leave: () => void
}

/** The call that is under way for all of them. It ends early only when all have left. */
class Flight {
  readonly members = new Set<Member>()
  private readonly cancel: Cancel = createCancel()
  private readonly replied: Promise<Reply>
  private readonly onEmpty: () => void

  constructor(call: Call, next: Handler, onEnd: () => void) {
    this.onEmpty = onEnd
    const { signal } = this.cancel
    this.replied = next({ ...call, peer: this.peer(), signal, head: undefined })
    this.replied.then(onEnd, onEnd)
  }

  join(call: Call, backend: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const end = (): boolean => {
        call.signal.removeEventListener('abort', member.leave)
        return this.members.delete(member)
      }
      const member: Member = {
        call,
        leave: () => {
          if (!end()) return
          const why = unavailable(backend, 'the call was cancelled', 'cancelled')
          resolve(notSent(why))
          if (this.members.size > 0) return
          // None may join what is being cancelled.
          this.onEmpty()
          this.cancel.abort('All callers have left')
        },
      }
      this.members.add(member)
      call.signal.addEventListener('abort', member.leave, { once: true })
      this.replied.then(
        (reply) => {
          if (end()) resolve(reply)
        },
        (error: unknown) => {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what was thrown is passed on
          if (end()) reject(error)
        },
      )
    })
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
  const flights = new Map<string, Flight>()
  const mayJoin = (call: Call): boolean =>
    !isList(call) &&
    methodSpec(call.request.method) !== undefined &&
    beginsAfresh(call.request) &&
    !wantsProgress(call) &&
    isReadOnly(call)
  return (next) => (call) => {
    if (call.signal.aborted || !mayJoin(call)) return next(call)
    const { id, owner } = questionOf(call, false)
    const key = `${owner}\n${id}`
    const known = flights.get(key)
    if (known !== undefined) {
      coalesced.add()
      return known.join(call, name)
    }
    const flight: Flight = new Flight(call, next, () => {
      if (flights.get(key) === flight) flights.delete(key)
    })
    flights.set(key, flight)
    return flight.join(call, name)
  }
}

/** Its key is one for all backends: performance.coalesce_requests. */
export const coalesce = { create }
