// The answer of an introspection endpoint as it came, short of what would be a credential.
import { isJsonObject, parseJson } from '../base/json.ts'
import { fingerprint } from '../base/secret.ts'
import type { Introspection } from '../core/introspection.ts'
import { redact } from './redact.ts'

/**
 * The body, byte for byte where nothing has to be hidden: an answer that repeats the token, or has members
 * that are credentials, is printed without them, and that is said. Empty where nothing was answered.
 */
export const rawAnswer = (
  { exchange }: Introspection,
  token: string,
  warn: (text: string) => void,
): string => {
  const body = exchange?.body ?? ''
  if (body === '') warn('there is no answer to print')
  const withoutToken = body.replaceAll(token, `[token ${fingerprint(token)}]`)
  const read = parseJson(withoutToken)
  const safe = read.ok && isJsonObject(read.value) ? redact(read.value) : undefined
  const isSafe =
    safe === undefined || JSON.stringify(safe) === JSON.stringify(read.ok && read.value)
  if (isSafe && withoutToken === body) return body.replace(/\n$/, '')
  warn('the answer holds credentials: they are not shown')
  return isSafe ? withoutToken : JSON.stringify(safe, null, 2)
}
