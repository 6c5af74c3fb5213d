// What can keep `login` from a token, and a stored token from being used: nothing of it is about a request to the proxy.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

export const login = {
  group: 'login',
  severity: 'high',
  refuses: 'never',
  outcome: 'rejected',
  http: undefined,
  oauth: undefined,
} as const

const logIn = ({ command }: Texts<'command'>): string => `log in: ${command}`

export const loginProblems = {
  'login-needed': {
    ...login,
    title: 'a login is needed',
    cases: {
      'refresh-refused': says(
        ({ name }: Texts<'name' | 'command'>) =>
          `The login ${name} has expired: the authorization server no longer accepts its refresh token (invalid_grant)`,
        { name: 'acme', command: 'mcp-proxy login https://mcp.example.com/mcp --store acme' },
        logIn,
      ),
      'no-refresh': says(
        ({ name }: Texts<'name' | 'command'>) =>
          `The login ${name} has expired, and it has no refresh token`,
        { name: 'acme', command: 'mcp-proxy login https://mcp.example.com/mcp --store acme' },
        logIn,
      ),
      absent: says(
        ({ name }: Texts<'name'>) => `No login is named ${name}`,
        { name: 'acme' },
        ({ name }) =>
          `log in: mcp-proxy login <address> --store ${name} (mcp-proxy login --list shows the stored logins)`,
      ),
      missing: says(
        ({ name }: Texts<'name'>) => `No login is named ${name}`,
        { name: 'acme' },
        'mcp-proxy login --list shows the stored logins',
      ),
      asked: says(
        ({ url, status }: Texts<'url' | 'status'>) => `${url} asks for a login (HTTP ${status})`,
        { url: 'https://mcp.example.com/mcp', status: 401 },
        ({ url }) => `log in with mcp-proxy login ${url}, then repeat this with --store`,
      ),
      refused: says(
        ({ url, status, words }: Texts<'url' | 'status' | 'words'>) =>
          `${url} refused the token (HTTP ${status})${words}`,
        { url: 'https://mcp.example.com/mcp', status: 401, words: ': the token has expired' },
        ({ url }) => `get a new token for it: mcp-proxy login ${url}`,
      ),
      forbidden: says(
        ({ url, status, words }: Texts<'url' | 'status' | 'words'>) =>
          `${url} does not permit this with the token (HTTP ${status})${words}`,
        {
          url: 'https://mcp.example.com/mcp',
          status: 403,
          words: ': insufficient_scope, scope files:write',
        },
        ({ url }) => `log in with the scopes that it names (--scope): mcp-proxy login ${url}`,
      ),
      'fewer-headers': says(
        ({ said }: Texts<'said' | 'remedy' | 'header'>) => `${said}`,
        {
          said: 'https://mcp.example.com/mcp asks for a login (HTTP 401)',
          remedy: 'log in with mcp-proxy login https://mcp.example.com/mcp',
          header: 'headers.X-Key',
        },
        ({ remedy, header }) =>
          `${remedy}; if the client gets in without, that is by ${header}, which is not sent here`,
      ),
      terminal: states(
        'A login in the browser needs a terminal, and there is none',
        'use --client-credentials or --device; --no-browser prints the address and waits until it was opened',
      ),
    },
    hint: 'log in with mcp-proxy login',
    spec: '',
  },
  'login-declined': {
    ...login,
    title: 'the login was declined',
    says: says(({ error }: Texts<'error'>) => `The login was declined: ${error}`, {
      error: 'access_denied',
    }),
    hint: 'log in again, and allow the access',
    spec: 'RFC 6749 section 4.1.2.1, RFC 8628 section 3.5',
  },
  'login-timeout': {
    ...login,
    title: 'the login was not finished in time',
    cases: {
      browser: says(
        ({ time }: Texts<'time'>) => `The login in the browser was not finished within ${time}`,
        { time: '5 min' },
        'if the browser showed an error instead of a login, it says why; --timeout allows more time',
      ),
      'foreign-state': says(
        ({ time }: Texts<'time'>) =>
          `The login in the browser was not finished within ${time}: a callback came, with the state of another login, and was ignored`,
        { time: '5 min' },
        'close the browser tabs of earlier logins, which are the usual cause, and log in again at the address that is printed then',
      ),
      code: says(
        ({ time }: Texts<'time'>) => `The code was not entered within ${time}`,
        { time: '15 min' },
        'log in again for a new code',
      ),
    },
    hint: 'log in again; --timeout allows more time',
    spec: '',
  },
  'login-client': {
    ...login,
    title: 'no client is available for the login',
    cases: {
      unregistered: says(
        ({ issuer }: Texts<'issuer'>) =>
          `${issuer} does not register clients itself, and no --client-id was given`,
        { issuer: 'https://id.example.com' },
        'register a client there by hand and pass it with --client-id',
      ),
      redirect: says(
        ({ issuer }: Texts<'issuer' | 'uri'>) =>
          `${issuer} does not register clients itself, and no --client-id was given`,
        { issuer: 'https://id.example.com', uri: 'http://127.0.0.1/callback' },
        ({ uri }) =>
          `register a client there by hand, with the redirect URI ${uri}, and pass it with --client-id`,
      ),
      protected: says(
        ({ endpoint, status, words }: Texts<'endpoint' | 'status' | 'words'>) =>
          `${endpoint} only registers clients that authenticate (HTTP ${status})${words}`,
        {
          endpoint: 'https://id.example.com/register',
          status: 401,
          words: ': invalid_token (an initial access token is required)',
        },
        'register a client by hand and pass it with --client-id',
      ),
      credentials: states(
        'Client credentials need a client that is registered already',
        'pass it with --client-id, and its secret with MCP_PROXY_CLIENT_SECRET or --client-secret-file',
      ),
      address: says(
        ({ why }: Texts<'why'>) => `--client-metadata-url: ${why}`,
        { why: 'is not https' },
        'pass the https URL of the document, with a path',
      ),
      document: says(
        ({ url, why }: Texts<'url' | 'why'>) => `${url}: ${why}`,
        { url: 'https://app.example.com/client.json', why: 'names another client_id' },
        ({ url }) => `set client_id in the document to ${url}, character by character`,
      ),
    },
    hint: 'register a client there and pass it with --client-id',
    spec: 'MCP authorization, RFC 7591',
  },
  'login-store': {
    ...login,
    title: 'the token store cannot be used',
    cases: {
      entry: says(
        ({ file, why }: Texts<'file' | 'why' | 'name'>) => `${file} ${why}`,
        {
          file: '/home/ann/.local/state/mcp-proxy/acme.json',
          why: 'is not a stored login',
          name: 'acme',
        },
        ({ name }) => `log in again, or remove it: mcp-proxy logout ${name} --no-revoke`,
      ),
      foreign: says(
        ({ file }: Texts<'file'>) => `${file} belongs to another user`,
        { file: '/home/ann/.local/state/mcp-proxy' },
        'tokens of others are not used: remove it, or log in as its owner',
      ),
      open: says(
        ({ file, mode }: Texts<'file' | 'mode' | 'wanted'>) =>
          `${file} is open to others (mode ${mode})`,
        { file: '/home/ann/.local/state/mcp-proxy', mode: '755', wanted: '700' },
        ({ file, wanted }) =>
          `chmod ${wanted} ${file}; if others may have read it, mcp-proxy logout`,
      ),
      'no-file': says(
        ({ file }: Texts<'file'>) => `${file} is not a file`,
        { file: '/home/ann/.local/state/mcp-proxy/acme.json' },
        'remove it',
      ),
      'no-folder': says(
        ({ file }: Texts<'file'>) => `${file} is not a folder`,
        { file: '/home/ann/.local/state/mcp-proxy' },
        'remove it',
      ),
      'too-large': says(
        ({ file }: Texts<'file'>) => `${file} is too large for a login`,
        { file: '/home/ann/.local/state/mcp-proxy/acme.json' },
        'remove it',
      ),
      failed: says(
        ({ what, file, why }: Texts<'what' | 'file' | 'why'>) => `Cannot ${what} ${file}: ${why}`,
        { what: 'write', file: '/home/ann/.local/state/mcp-proxy/acme.json', why: 'no space left' },
        'the store is in XDG_STATE_HOME, else in ~/.local/state; nothing was changed',
      ),
    },
    hint: 'the store must be private: chmod 700 its folder and chmod 600 its files',
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
