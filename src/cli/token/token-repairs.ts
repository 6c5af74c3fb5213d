// Mends what pasting does to a token, and says so. The command line alone does this: serve refuses instead.
import { isJsonObject } from '../../base/json.ts'
import { invisible, withoutQuotes } from '../../base/pasted.ts'
import { withoutLineEnds } from '../../base/trim.ts'
import { problemOf } from '../../problems/problem.ts'
import { warn, type Check } from '../../core/verdict/check.ts'

export interface MendedToken {
  readonly token: string
  /** One `warn` for each kind of thing that was mended. */
  readonly repairs: readonly Check[]
}

type Repair = (text: string) => { readonly text: string; readonly check: Check } | undefined

const dropInvisible: Repair = (text) => {
  const found = new Set<string>()
  const visible = text.replace(invisible, (character) => {
    found.add(character)
    return ''
  })
  const n = text.length - visible.length
  if (n === 0) return undefined
  const names = [...found].map(
    (character) => `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  )
  const check = warn(problemOf('in-non-ascii', 'invisible', { n, names: names.join(', ') }))
  return { text: visible, check }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const otherTokens = ['refresh_token', 'id_token'] as const

/** A token response, or the one line of it that holds the token; also where a terminal wrapped it. */
const unwrapEnvelope: Repair = (raw) => {
  const text = raw.trim()
  const isLine = /^"access_token"\s*:/.test(text)
  if (!text.startsWith('{') && !isLine) return undefined
  const whole = isLine ? `{${text.replace(/,$/, '')}}` : text
  const envelope = parsed(whole) ?? parsed(whole.replace(/[\r\n]+\s*/g, ''))
  const token = isJsonObject(envelope) ? envelope['access_token'] : undefined
  if (!isJsonObject(envelope) || typeof token !== 'string') return undefined
  const ignored = otherTokens.filter((name) => typeof envelope[name] === 'string')
  const check =
    ignored.length === 0
      ? problemOf('in-json-envelope', 'alone')
      : problemOf('in-json-envelope', 'others', { ignored: ignored.join(' and its ') })
  return { text: token, check: warn(check) }
}

const stripQuotes: Repair = (text) => {
  const inner = withoutQuotes(text)
  return inner === text || inner === ''
    ? undefined
    : { text: inner, check: warn(problemOf('in-quotes')) }
}

const prefix =
  /^(?:authorization\s*:\s*)?(?:bearer|dpop)(?:\s+|:\s*)(?=\S)|^authorization\s*:\s*(?=\S)/i

const stripPrefix: Repair = (text) => {
  const found = prefix.exec(text)?.[0]
  if (found === undefined) return undefined
  const said = found.trim().replace(/\s+/g, ' ')
  const message = problemOf('in-bearer-prefix', 'scheme', { prefix: said })
  return { text: text.slice(found.length), check: warn(message) }
}

/** What JSON and shells write for a line break when nobody takes it back. */
const writtenBreaks = /(?:\\r)?\\n/g

// Pieces of one base64url word; words between spaces alone are something else, unless they make up a JWT.
const wrapped = /^[\w.~+/=-]+(?:\s+[\w.~+/=-]+)+$/
const spacedJwt = /^eyJ[\w.-]*(?:\s+[\w.-]+)+$/
const jwtSize = /^[\w-]+(?:\.[\w-]*){2}(?:(?:\.[\w-]*){2})?$/

const joinPieces: Repair = (text) => {
  if (/^\s*\{/.test(text)) return undefined
  const trimmed = text.trim().replaceAll(writtenBreaks, '\n').trim()
  const joined = trimmed.replace(/\s+/g, '')
  const isWrapped = /[\n\r\t\u00a0\u2000-\u200a\u202f\u3000]/.test(trimmed) && wrapped.test(trimmed)
  const isSpaced = spacedJwt.test(trimmed) && jwtSize.test(joined)
  const mended = isWrapped || isSpaced ? joined : trimmed
  if (mended === text) return undefined
  const n = text.replaceAll(writtenBreaks, '\n').length - mended.length
  return { text: mended, check: warn(problemOf('in-whitespace', { n })) }
}

const decodeUrl: Repair = (text) => {
  const isEncoded = /%(?:2e|3d|2b|2f|7e|2d|5f|20|0a|0d|22)/i.test(text)
  if (!isEncoded || /[^\w.~%+=/-]/.test(text) || /%(?![0-9a-f]{2})/i.test(text)) return undefined
  const decoded = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return { text: decoded, check: warn(problemOf('in-url-encoded')) }
}

const longestText = 64 * 1024
/** A JWT, from where no word goes on: a run of characters is looked at once. What goes on behind it is another format. */
const jwtInText = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+(?![\w.~=-])/g
const schemeInText = /(?<![\w-])(?:bearer|dpop) {1,4}([\w.~+/-]{8,4096}=*)(?=["'\s]|$)/gi
const cookie = /^(?:(?:set-)?cookie:|[\w.-]{1,80}=[^;\s]{0,4096};)/i

/** Out of a command, a line of a shell or of a configuration: only where it is clear which word is the token. */
const takeFromText: Repair = (text) => {
  if (text.length > longestText || !/[\s{=,;]/.test(text)) return undefined
  if (cookie.test(text) || /^https?:/i.test(text)) return undefined
  const behindScheme = [...text.matchAll(schemeInText)].map(([, word = '']) => word)
  const words = behindScheme.length > 0 ? behindScheme : (text.match(jwtInText) ?? [])
  const [token, ...others] = new Set(words)
  if (token === undefined || others.length > 0 || token === text) return undefined
  return { text: token, check: warn(problemOf('in-bearer-prefix', 'text')) }
}

const repairs: readonly Repair[] = [
  dropInvisible,
  unwrapEnvelope,
  joinPieces,
  stripQuotes,
  stripPrefix,
  decodeUrl,
]

/** Wrappings stand in each other; more layers than this nobody pasted by accident. */
const rounds = 6

/** The line end of a pipe or a file is no mistake and is dropped without a word. */
export const mendToken = (raw: string): MendedToken => {
  const given = withoutLineEnds(raw)
  let text = given
  const checks = new Map<string, Check>()
  const apply = (repair: Repair): void => {
    const mended = repair(text)
    if (mended === undefined) return
    text = mended.text
    if (!checks.has(mended.check.id)) checks.set(mended.check.id, mended.check)
  }
  for (let round = 0; round < rounds; round += 1) {
    const before = text
    for (const repair of repairs) apply(repair)
    // Only what nothing else explains is looked through.
    if (text === before) apply(takeFromText)
    if (text === before) break
  }
  // What holds nothing was not mended.
  return text.trim() === ''
    ? { token: '', repairs: [] }
    : { token: text, repairs: [...checks.values()] }
}

/** The repairs lead; a check that passed only because of one does not claim that nothing was wrong. */
export const withRepairs = (
  { repairs: made }: MendedToken,
  checks: readonly Check[],
): readonly Check[] => [
  ...made,
  ...checks.filter(({ id, status }) => status !== 'pass' || !made.some((check) => check.id === id)),
]
