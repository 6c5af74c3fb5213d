// One session at a backend, and whom what the server says in it is for.
import type { Roster } from '../../base/roster.ts'
import type { Call, ClientFacts, Peer, Reply, SessionPeer } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { methodSpec } from '../../mcp/methods.ts'
import {
  isQuestion,
  lackedFor,
  notAssociated,
  notOffered,
  questionCapabilities,
  type Carried,
} from '../../mcp/questions.ts'
import type { Link, OpenedLink } from '../link/link.ts'

export interface Entry {
  readonly caller: string
  /** What the server may ask, as `initialize` said. */
  readonly declared: Carried
  readonly opening: Promise<OpenedLink>
  link: Link | undefined
  /** The calls that use it now. */
  readonly active: Roster<Call>
  /** Those who keep it open between calls. */
  holds: number
  /** Aborts when the server has forgotten the session, and is renewed with it. */
  lost: AbortController
  /** The clients that use it and can be spoken to between their calls. */
  readonly standing: Map<SessionPeer, ClientFacts>
  lastUsed: number
}

/** One side of a session that can be asked, and what it declared. */
interface Addressee {
  readonly peer: Peer
  readonly client: ClientFacts
}

/**
 * Whom a message without a mark is for. Several calls of one client are no doubt: it is asked once, in any of them. Where
 * no call is open, the one client that there is.
 */
const addressee = ({ active, standing }: Entry): Addressee | undefined => {
  let found: Call | undefined
  for (const call of active.values()) {
    // Who waits for a list is not where its questions go.
    if (methodSpec(call.request.method)?.routing === 'list') continue
    if (found !== undefined && found.caller.client !== call.caller.client) return undefined
    found ??= call
  }
  if (found !== undefined) return { peer: found.peer, client: found.caller.client }
  const [only] = standing
  return standing.size === 1 && only !== undefined ? { peer: only[0], client: only[1] } : undefined
}

/** The client behind a call that the channel names. */
const callerOf = ({ active }: Entry, peer: Peer): Addressee | undefined => {
  const found = active.values().find((call) => call.peer === peer)
  return found === undefined ? undefined : { peer, client: found.caller.client }
}

/** Those of whom something is open in the session. */
const clientsOf = ({ active, standing }: Entry): ReadonlySet<ClientFacts> =>
  new Set([...active.values().map(({ caller }) => caller.client), ...standing.values()])

/** What a question showed of the clients that share a session. */
export interface Findings {
  /** The server asks. */
  readonly asked: () => void
  /** The client would not be where it is, had that been known. */
  readonly misplaced: (client: ClientFacts) => void
}

export const answerFor = (
  entry: Entry,
  question: JsonRpcRequest,
  peer: Peer | undefined,
  { asked, misplaced }: Findings,
  ...rest: [AbortSignal, ((notification: JsonRpcNotification) => void)?]
): Promise<Reply> => {
  if (!isQuestion(question.method)) return Promise.resolve(notOffered(question.method))
  asked()
  const whom = peer === undefined ? addressee(entry) : callerOf(entry, peer)
  const { capabilities } = whom === undefined ? entry.declared : questionCapabilities(whom.client)
  if (lackedFor(capabilities, question) !== undefined) {
    if (whom !== undefined) misplaced(whom.client)
    return Promise.resolve(notOffered(question.method))
  }
  const to = peer ?? whom?.peer
  if (to !== undefined) return to.ask(question, ...rest)
  for (const client of clientsOf(entry)) misplaced(client)
  return Promise.resolve(notAssociated)
}

const forClients: readonly string[] = [
  'notifications/message',
  'notifications/elicitation/complete',
]

/** What belongs to no call: to the one it can be for, or to all who hold the session. */
export const notifyLoose = (entry: Entry, notification: JsonRpcNotification): void => {
  if (!forClients.includes(notification.method)) return
  const one = addressee(entry)
  if (one !== undefined) one.peer.notify(notification)
  else for (const client of entry.standing.keys()) client.notify(notification)
}
