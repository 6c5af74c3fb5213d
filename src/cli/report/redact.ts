// What of a document from elsewhere may be shown or kept: what is a credential in itself may not.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { fingerprint } from '../../base/secret.ts'

/** Names in snake case. The single letters are the private members of a JWK (RFC 7518 section 6). */
const secretNames =
  /^(?:(?:[a-z0-9]+_)*token|(?:[a-z0-9]+_)*secret|password|passwd|(?:device_)?code|code_verifier|(?:client_)?assertion|api_?key|private_key|(?:proxy_)?authorization|(?:set_)?cookie|d|p|q|dp|dq|qi|k)$/

const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.\s]/g, '_')
    .toLowerCase()

export const isSecretMember = (name: string): boolean => secretNames.test(snakeCase(name))

// The text is hostile: no pattern may look at a run of characters again from each of its places.
const jwt = /(?:%3[Dd]|(?<![\w-]))eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*){1,3}/g
const userInfo = /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@"'<>]{1,500}@/gi

const withoutTokens = (text: string): string =>
  text
    .replace(jwt, (token) => `[token ${fingerprint(token.replace(/^%3D/i, ''))}]`)
    .replace(userInfo, '$1[secret]@')

const scheme = /\b(bearer|basic|dpop)(\s+)[\w+/.~-]{8,}=*(?![\w="])/gi
const assignment = /(?<![\w.-])([\w.-]{1,60})(=|%3D|"?\s{0,4}:\s{0,4}"?)/gi
/** A character of nobody's, in front of a value that has to go: that value may hold assignments itself. */
const mark = '\ue000'
const marked = /\ue000[^&\s"'<>;,]*/g

/** "p: 0" is what style sheets are made of. */
const isAssigned = (name: string, sign: string): boolean =>
  isSecretMember(name) && (name.length > 1 || !sign.includes(':'))

/** Free text: also credentials behind the name of a scheme or of a parameter, wherever they stand. */
export const redactText = (text: string): string =>
  withoutTokens(text)
    .replace(scheme, '$1$2[secret]')
    .replace(assignment, (whole, name: string, sign: string) =>
      isAssigned(name, sign) ? `${whole}${mark}` : whole,
    )
    .replace(marked, '[secret]')

const redacted = (name: string, value: Json, clean: (text: string) => string): Json => {
  if (snakeCase(name) === 'oth') return '[secret]'
  if (typeof value === 'string') return isSecretMember(name) ? '[secret]' : clean(value)
  if (Array.isArray(value)) return value.map((item: Json) => redacted(name, item, clean))
  return isJsonObject(value) ? redact(value, clean) : value
}

/** A copy in which credentials are replaced; everything else is as it came. */
export const redact = (
  document: JsonObject,
  clean: (text: string) => string = withoutTokens,
): JsonObject =>
  Object.fromEntries(
    Object.entries(document).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, redacted(name, value, clean)]],
    ),
  )
