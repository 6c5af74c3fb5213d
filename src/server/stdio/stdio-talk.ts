// The conversation of a client on a pair of pipes: from its initialize to the next one, or to the end of the pipes.
import { writeJson } from '../../base/exact-json.ts'
import { abortSignalOf, type CancelSignal } from '../../base/cancellation.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { ClientFacts, Peer, SessionPeer } from '../../mcp/call.ts'
import { notAnswered } from '../../mcp/questions.ts'
import { wants, type Conversation } from '../dialogue/conversation.ts'
import { createQuestions } from '../dialogue/questions.ts'
import type { LineChannel } from './line-channel.ts'

export interface StdioSession extends Conversation {
  /** Nothing comes to a client before the answer to its initialize. */
  isOpen: boolean
  close(): void
}

export const openStdioSession = (
  client: ClientFacts,
  calls: Conversation['calls'],
  channel: LineChannel,
): StdioSession => {
  const ended = sharedAbort()
  const standing: SessionPeer = {
    notify: (notification) => {
      if (wants(own.logLevel, notification)) channel.tell(notification)
    },
    ask: (question, signal, onProgress) => {
      if (ended.signal.aborted) return Promise.resolve(notAnswered)
      own.questions ??= createQuestions()
      return own.questions.ask({
        question,
        capabilities: client.capabilities,
        deliver: (message) => channel.send(Buffer.from(writeJson(message))),
        signal,
        onProgress,
      })
    },
    get logLevel() {
      return own.logLevel
    },
    ended: ended.signal,
  }
  const own: StdioSession = {
    client,
    calls,
    logLevel: undefined,
    standing,
    questions: undefined,
    isOpen: false,
    close: () => {
      ended.abort()
      own.questions?.endAll()
    },
  }
  return own
}

/** The client in one call: a question of a call that is answered has lost its point. */
export const peerOf = ({ standing }: StdioSession, over: CancelSignal): Peer => ({
  notify: (notification) => standing.notify(notification),
  ask: (question, signal, onProgress) =>
    standing.ask(
      question,
      AbortSignal.any([abortSignalOf(signal), abortSignalOf(over)]),
      onProgress,
    ),
})
