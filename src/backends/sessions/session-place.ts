// In which session a caller belongs: in one of exactly its capabilities, or, where sessions are processes and the server
// has asked nothing so far, in one that was opened with more.
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Caller, ClientFacts } from '../../mcp/call.ts'
import { questionCapabilities, type Carried } from '../../mcp/questions.ts'

/** Whether a session that was opened with `declared` offers all that `wanted` has. */
const covers = (declared: JsonObject, wanted: JsonObject): boolean =>
  Object.entries(wanted).every(([name, value]) => {
    const own = Object.hasOwn(declared, name) ? declared[name] : undefined
    return isJsonObject(value) ? isJsonObject(own) && covers(own, value) : own === value
  })

/** By what clients show, such as views, servers differ in what they answer: that has to be the same. */
const fits = ({ extensions: shown, ...asked }: JsonObject, wanted: JsonObject): boolean => {
  const { extensions, ...questions } = wanted
  return JSON.stringify(shown) === JSON.stringify(extensions) && covers(asked, questions)
}

/** Every question that there is, and what the client shows. */
const widest = ({ extensions }: JsonObject): Carried => {
  const capabilities = {
    elicitation: { form: {}, url: {} },
    roots: { listChanged: true },
    sampling: { context: {}, tools: {} },
    ...(extensions === undefined ? {} : { extensions }),
  }
  return { capabilities, key: JSON.stringify(capabilities) }
}

export interface Places {
  /** `open`: what the sessions that the caller has were opened with. */
  of(caller: Caller, open: readonly Carried[]): Carried
  /** Where the client is, without a new decision. */
  known(client: ClientFacts): Carried | undefined
  settle(client: ClientFacts, place: Carried): void
  /** The server asks: what clients declare makes a difference. */
  readonly asked: () => void
  /** The next call of the client is placed again. */
  readonly leave: (client: ClientFacts) => void
}

/** `isCostly`: a session is a process, so that callers with different capabilities share one where that is no loss. */
export const createPlaces = (isCostly: boolean): Places => {
  // What a server keeps of a client is in its session: a client that has one stays there.
  const homes = new WeakMap<ClientFacts, Carried>()
  let asks = false
  const decide = (own: Carried, open: readonly Carried[]): Carried => {
    if (asks) return own
    const shared = open.find(({ capabilities }) => fits(capabilities, own.capabilities))
    if (shared !== undefined) return shared
    // A third set would be the next process, and a fourth.
    const isFurther = open.some(({ key }) => key !== '')
    return isFurther && own.key !== '' ? widest(own.capabilities) : own
  }
  return {
    of: ({ client }, open) => {
      const own = questionCapabilities(client)
      if (!isCostly) return own
      const home = homes.get(client) ?? open.find(({ key }) => key === own.key) ?? decide(own, open)
      homes.set(client, home)
      return home
    },
    known: (client) => (isCostly ? homes.get(client) : questionCapabilities(client)),
    settle: (client, place) => {
      homes.set(client, place)
    },
    asked: () => {
      asks = true
    },
    leave: (client) => {
      homes.delete(client)
    },
  }
}
