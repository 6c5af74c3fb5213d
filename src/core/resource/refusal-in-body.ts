// What the body of an answer says of a missing token, where its status speaks of something else.
import { isJsonObject, parseJson, type Json } from '../../base/json.ts'

const asksForToken =
  /unauthori[sz]ed|not authori[sz]ed|unauthenticated|authenticat|(?:access|bearer) token|invalid_token|missing token/i

/** `error` of JSON-RPC, of OAuth, and what web frameworks write in its place. */
const textsOf = (value: Json | undefined): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (!isJsonObject(value)) return []
  const { error, error_description: description, message, detail } = value
  const inner = isJsonObject(error) ? [error['message'], error['code'], error['status']] : [error]
  return [...inner, description, message, detail].filter((text) => typeof text === 'string')
}

/** The words that ask for a token. Looks at JSON alone, and not at the status. */
export const refusalInMessage = (message: Json | undefined): string | undefined =>
  textsOf(message).find((text) => asksForToken.test(text))

/** The same of a body as it came; a page is none. */
export const refusalInBody = (body: string | undefined): string | undefined => {
  const read = parseJson(body ?? '')
  return read.ok ? refusalInMessage(read.value) : undefined
}
