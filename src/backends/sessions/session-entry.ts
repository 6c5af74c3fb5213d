// One session at a backend, and whom what the server says in it is for.
import type { Roster } from '../../base/roster.ts'
import type { Call, ClientFacts, Peer, Reply, Standing } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { methodSpec } from '../../mcp/methods.ts'
import {
  isQuestion,
  lackedFor,
  notAssociated,
  notOffered,
  questionCapabilities,
} from '../../mcp/questions.ts'
import type { Link, OpenedLink } from '../link/link.ts'

export interface Entry {
  readonly caller: string
  readonly key: string
  readonly client: ClientFacts
  readonly opening: Promise<OpenedLink>
  link: Link | undefined
  /** The calls that use it now. */
  readonly active: Roster<Call>
  /** Those who keep it open between calls. */
  holds: number
  /** Aborts when the server has forgotten the session, and is renewed with it. */
  lost: AbortController
  /** The clients that use it and can be spoken to between their calls. */
  readonly standing: Set<Standing>
  lastUsed: number
}

/**
 * Whom a message without a mark is for. Several calls of one client are no doubt: it is asked once, in any of them. Where
 * no call is open, the one client that there is.
 */
const addressee = ({ active, standing }: Entry): Peer | undefined => {
  let found: Call | undefined
  for (const call of active.values()) {
    // Who waits for a list is not where its questions go.
    if (methodSpec(call.request.method)?.routing === 'list') continue
    if (found !== undefined && found.caller.client !== call.caller.client) return undefined
    found ??= call
  }
  if (found !== undefined) return found.peer
  const [only] = standing
  return standing.size === 1 ? only : undefined
}

export const answerFor = (
  entry: Entry,
  question: JsonRpcRequest,
  peer: Peer | undefined,
  ...rest: [AbortSignal, ((notification: JsonRpcNotification) => void)?]
): Promise<Reply> => {
  const { capabilities } = questionCapabilities(entry.client)
  if (!isQuestion(question.method) || lackedFor(capabilities, question) !== undefined) {
    return Promise.resolve(notOffered(question.method))
  }
  const asked = peer ?? addressee(entry)
  return asked === undefined ? Promise.resolve(notAssociated) : asked.ask(question, ...rest)
}

const forClients: readonly string[] = [
  'notifications/message',
  'notifications/elicitation/complete',
]

/** What belongs to no call: to the one it can be for, or to all who hold the session. */
export const notifyLoose = (entry: Entry, notification: JsonRpcNotification): void => {
  if (!forClients.includes(notification.method)) return
  const one = addressee(entry)
  if (one !== undefined) one.notify(notification)
  else for (const client of entry.standing) client.notify(notification)
}
