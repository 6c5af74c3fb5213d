// What is said to an HTTP+SSE server: each text is a POST of its own, with the credential of whose it is.
import type { Dispatcher } from 'undici'
import { createCancel } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import type { Caller, Reply } from '../../mcp/call.ts'
import type { Credential } from '../credential.ts'
import { notSent, outcomeUnknown, sent, unavailable } from '../failure.ts'
import { postHeaders, type HttpConfig } from './http-headers.ts'
import { ignoreBody, withAccess, withinTime, type HttpLink } from './http-link.ts'
import { replyReader } from './http-reply.ts'
import { roundTrip, type HttpTarget } from './round-trip.ts'

/** One event stream, and the way to the server that it comes from. */
export interface Side {
  readonly config: HttpConfig
  readonly http: Dispatcher
  readonly ports: Ports
  /** How long the server may take to say where it listens. */
  readonly limitMs: number
  /** What is being said. */
  readonly open: HttpLink['open']
  /** For whom alone the stream is, as the last request showed it. */
  owner: Caller | undefined
  /** What goes with the question for the stream. */
  readonly credential: Credential
  /** What was shown last: a server may repeat it. */
  readonly secrets: Set<string>
}

const never = createCancel().signal

/** A text that is said. Resolves to what the server answered in place of taking it. */
export const post = (
  side: Side,
  to: HttpTarget,
  text: string,
  limitMs: number,
  caller = side.owner,
): Promise<Reply | undefined> => {
  const { name, access } = side.config
  return access.fixed === undefined
    ? withAccess({ name, access }, caller, never, (shown) =>
        postWith(shown, side, to, text, limitMs),
      )
    : postWith(access.fixed, side, to, text, limitMs)
}

const mostSecrets = 32

const note = (secrets: Set<string>, shown: Credential): void => {
  for (const secret of shown.secrets) {
    secrets.delete(secret)
    secrets.add(secret)
  }
  for (const oldest of secrets) {
    if (secrets.size <= mostSecrets) return
    secrets.delete(oldest)
  }
}

const postWith = async (
  credential: Credential,
  { config: { name, maxBytes }, http, ports, open, secrets }: Side,
  to: HttpTarget,
  text: string,
  limitMs: number,
): Promise<Reply | undefined> => {
  note(secrets, credential)
  let refused: Reply | undefined
  let accepted = false
  const sink = {
    name,
    id: 0,
    maxBytes,
    credential,
    get replied() {
      return refused !== undefined
    },
    onReply: (reply: Reply) => {
      refused ??= reply
    },
    onNotification: () => undefined,
    onQuestion: () => undefined,
    onEventId: () => undefined,
    now: () => ports.clock.now(),
    room: () => undefined,
  }
  const headers = postHeaders(credential, undefined, undefined)
  const ending = await withinTime({ open, ports }, limitMs, async (signal) => {
    let reader: ReturnType<typeof replyReader> | undefined
    const how = await roundTrip(
      http,
      to,
      { method: 'POST', headers, body: text },
      signal,
      (head) => {
        accepted = head.status >= 200 && head.status < 300
        if (accepted) return ignoreBody
        reader = replyReader(head, sink)
        return reader
      },
    )
    if (how.kind !== 'broken') reader?.end()
    // The answer may still come on the stream, and if that is over the call ends with it.
    return signal.aborted ? undefined : how
  })
  if (refused !== undefined || accepted || ending?.kind !== 'broken') return refused
  return ending.sent
    ? sent(outcomeUnknown(name, ending.why))
    : notSent(unavailable(name, ending.why))
}
