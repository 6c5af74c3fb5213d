// What can keep `login` from a token, and a stored token from being used: nothing of it is about a request to the proxy.
import type { ProblemSpec } from './spec.ts'

const login = {
  group: 'login',
  severity: 'high',
  refuses: 'never',
  outcome: 'rejected',
  http: undefined,
  oauth: undefined,
} as const

export const loginProblems = {
  'login-needed': {
    ...login,
    title: 'a login is needed',
    message: 'There is no usable login: {why}',
    hint: 'log in with mcp-proxy login',
    spec: '',
  },
  'login-declined': {
    ...login,
    title: 'the login was declined',
    message: 'The login was declined: {error}',
    hint: 'log in again, and allow it',
    spec: 'RFC 6749 section 4.1.2.1, RFC 8628 section 3.5',
  },
  'login-timeout': {
    ...login,
    title: 'nobody finished the login in time',
    message: 'Nobody finished the login within {time}',
    hint: 'log in again; --timeout gives more time',
    spec: '',
  },
  'login-client': {
    ...login,
    title: 'there is no client to log in as',
    message: 'The server registers no clients by itself, and no --client-id was given',
    hint: 'register a client there and name it with --client-id',
    spec: 'MCP authorization, RFC 7591',
  },
  'login-refused': {
    ...login,
    title: 'the authorization server refused the request',
    message: 'The {endpoint} refused: {error}',
    hint: 'read the reason that the server gives',
    spec: 'RFC 6749 section 5.2, RFC 7591 section 3.2.2',
  },
  'login-unsupported': {
    ...login,
    title: 'the authorization server does not offer what this login needs',
    message: 'The metadata of {issuer} names no {endpoint}',
    hint: 'choose another flow: --device, or --client-credentials',
    spec: 'RFC 8414 section 2',
  },
  'login-mix-up': {
    ...login,
    severity: 'fatal',
    title: 'the answer came from another authorization server',
    message: 'The authorization response names the issuer {a}, the login was at {b}',
    hint: 'do not use the code; log in again, and find out who answered',
    spec: 'RFC 9207 section 2.4, MCP authorization',
  },
  'login-unreachable': {
    ...login,
    outcome: 'undecided',
    title: 'the authorization server gave no usable answer',
    message: 'No usable answer from {url}: {why}',
    hint: 'check network, proxy and certificate, then try again',
    spec: 'RFC 6749 section 5',
  },
  'login-store': {
    ...login,
    title: 'the token store cannot be used',
    message: 'Cannot use {file}: {why}',
    hint: 'the store belongs to one user alone: chmod 700 its folder and chmod 600 its files',
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
