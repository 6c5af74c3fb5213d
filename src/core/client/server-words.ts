// What a server says beside an error (RFC 6749 section 5.2): fit to be shown, and without what was sent to it.
import { printable } from '../../base/escape.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'

export interface OauthError {
  readonly error: string
  readonly description: string | undefined
}

/** What a form may say aloud; every other value of it is a secret. */
const openFields = new Set([
  'grant_type',
  'client_id',
  'client_assertion_type',
  'redirect_uri',
  'response_type',
  'code_challenge_method',
  'scope',
  'resource',
  'audience',
  'prompt',
  'token_type_hint',
  'subject_token_type',
  'requested_token_type',
])

const formDecoded = (text: string): string => new URLSearchParams(`v=${text}`).get('v') ?? text

export interface SentForm {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams
}

/** The credentials and tokens in a request, as a server may repeat them. */
export const secretsOf = ({ headers, body }: SentForm): readonly string[] => {
  const [scheme = '', credential = ''] = (headers['authorization'] ?? '').split(' ')
  // The part of Basic before the colon is the client's id, which is no secret.
  const basic = scheme === 'Basic' ? Buffer.from(credential, 'base64').toString('utf8') : ''
  const secret = basic.slice(basic.indexOf(':') + 1)
  const isForm =
    body instanceof URLSearchParams ||
    headers['content-type'] === 'application/x-www-form-urlencoded'
  const fields = isForm
    ? [...new URLSearchParams(body)].flatMap(([name, value]) =>
        openFields.has(name) ? [] : [value],
      )
    : []
  return [credential, secret, formDecoded(secret), ...fields].filter(({ length }) => length > 3)
}

const longestQuote = 300

/** One short printable line without any of the secrets. The longest go first: one may contain another. */
export const remoteWords = (text: string, secrets: Iterable<string>): string => {
  let clean = text
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    clean = clean.replaceAll(secret, '[secret]').replaceAll(encodeURIComponent(secret), '[secret]')
  }
  const cut = clean.length > longestQuote ? `${clean.slice(0, longestQuote)}...` : clean
  return printable(cut.replaceAll(/\s+/g, ' '))
}

const textOf = (object: JsonObject, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = object[name]
    if (typeof value === 'string' && value.trim() !== '') return value
  }
  return undefined
}

/** Where servers put the reason beside the code. */
const reasons = ['error_description', 'errorSummary', 'message', 'description', 'detail'] as const

/**
 * RFC 6749 section 5.2 has a code in `error`; Okta's own interface calls it `errorCode`, and others make
 * `error` an object with a code and a message.
 */
const codedError = (
  body: JsonObject,
): readonly [code: string, reason: string | undefined] | undefined => {
  const { error } = body
  if (isJsonObject(error)) {
    const code = textOf(error, ['code', 'error', 'type', 'status'])
    const reason = textOf(error, reasons)
    return code === undefined
      ? reason === undefined
        ? undefined
        : [reason, undefined]
      : [code, reason]
  }
  const code = textOf(body, ['error', 'errorCode'])
  return code === undefined ? undefined : [code, textOf(body, reasons)]
}

const cleaned = (
  [code, reason]: readonly [code: string, reason: string | undefined],
  secrets: Iterable<string>,
): OauthError => {
  const words = [...secrets]
  return {
    error: remoteWords(code, words),
    description: reason === undefined ? undefined : remoteWords(reason, words),
  }
}

/** The error that a body carries, as it may be shown; undefined where it carries none. */
export const errorIn = (body: JsonObject, secrets: Iterable<string>): OauthError | undefined => {
  const coded = codedError(body)
  return coded === undefined ? undefined : cleaned(coded, secrets)
}

/** A body as an object, where it is JSON or a form; some servers answer with one (RFC 6749 wants JSON). */
export const bodyObject = (
  body: string,
  contentType: string | undefined,
): JsonObject | undefined => {
  if (contentType === 'application/x-www-form-urlencoded') {
    return Object.fromEntries(new URLSearchParams(body))
  }
  const parsed = parseJson(body)
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined
}

/**
 * What an answer of failure says of itself, in whatever words: those of OAuth, a list of errors, RFC 9457, or
 * a message alone. Not for answers of success, whose members may have such names and mean something else.
 */
export const failureWords = (
  body: string,
  contentType: string | undefined,
  secrets: Iterable<string>,
): OauthError | undefined => {
  const object = bodyObject(body, contentType)
  if (object === undefined) return undefined
  const { errors } = object
  const [first] = Array.isArray(errors) ? errors : []
  const listed = typeof first === 'string' ? { message: first } : isJsonObject(first) ? first : {}
  const coded = codedError(object) ?? codedError(listed)
  if (coded !== undefined) return cleaned(coded, secrets)
  const said = [object, listed].flatMap((one) => textOf(one, ['code', 'title', ...reasons]) ?? [])
  const [code] = said
  if (code === undefined) return undefined
  const reason = [object, listed].flatMap((one) => textOf(one, reasons) ?? [])[0]
  return cleaned([code, reason === code ? undefined : reason], secrets)
}

export const errorText = ({ error, description }: OauthError): string =>
  description === undefined ? error : `${error} (${description})`
