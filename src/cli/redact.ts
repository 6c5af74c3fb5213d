// What of a decoded document may be shown: members that are credentials themselves are not.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import { fingerprint } from '../base/secret.ts'

const secretNames =
  /^(?:access_token|refresh_token|id_token|client_secret|password|code|assertion|client_assertion|registration_access_token|d|p|q|dp|dq|qi|k)$/

const jwt = /^eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*){1,3}$/

const redacted = (name: string, value: Json): Json => {
  if (typeof value === 'string') {
    if (secretNames.test(name)) return '[secret]'
    return jwt.test(value) ? `[token ${fingerprint(value)}]` : value
  }
  if (Array.isArray(value)) return value.map((item: Json) => redacted(name, item))
  return isJsonObject(value) ? redact(value) : value
}

/** A copy in which credentials are replaced; everything else is as it came. */
export const redact = (document: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(document).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, redacted(name, value)]],
    ),
  )
