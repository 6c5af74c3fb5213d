// What a server says beside an error (RFC 6749 section 5.2): fit to be shown, and without what was sent to it.
import { printable } from '../../base/escape.ts'
import type { JsonObject } from '../../base/json.ts'

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

/** The error that a body carries, as it may be shown; undefined where it carries none. */
export const errorIn = (body: JsonObject, secrets: Iterable<string>): OauthError | undefined => {
  const { error, error_description: description } = body
  if (typeof error !== 'string' || error === '') return undefined
  return {
    error: remoteWords(error, secrets),
    description:
      typeof description === 'string' && description !== ''
        ? remoteWords(description, secrets)
        : undefined,
  }
}

export const errorText = ({ error, description }: OauthError): string =>
  description === undefined ? error : `${error} (${description})`
