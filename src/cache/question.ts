// Which calls have the same answer: method, arguments whatever their order, caller, and what the answer is shaped for.
import { createHash, randomUUID } from 'node:crypto'
import { digitsOf } from '../base/exact-json.ts'
import type { JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import type { Call, Caller, SessionPeer } from '../mcp/call.ts'
import { questionCapabilities } from '../mcp/questions.ts'
import { everyone, type Question, type Topic } from './store.ts'

/** Texts that JSON writes as they are; all others are left to it. */
const plain = /^[ !#-[\]-~]*$/

const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text))

const isSorted = (names: readonly string[]): boolean => {
  for (let n = 1; n < names.length; n += 1) {
    if ((names[n - 1] as string) > (names[n] as string)) return false
  }
  return true
}

const canonicalObject = (object: JsonObject): string => {
  const names = Object.keys(object)
  if (!isSorted(names)) names.sort()
  let text = '{'
  for (const name of names) {
    text += `${text === '{' ? '' : ','}${quoted(name)}:${canonical(object[name])}`
  }
  return `${text}}`
}

/** JSON text with the members of objects in one order; numbers as they came. */
export const canonical = (value: unknown): string => {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  return digitsOf(value) ?? canonicalObject(value as JsonObject)
}

/** Longer texts are kept as digests. */
const longestText = 512

const shortened = (text: string): string =>
  text.length <= longestText
    ? text
    : `sha256 ${createHash('sha256').update(text).digest('base64url')}`

const principals = new WeakMap<Principal, string>()

/** Who a credential identifies, with what it allows and through which client: the same caller may come with another token. */
const identityOf = (principal: Principal): string => {
  const known = principals.get(principal)
  if (known !== undefined) return known
  const { method, key: name, clientId = '', scopes } = principal
  const key = JSON.stringify([method, name, clientId, scopes.toSorted()])
  principals.set(principal, key)
  return key
}

/** What is this process's own in a store that others share. */
const ownProcess = randomUUID()
const sessions = new WeakMap<SessionPeer, string>()
let lastSession = 0

/** Clients without a credential are distinguished by their sessions, which are those of this process. */
const sessionKey = (session: SessionPeer): string => {
  const known = sessions.get(session)
  if (known !== undefined) return known
  lastSession += 1
  const key = `session ${ownProcess} ${lastSession}`
  sessions.set(session, key)
  return key
}

/** The caller whose answers are its own. */
export const ownerOf = ({ caller: { principal, session } }: Call): string =>
  principal.method === 'none' && session !== undefined ? sessionKey(session) : identityOf(principal)

/** Whose writes a call sees, or makes. */
export const writerOf = (call: Call): string => {
  const { principal, session } = call.caller
  return principal.method === 'none' && session !== undefined
    ? sessionKey(session)
    : `${principal.method} ${principal.key}`
}

/** Arguments and all other parameters but `_meta`, which is about the request and not about its answer. */
const subjectOf = ({ request: { method, params = {} }, caller: { client } }: Call): string => {
  let text = `${method} ${client.era} ${questionCapabilities(client).key}`
  const names = Object.keys(params)
  if (!isSorted(names)) names.sort()
  for (const name of names) {
    if (name !== '_meta') text += ` ${quoted(name)}:${canonical(params[name])}`
  }
  return text
}

const idOf = (call: Call, copied: CopiedHeaders | undefined): string => {
  const subject = subjectOf(call)
  return shortened(
    copied === undefined ? subject : `${subject} ${JSON.stringify(copied(call.caller))}`,
  )
}

export const toolsTopic: Topic = 'tools'
export const resourcesTopic: Topic = 'resources'
const aboutTools: readonly Topic[] = [toolsTopic]
export const uriTopic = (uri: string): Topic => `uri ${uri}`

/** The headers of a caller that the backend gets; undefined where it gets none. */
export type CopiedHeaders = (caller: Caller) => readonly (readonly [name: string, value: string])[]

export interface QuestionParts {
  /** The operator says that answers do not depend on the caller. */
  readonly isPublic?: boolean
  readonly copied?: CopiedHeaders | undefined
}

export const questionOf = (call: Call, { isPublic = false, copied }: QuestionParts): Question => {
  const { method, params } = call.request
  const owner = isPublic ? everyone : ownerOf(call)
  const uri = params?.['uri']
  const about =
    method === 'tools/call'
      ? aboutTools
      : [resourcesTopic, ...(typeof uri === 'string' ? [uriTopic(uri)] : [])]
  const writer = isPublic ? everyone : writerOf(call)
  return { id: call.subject ?? idOf(call, copied), owner, writer, topics: about }
}
