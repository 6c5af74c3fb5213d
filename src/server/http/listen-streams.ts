// The long answers of subscriptions/listen: how many there may be, and when they end.
import type { Clock } from '../../base/clock.ts'
import { problemOf } from '../../problems/problem.ts'
import type { ClientFacts, Peer, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { notOffered } from '../../mcp/questions.ts'
import { openAnswerStream } from './answer-stream.ts'
import { answerOf } from '../dialogue/respond.ts'
import { runCall } from '../dialogue/run-call.ts'
import type { KnownHttpExchange } from './state.ts'

/** A timer takes no longer waits. */
const longestSleepMs = 2 ** 31 - 1

const whenExpired = async (clock: Clock, until: number, signal: AbortSignal): Promise<void> => {
  for (let left = until - clock.now(); left > 0; left = until - clock.now()) {
    await clock.sleep(Math.min(left, longestSleepMs), signal)
  }
}

const tooMany: Reply = {
  kind: 'refusal',
  problem: problemOf('limit-streams'),
}

export const serveListen = async (
  exchange: KnownHttpExchange,
  request: JsonRpcRequest,
  client: ClientFacts,
): Promise<void> => {
  const { state, principal, left, expiresAt, res, headers, requestId } = exchange
  const answer = (reply: Reply) => answerOf({ request, reply, era: client.era, requestId })
  // Whatever Accept says: nothing but a stream can answer this.
  const stream = openAnswerStream(res, { headers, streams: true, lossless: true })
  if (state.listens.enter(principal.key) !== undefined) {
    stream.finish(answer(tooMany))
    return
  }
  const peer: Peer = {
    notify: (notification) => stream.notify(notification),
    ask: ({ method }) => Promise.resolve(notOffered(method)),
  }
  const over = new AbortController()
  if (expiresAt !== undefined) {
    // The stream ends with the token that opened it: the caller listens again with the next one.
    whenExpired(state.ports.clock, expiresAt, over.signal).then(
      () => {
        left.abort()
        res.end()
      },
      () => undefined,
    )
  }
  const ticket = state.answers.add(stream)
  try {
    const listening = { client, abort: left, listens: true } as const
    stream.finish(answer(await runCall(exchange, request, listening, peer)))
  } finally {
    over.abort()
    state.answers.remove(ticket)
    state.listens.leave(principal.key)
  }
}
