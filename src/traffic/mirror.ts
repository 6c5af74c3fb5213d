// Copies calls that only read to another backend, whose answers are dropped.
import { alarmsOf } from '../base/alarms.ts'
import { createCancel } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import { beginsAfresh, isList, type IsSafe } from '../layers/repeatable.ts'
import { outcomeOf, thrown } from '../layers/outcome.ts'
import { because } from '../trace/span.ts'
import type { Call, Handler } from '../mcp/call.ts'
import { nobody } from '../mcp/questions.ts'

export interface Mirror {
  readonly name: string
  readonly handle: Handler
  /** Of 100 calls. */
  readonly percent: number
  readonly isSafe: IsSafe
}

export interface MirrorParts {
  /** The name of the backend whose calls are copied. */
  readonly source: string
  readonly handle: Handler
  readonly mirrors: readonly Mirror[]
  readonly clock: Clock
  readonly random: () => number
  /** How a copy ended; `dropped`: too many were under way. */
  readonly onMirrored: (mirror: string, outcome: string) => void
}

/** Copies that are under way at one mirror; the next are dropped. */
const mostFlying = 100
/** A copy that takes longer is cancelled. */
const longestMs = 60_000

const createCopies = (
  mirror: Mirror,
  {
    source,
    clock,
    random,
    onMirrored,
  }: Pick<MirrorParts, 'source' | 'clock' | 'random' | 'onMirrored'>,
): ((call: Call) => void) => {
  let flying = 0
  const send = async (call: Call): Promise<void> => {
    const cancel = createCancel()
    const alarm = alarmsOf(clock).set(longestMs, () => cancel.abort())
    flying += 1
    try {
      const { head: _head, onReused: _recorded, ...rest } = call
      const { session: _session, ...caller } = call.caller
      const trace = because(call.trace, { 'mcp_proxy.mirror_of': source })
      const copy = {
        ...rest,
        caller,
        peer: nobody,
        signal: cancel.signal,
        deadline: undefined,
        trace,
      }
      onMirrored(mirror.name, outcomeOf(await mirror.handle(copy)).outcome)
    } catch {
      onMirrored(mirror.name, thrown.outcome)
    } finally {
      flying -= 1
      alarm.cancel()
    }
  }
  return (call) => {
    if (random() * 100 >= mirror.percent || !mirror.isSafe(call)) return
    if (flying >= mostFlying) onMirrored(mirror.name, 'dropped')
    else setImmediate(() => void send(call))
  }
}

/** Outside of everything else: the call goes its way first, and its copies after it. */
export const withMirrors = (parts: MirrorParts): Handler => {
  const { handle, mirrors } = parts
  const copies = mirrors
    .filter(({ percent }) => percent > 0)
    .map((mirror) => createCopies(mirror, parts))
  if (copies.length === 0) return handle
  return (call) => {
    const replied = handle(call)
    if (call.caller.operator !== true && !isList(call) && beginsAfresh(call.request)) {
      for (const copy of copies) copy(call)
    }
    return replied
  }
}
