// Mends what pasting does to a token, and says so. The command line alone does this: serve refuses instead.
import { isJsonObject } from '../base/json.ts'
import { messageOf, warn, type Check } from '../core/check.ts'

export interface MendedToken {
  readonly token: string
  /** One `warn` for each thing that was mended. */
  readonly repairs: readonly Check[]
}

type Repair = (text: string) => { readonly text: string; readonly check: Check } | undefined

const unwrapEnvelope: Repair = (text) => {
  if (!text.startsWith('{')) return undefined
  let envelope: unknown
  try {
    envelope = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isJsonObject(envelope)) return undefined
  const token = envelope['access_token']
  return typeof token === 'string'
    ? { text: token, check: warn('in-json-envelope', messageOf('in-json-envelope')) }
    : undefined
}

const quotes = /^(["'`\u2018\u2019\u201c\u201d])(.*)(["'`\u2018\u2019\u201c\u201d])$/s

const stripQuotes: Repair = (text) => {
  const inner = quotes.exec(text)?.[2]
  return inner === undefined
    ? undefined
    : { text: inner.trim(), check: warn('in-quotes', messageOf('in-quotes')) }
}

const prefix = /^(?:authorization:\s*)?(bearer|dpop)\s+(?=\S)|^authorization:\s*/i

const stripPrefix: Repair = (text) => {
  const found = prefix.exec(text)?.[0]
  return found === undefined
    ? undefined
    : {
        text: text.slice(found.length).trim(),
        check: warn('in-bearer-prefix', messageOf('in-bearer-prefix', { prefix: found.trim() })),
      }
}

// A wrapped JWT is one base64url word in pieces; words between spaces are something else.
const wrapped = /^[\w.~+/=-]+(?:\s+[\w.~+/=-]+)+$/

const joinLines: Repair = (text) => {
  if (!/[\n\r\t\u00a0]/.test(text) || !wrapped.test(text)) return undefined
  const pieces = text.split(/\s+/)
  return {
    text: pieces.join(''),
    check: warn('in-whitespace', messageOf('in-whitespace', { n: pieces.length })),
  }
}

const decodeUrl: Repair = (text) =>
  /%(?:2e|3d|2b|2f|7e)/i.test(text) && !/[^\w.~%-]/.test(text) && !/%(?![0-9a-f]{2})/i.test(text)
    ? {
        text: text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
        check: warn('in-url-encoded', messageOf('in-url-encoded')),
      }
    : undefined

const repairs: readonly Repair[] = [
  unwrapEnvelope,
  stripQuotes,
  stripPrefix,
  stripQuotes,
  joinLines,
  decodeUrl,
]

/** The line end of a pipe or a file is no mistake and is dropped without a word. */
export const mendToken = (raw: string): MendedToken => {
  let text = raw.trim()
  const checks: Check[] = []
  for (const repair of repairs) {
    const mended = repair(text)
    if (mended === undefined) continue
    text = mended.text
    checks.push(mended.check)
  }
  return { token: text, repairs: checks }
}
