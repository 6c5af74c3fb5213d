// One recorded request and its answer as a file shows them: readable, and without credentials.
import { isUtf8 } from 'node:buffer'
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../base/json.ts'
import { trimWhile } from '../../base/trim.ts'
import type { RecordedExchange } from '../../net/interceptors/recorded-exchanges.ts'
import { isSecretMember, redact, redactText } from './redact.ts'

/** Takes what is known to be secret out of a text; `redactText` knows what looks like it. */
export type Clean = (text: string) => string

/** Secrets of this process that a server could send back at us. */
export const cleanerFor = (secrets: readonly (string | undefined)[]): Clean => {
  const known = secrets.flatMap((secret) => {
    const text = secret?.trim() ?? ''
    return text.length < 4 ? [] : [text, encodeURIComponent(text)]
  })
  return (text) => redactText(known.reduce((rest, one) => rest.replaceAll(one, '[secret]'), text))
}

/** These say where to ask for what: the words in them are no credentials. */
const isSecretHeader = (name: string): boolean =>
  isSecretMember(name) || /(?:^|-)(?:session|key|auth|credential|csrf|xsrf)(?:$|-)/.test(name)

const headersOf = (headers: RecordedExchange['requestHeaders'], clean: Clean): JsonObject =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      isSecretHeader(name.toLowerCase()) ? '[secret]' : clean(value),
    ]),
  )

const parsed = (text: string): JsonObject | readonly Json[] | undefined => {
  const read = parseJson(text)
  return read.ok && (isJsonObject(read.value) || Array.isArray(read.value)) ? read.value : undefined
}

/** JSON is kept as JSON. Text is kept as text. What cannot be searched for secrets is not kept. */
const bodyOf = (text: string, clean: Clean): Json => {
  const document = parsed(text)
  if (document === undefined) return clean(text)
  return redact({ document }, clean)['document'] ?? null
}

const answerBody = (
  { chunks, responseHeaders }: RecordedExchange,
  clean: Clean,
): { readonly body: Json; readonly body_note?: string } => {
  const bytes = Buffer.concat(chunks)
  const coding = responseHeaders['content-encoding']?.toLowerCase() ?? 'identity'
  if (coding !== 'identity' && bytes.length > 0) {
    return { body: null, body_note: 'not kept: it is encoded, so secrets in it would not be found' }
  }
  if (!isUtf8(bytes)) return { body: null, body_note: 'not kept: it is not UTF-8 text' }
  return { body: bodyOf(bytes.toString('utf8'), clean) }
}

export const savedExchange = (exchange: RecordedExchange, clean: Clean): JsonObject => {
  const { startedAt, ms, method, url, requestHeaders, requestBody, status, bytes, error } = exchange
  const kept = exchange.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  return {
    schema_version: 1,
    started_at: new Date(startedAt).toISOString(),
    ms: ms ?? null,
    request: {
      method,
      url: clean(url),
      headers: headersOf(requestHeaders, clean),
      body: requestBody === undefined ? null : bodyOf(requestBody, clean),
    },
    response:
      status === undefined
        ? null
        : {
            status,
            headers: headersOf(exchange.responseHeaders, clean),
            bytes,
            ...(bytes > kept ? { truncated: true } : {}),
            ...answerBody(exchange, clean),
          },
    error: error ?? null,
  }
}

/** `02-get-id.example.com-.well-known-openid-configuration-200.json`: plain on every file system. */
export const fileNameOf = (exchange: RecordedExchange, index: number): string => {
  const { host, pathname } = URL.canParse(exchange.url)
    ? new URL(exchange.url)
    : { host: 'none', pathname: '' }
  const words = `${host}${redactText(pathname)}`.toLowerCase().replace(/[^a-z0-9.]+/g, '-')
  const place = trimWhile(words, (character) => character === '-' || character === '.').slice(0, 80)
  const number = String(index + 1).padStart(2, '0')
  const end = exchange.status === undefined ? 'no-answer' : String(exchange.status)
  return `${number}-${exchange.method.toLowerCase()}-${place}-${end}.json`
}
