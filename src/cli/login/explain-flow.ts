// `login --explain`: each step of the flow as it is taken, with every parameter and where it comes from. Secrets, codes
// and verifiers are masked.
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import type { LoginTarget } from '../../core/oauth-client/target.ts'
import { remoteWords } from '../../core/client/server-words.ts'
import type { SentRequest } from '../../core/oauth-client/wire.ts'
import type { Exchange } from '../../net/exchange.ts'
import { shortened } from '../../base/escape.ts'
import { longest, padded } from '../report/layout.ts'

export interface FlowExplainer {
  readonly authorization: (url: string, target: LoginTarget) => void
  readonly callback: (parameters: URLSearchParams) => void
  readonly exchange: (sent: SentRequest, answer: Exchange) => void
}

const specs: Readonly<Record<string, string>> = {
  response_type: 'RFC 6749 section 3.1.1',
  client_id: 'RFC 6749 section 2.2',
  client_secret: 'RFC 6749 section 2.3.1',
  redirect_uri: 'RFC 6749 section 3.1.2, RFC 8252 section 7.3',
  scope: 'RFC 6749 section 3.3',
  state: 'RFC 6749 section 10.12',
  code: 'RFC 6749 section 4.1.2',
  code_challenge: 'RFC 7636 section 4.2',
  code_challenge_method: 'RFC 7636 section 4.3',
  code_verifier: 'RFC 7636 section 4.1',
  resource: 'RFC 8707 section 2',
  prompt: 'OpenID Connect Core section 3.1.2.1',
  request_uri: 'RFC 9126 section 2.2',
  iss: 'RFC 9207 section 2',
  grant_type: 'RFC 6749 section 4',
  access_token: 'RFC 6749 section 5.1',
  token_type: 'RFC 6749 section 7.1',
  expires_in: 'RFC 6749 section 5.1',
  refresh_token: 'RFC 6749 section 6',
  id_token: 'OpenID Connect Core section 3.1.3.3',
  error: 'RFC 6749 section 5.2',
  error_description: 'RFC 6749 section 5.2',
  error_uri: 'RFC 6749 section 5.2',
  client_assertion: 'RFC 7523 section 2.2',
  client_assertion_type: 'RFC 7523 section 2.2',
  device_code: 'RFC 8628 section 3.2',
  user_code: 'RFC 8628 section 3.2',
  verification_uri: 'RFC 8628 section 3.2',
  verification_uri_complete: 'RFC 8628 section 3.3.1',
  interval: 'RFC 8628 section 3.2',
  client_name: 'RFC 7591 section 2',
  redirect_uris: 'RFC 7591 section 2',
  grant_types: 'RFC 7591 section 2',
  response_types: 'RFC 7591 section 2',
  token_endpoint_auth_method: 'RFC 7591 section 2',
  software_id: 'RFC 7591 section 2',
  application_type: 'OpenID Connect Registration section 2',
  client_id_issued_at: 'RFC 7591 section 3.2.1',
  client_secret_expires_at: 'RFC 7591 section 3.2.1',
  registration_client_uri: 'RFC 7592 section 3',
  registration_access_token: 'RFC 7592 section 3',
}

/** What is a credential, or becomes one. */
const masked =
  /^(?:code|code_verifier|device_code|client_assertion|state|password)$|(?:_token|_secret)$/

type Member = readonly [name: string, value: string]

const shownValue = (name: string, value: string): string =>
  masked.test(name) && value !== ''
    ? `(masked, ${String(value.length)} characters)`
    : shortened(value, 200)

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

const memberList = (document: JsonObject): readonly Member[] =>
  Object.entries(document).map(([name, value]) => [name, textOf(value ?? null)])

const rows = (members: readonly Member[], indent: string): string[] => {
  const shown = members.map(
    ([name, value]) => [shortened(name, 60), shownValue(name, value), specs[name] ?? ''] as const,
  )
  const width = longest(shown.map(([name]) => name))
  return shown.map(([name, value, spec]) =>
    `${indent}${padded(name, width)}  ${value}${spec === '' ? '' : `  [${spec}]`}`.trimEnd(),
  )
}

/** RFC 6749 section 2.3.1 and RFC 6750 section 2.1: the scheme says how, the rest is the credential. */
const authorizationRow = (headers: SentRequest['headers']): readonly Member[] => {
  const header = headers['authorization']
  if (header === undefined) return []
  const [scheme = ''] = header.split(' ')
  return [['Authorization', `${scheme} (masked)`]]
}

const sentMembers = ({ body, headers }: SentRequest): readonly Member[] => {
  const isJson = (headers['content-type'] ?? '').includes('json')
  const parsed = isJson ? parseJson(body) : undefined
  const members =
    parsed?.ok === true && isJsonObject(parsed.value)
      ? memberList(parsed.value)
      : [...new URLSearchParams(body)]
  return [...authorizationRow(headers), ...members]
}

type Title = readonly [title: string, spec: string]

const grants: Readonly<Record<string, Title>> = {
  authorization_code: ['The code is exchanged for a token', 'RFC 6749 section 4.1.3'],
  refresh_token: ['The token is renewed', 'RFC 6749 section 6'],
  client_credentials: ['The client asks for a token of its own', 'RFC 6749 section 4.4.2'],
  'urn:ietf:params:oauth:grant-type:device_code': ['Was the code entered?', 'RFC 8628 section 3.4'],
}

const titleOf = (sent: SentRequest): Title => {
  const names = new Set(sentMembers(sent).map(([name]) => name))
  const grant = grants[new URLSearchParams(sent.body).get('grant_type') ?? '']
  if (grant !== undefined) return grant
  if (names.has('redirect_uris')) return ['A client is registered', 'RFC 7591 section 3.1']
  return names.has('response_type')
    ? ['The authorization request is pushed', 'RFC 9126 section 2.1']
    : ['A code for another device is asked for', 'RFC 8628 section 3.1']
}

const answerLines = ({ status, fault, body = '' }: Exchange): string[] => {
  if (status === undefined) return [`     no answer: ${fault?.detail ?? ''}`]
  const parsed = parseJson(body)
  const members = parsed.ok && isJsonObject(parsed.value) ? memberList(parsed.value) : []
  return [`     answer: HTTP ${String(status)}`, ...rows(members, '       ')]
}

/** The address without what follows the question mark. */
const placeOf = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

export const createExplainer = (tell: (text: string) => void): FlowExplainer => {
  let steps = 0
  const step = (title: string, spec: string, lines: readonly string[]): void => {
    steps += 1
    tell([`\n${String(steps)}. ${title}  [${spec}]`, ...lines].join('\n'))
  }
  return {
    authorization: (url, { server, metadata }) => {
      step('The browser is sent to the authorization server', 'RFC 6749 section 4.1.1', [
        `     issuer  ${shortened(server.issuer, 200)}  [RFC 8414 section 2]`,
        `     GET ${placeOf(url)}`,
        ...rows([...new URL(url).searchParams], '       '),
        ...(metadata.authorization_response_iss_parameter_supported === true
          ? ['     the answer has to name the issuer  [RFC 9207 section 2.3]']
          : []),
      ])
    },
    callback: (parameters) => {
      step(
        'The browser comes back with the answer',
        'RFC 6749 section 4.1.2',
        rows(
          [...parameters].map(([name, value]) => [name, remoteWords(value, [])]),
          '       ',
        ),
      )
    },
    exchange: (sent, answer) => {
      const [title, spec] = titleOf(sent)
      step(title, spec, [
        `     ${sent.method} ${placeOf(sent.url)}`,
        ...rows(sentMembers(sent), '       '),
        ...answerLines(answer),
      ])
    },
  }
}
