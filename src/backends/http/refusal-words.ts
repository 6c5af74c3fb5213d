// What a backend says itself about a refusal, for a person: the reason is often there and nowhere else.
import { shortened } from '../../base/escape.ts'
import { isJsonObject } from '../../base/json.ts'
import { readChallenges } from '../../net/www-authenticate.ts'

const mostRead = 4096
const mostShown = 300
const mostFollowed = 3
/** Where frameworks put it, the most telling first. */
const members = ['error_description', 'message', 'detail', 'title', 'error', 'reason'] as const

const textIn = (value: unknown, level = 0): string | undefined => {
  if (typeof value === 'string') return value
  if (!isJsonObject(value) || level > mostFollowed) return undefined
  for (const member of members) {
    const found = textIn(value[member], level + 1)
    if (found !== undefined && found.trim() !== '') return found
  }
  return undefined
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const shown = (said: string, secrets: readonly string[]): string => {
  const line = said.replace(/\s+/g, ' ').trim()
  if (line === '' || secrets.some((secret) => secret !== '' && line.includes(secret))) return ''
  return `: ${shortened(line, mostShown)}`
}

/**
 * With a colon before them, to follow a sentence; empty where there are none, in a page for a browser, and
 * where a secret is among them.
 */
const bodyWords = (body: Uint8Array | undefined, secrets: readonly string[]): string => {
  if (body === undefined) return ''
  const text = Buffer.from(body).toString('utf8').trim()
  const said = textIn(parsed(text)) ?? (/^[<{[]/.test(text) ? '' : text.slice(0, mostRead))
  return shown(said, secrets)
}

/** The same of a challenge (RFC 6750 section 3): the error, what is said of it, and the scopes that are wanted. */
const challengeWords = (header: string | undefined, secrets: readonly string[]): string => {
  if (header === undefined) return ''
  const error = readChallenges(header).find(({ params }) => params['error'] !== undefined)?.params
  if (error === undefined) return ''
  const { error: code = '', error_description: why = '', scope = '' } = error
  return shown(
    [code, why, scope === '' ? '' : `scope ${scope}`].filter(Boolean).join(', '),
    secrets,
  )
}

/** `challenge`: the header WWW-Authenticate; it speaks where the body says nothing. */
export const refusalWords = (
  body: Uint8Array | undefined,
  challenge: string | undefined,
  secrets: readonly string[],
): string => bodyWords(body, secrets) || challengeWords(challenge, secrets)
