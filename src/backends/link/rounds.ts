// Takes a session-era client through the rounds of a modern backend: each thing that is asked becomes a question to it.
import { errorCodes } from '../../base/error-codes.ts'
import type { Clock } from '../../base/clock.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import { inputRequiredIn, type InputRequest, type InputRequired } from '../../mcp/input-required.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { lazyFromValue, valueIfObject } from '../../mcp/lazy-object.ts'
import { maxRounds, tooManyRounds } from '../../mcp/questions.ts'
import { outcomeUnknown, outsideProtocol, sent } from '../failure.ts'

export interface RoundOptions {
  readonly backend: string
  readonly clock: Clock
  /** Of a question, and of an address to visit: no two of one backend are the same. */
  nextId(): number
  /** A question in the words of those who will read it. */
  expose(question: JsonRpcRequest): JsonRpcRequest
  /** Sends the request again with the members added to its parameters. */
  again(added: JsonObject): Promise<Reply>
}

/** A state without questions asks to be sent back: not as fast as it can. */
const paceMs = 250

/** In the session era a client tells when it has been to an address by an id. */
const inSessionWords = ({ method, params }: InputRequest, id: number): InputRequest =>
  method === 'elicitation/create' &&
  params?.['mode'] === 'url' &&
  params['elicitationId'] === undefined
    ? { method, params: { ...params, elicitationId: `elicitation-${id}` } }
    : { method, ...(params === undefined ? {} : { params }) }

/** In no state to go on: a tool says so in its result, which a model can read. */
const failed = ({ request }: Call, message: string): Reply =>
  request.method === 'tools/call'
    ? {
        kind: 'result',
        result: lazyFromValue({ content: [{ type: 'text', text: message }], isError: true }),
      }
    : { kind: 'error', error: { code: errorCodes.internalError, message }, isOurs: true }

type Answered = { readonly answer: JsonObject } | { readonly why: string }

const askOne = async (
  call: Call,
  wanted: InputRequest,
  options: RoundOptions,
): Promise<Answered> => {
  const id = options.nextId()
  const question = options.expose({ jsonrpc: '2.0', id, ...inSessionWords(wanted, id) })
  const reply = await call.peer.ask(question, call.signal)
  if (reply.kind === 'result') {
    const answer = valueIfObject(reply.result)
    return answer === undefined ? { why: `the answer to ${wanted.method} is not JSON` } : { answer }
  }
  // A form that could not be shown was not filled in; without a sample or roots there is no going on.
  if (wanted.method === 'elicitation/create') return { answer: { action: 'cancel' } }
  const why = reply.kind === 'error' ? reply.error.message : reply.problem.detail
  return { why: `${wanted.method} was not answered: ${why}` }
}

const askAll = async (
  call: Call,
  { inputRequests }: InputRequired,
  options: RoundOptions,
): Promise<JsonObject | string> => {
  const answered = await Promise.all(
    [...inputRequests].map(async ([key, wanted]) => ({
      key,
      ...(await askOne(call, wanted, options)),
    })),
  )
  const answers: [string, JsonObject][] = []
  for (const one of answered) {
    if ('why' in one) return one.why
    answers.push([one.key, one.answer])
  }
  return Object.fromEntries(answers)
}

/** Resolves with the first reply that is an answer. */
export const throughRounds = async (
  call: Call,
  first: Reply,
  options: RoundOptions,
): Promise<Reply> => {
  let reply = first
  for (let round = 0; round < maxRounds; round += 1) {
    const asked = inputRequiredIn(reply)
    if (asked === undefined) return reply
    if (asked.fault !== undefined) return sent(outsideProtocol(options.backend, asked.fault))
    if (asked.inputRequests.size === 0) {
      await options.clock.sleep(paceMs, call.signal).catch(() => undefined)
    }
    const answers = await askAll(call, asked, options)
    if (typeof answers === 'string') return failed(call, answers)
    if (call.signal.aborted) return sent(outcomeUnknown(options.backend, 'the call was cancelled'))
    const next = await options.again({
      ...(asked.inputRequests.size === 0 ? {} : { inputResponses: answers }),
      ...(asked.requestState === undefined ? {} : { requestState: asked.requestState }),
    })
    // An earlier round was carried out, whatever became of this one.
    reply = next.kind === 'failure' ? sent(next.problem) : next
  }
  return inputRequiredIn(reply) === undefined ? reply : tooManyRounds(maxRounds)
}
