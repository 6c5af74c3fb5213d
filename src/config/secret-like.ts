// Which pieces of a text look like a secret. Errs on the side of caution: a plain value that becomes a variable
// costs a line in the environment, a secret that is copied is out.
import { isSecretName, isTellingName, snakeCase } from '../base/secret-name.ts'

/** Settings that only sound like secrets: `USE_AUTH=true`, `MAX_TOKENS=4096`. */
const isPlainSetting = (value: string): boolean =>
  /^(?:true|false|yes|no|on|off|none|null|basic|bearer|oauth2?|\d{1,6})$/i.test(value)

const isPath = (text: string): boolean =>
  /^(?:~?\.{0,2}[\\/](?![\\/])|[A-Za-z]:[\\/]|file:\/\/)/.test(text)

/** What well-known issuers of credentials begin theirs with. */
const issued =
  /(?:\bgh[opsur]_|\bgithub_pat_|\bglpat-|\bxox[a-z]-|\bxapp-|\bsk[-_]|\b[pr]k_(?:live|test)_|\bA[KS]IA(?=[A-Z0-9]{12})|\bAIza|\bya29\.|\beyJ(?=[\w-]{1,512}\.)|\bnpm_|\bpypi-|\bhf_|\bntn_|\blin_api_|\bfigd_|\bATATT|\bSG\.|\bdop_v1_|\btvly-|\bxai-|\bgsk_|\bpplx-|\bfc-(?=[0-9a-f]{16}))[\w./+=~-]{6,}/g

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Long, and nothing that a person would have made up. */
const isRandom = (word: string): boolean =>
  uuid.test(word) ||
  word.split(/[-_.+~]/).some((part) => {
    if (part.length < 16) return false
    const digits = part.replace(/\D/g, '').length
    const capitals = part.replace(/[^A-Z]/g, '').length
    const letters = part.length - digits
    if (digits > 0 && letters > 0) return part.length >= 20 || (digits > 2 && capitals > 1)
    return part.length >= 20 && capitals / part.length > 0.25 && capitals / part.length < 0.8
  })

export interface Span {
  readonly start: number
  readonly end: number
  /** What it was called where it stood: `--api-key`, `Authorization`, `password`. */
  readonly called: string
}

// Files of others are large, and hostile: no pattern looks at a long run again from each of its places.
// Only the name is consumed: the value of one may hold the name of the next, as in config=https://host/?key=...
const named =
  /(?<!\w-?)([A-Za-z_][\w-]{0,200})(?=\s*[=:]\s*["']?(?:(?:Bearer|Basic|Token)\s+)?([^\s"'&;,]))/dg
const endOfValue = /[\s"'&;,]|$/g
const scheme = /\b(?:Bearer|Basic)\s+([\w.~+/=-]{4,})/dgi
const login = /[a-z][a-z0-9+.-]{0,20}:\/\/([^\s/@:]*)(?::([^\s/@]*))?@/dgi
/** Pinned versions of code are long and random too, and no secrets. */
const pinned = /(?:@sha256:[0-9a-f]{64}|\.git@[0-9a-f]{7,40}|@[0-9a-f]{40})$/

type Range = readonly [number, number]

const spanOf = (range: Range | undefined, called: string): Span[] =>
  range === undefined || range[0] === range[1] ? [] : [{ start: range[0], end: range[1], called }]

const loginSpans = (text: string): Span[] =>
  [...text.matchAll(login)].flatMap(({ indices, 1: user = '', 2: password }) => {
    if (password !== undefined) return spanOf(indices?.[2], 'password')
    return isRandom(user) ? spanOf(indices?.[1], 'token') : []
  })

const namedSpans = (text: string): Span[] => {
  let end = 0
  return [...text.matchAll(named)].flatMap(({ indices, 1: name = '' }) => {
    const start = indices?.[2]?.[0] ?? 0
    if (end <= start) {
      endOfValue.lastIndex = start
      end = endOfValue.exec(text)?.index ?? text.length
    }
    const value = text.slice(start, end)
    return isSecretName(name) &&
      !value.startsWith('//') &&
      (isTellingName(name) || !isPlainSetting(value))
      ? spanOf([start, end], /^authorization$/i.test(name) ? 'token' : name)
      : []
  })
}

const schemeSpans = (text: string): Span[] =>
  [...text.matchAll(scheme)].flatMap(({ indices }) => spanOf(indices?.[1], 'token'))

const issuedSpans = (text: string): Span[] =>
  [...text.matchAll(issued)].map(({ 0: word, index }) => ({
    start: index,
    end: index + word.length,
    called: 'token',
  }))

const randomSpans = (text: string): Span[] => {
  if (isPath(text) || pinned.test(text)) return []
  return [...text.matchAll(/[^\s/?&=:,;"'@#|()[\]{}\\]+/g)].flatMap(({ 0: word, index }) =>
    isRandom(word) ? [{ start: index, end: index + word.length, called: 'secret' }] : [],
  )
}

/** The secrets in a text, in their order. Where two ways of looking meet, both ranges are one, under the first name. */
export const secretSpans = (text: string): readonly Span[] => {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) {
    return [{ start: 0, end: text.length, called: 'private_key' }]
  }
  const looks = [loginSpans, namedSpans, schemeSpans, issuedSpans, randomSpans]
  const ranked = looks.flatMap((look, rank) => look(text).map((span) => ({ ...span, rank })))
  const merged: (Span & { readonly rank: number })[] = []
  for (const span of ranked.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last === undefined || span.start >= last.end) {
      merged.push(span)
      continue
    }
    const first = span.rank < last.rank ? span : last
    merged[merged.length - 1] = { ...first, start: last.start, end: Math.max(last.end, span.end) }
  }
  return merged.map(({ start, end, called }) => ({ start, end, called }))
}

/** Whether the value of an environment variable or a parameter has to be kept out of files. */
export const isSecretValue = (name: string, value: string): boolean => {
  if (value === '') return false
  if (isTellingName(name)) return true
  if (isSecretName(name) && !isPlainSetting(value) && !isPath(value)) return true
  return secretSpans(value).length > 0
}

/** `--api-key` of a backend called github: GITHUB_API_KEY. */
export const variableNameOf = (...parts: readonly string[]): string => {
  const name = parts
    .map(snakeCase)
    .join('_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase()
  return /^[A-Z_]/.test(name) ? name : `VALUE_${name}`
}
