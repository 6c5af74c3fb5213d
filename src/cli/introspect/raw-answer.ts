// The answer of an introspection endpoint as it came, short of what would be a credential.
import { isJsonObject, parseJson } from '../../base/json.ts'
import { fingerprint } from '../../base/secret.ts'
import type { Introspection } from '../../core/introspection/introspection-report.ts'
import { redact } from '../report/redact.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { problemOf } from '../../problems/problem.ts'

/** Servers in trouble repeat our request: the secret as it is, or within the base64 of its header. */
const withoutSecret = (body: string, secret: string | undefined): string =>
  secret === undefined
    ? body
    : body
        .replaceAll(secret, '[secret]')
        .replace(/[A-Za-z0-9+/]{8,}={0,2}/g, (text) =>
          Buffer.from(text, 'base64').toString('utf8').includes(secret) ? '[secret]' : text,
        )

/**
 * The body, byte for byte where nothing has to be hidden: an answer that repeats the token or our own
 * credentials, or has members that are credentials, is printed without them, and that is said. Empty where
 * nothing was answered.
 */
export const rawAnswer = (
  { exchange }: Introspection,
  sent: { readonly token: string; readonly clientSecret: string | undefined },
  warn: Narrator['warn'],
): string => {
  const body = exchange?.body ?? ''
  if (body === '') warn(problemOf('usage-advice', 'no-answer'))
  const { token, clientSecret } = sent
  const withoutToken = body.replaceAll(token, `[token ${fingerprint(token)}]`)
  const withoutSent = withoutSecret(withoutToken, clientSecret)
  const read = parseJson(withoutSent)
  const safe = read.ok && isJsonObject(read.value) ? redact(read.value) : undefined
  const isSafe =
    safe === undefined || JSON.stringify(safe) === JSON.stringify(read.ok && read.value)
  if (isSafe && withoutSent === body) return body.replace(/\n$/, '')
  warn(problemOf('usage-advice', 'answer-redacted'))
  return isSafe ? withoutSent : JSON.stringify(safe, null, 2)
}
