// A server that misses a capability speaks of what we declared to it; the caller shall hear of what the caller lacks.
import { errorCodes } from '../../base/error-codes.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { ClientFacts, Reply } from '../../mcp/call.ts'

/** The part of `required` that `declared` does not have, member by member. */
const lacking = (required: JsonObject, declared: JsonObject): JsonObject => {
  const lacked: Record<string, JsonObject | string | number | boolean | null> = {}
  for (const [name, wanted] of Object.entries(required)) {
    const own = declared[name]
    if (isJsonObject(wanted) && isJsonObject(own)) {
      const rest = lacking(wanted, own)
      if (Object.keys(rest).length > 0) lacked[name] = rest
    } else if (own === undefined) lacked[name] = isJsonObject(wanted) ? wanted : {}
  }
  return lacked
}

const mostNames = 8
const longestName = 64

/** `extensions/com.example` and the like, for a person: a few of them, shortened. */
const namesIn = (required: JsonObject, path = '', found: string[] = []): readonly string[] => {
  for (const [name, value] of Object.entries(required)) {
    if (found.length >= mostNames) break
    const at = `${path}${name.slice(0, longestName)}`
    if (isJsonObject(value) && Object.keys(value).length > 0) namesIn(value, `${at}/`, found)
    else found.push(at)
  }
  return found
}

type ErrorReply = Extract<Reply, { readonly kind: 'error' }>

/** What the caller declared and we did not carry is not the caller's fault (MCP 2026-07-28, error codes). */
export const blameRightly = (reply: ErrorReply, { era, capabilities }: ClientFacts): Reply => {
  const { data, message } = reply.error
  const required = isJsonObject(data) ? data['requiredCapabilities'] : undefined
  if (era === 'legacy' || !isJsonObject(required) || !isJsonObject(data)) return reply
  const requiredCapabilities = lacking(required, capabilities)
  if (Object.keys(requiredCapabilities).length > 0) {
    return { kind: 'error', error: { ...reply.error, data: { ...data, requiredCapabilities } } }
  }
  const names = namesIn(required).join(', ').slice(0, 256)
  return {
    kind: 'error',
    error: {
      code: errorCodes.internalError,
      message: `${message} (the proxy does not carry ${names})`,
    },
    isOurs: true,
  }
}
