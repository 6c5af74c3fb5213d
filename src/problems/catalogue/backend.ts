// Why a backend could not answer.
import { errorCodes } from '../../base/error-codes.ts'
import { says, type ProblemSpec, type Texts } from './spec.ts'

const backend = {
  group: 'backend',
  severity: 'high',
  refuses: 'always',
  outcome: 'undecided',
} as const

type Ungranted = Texts<'backend' | 'at' | 'grant' | 'error'>

const ungranted = (error: string): Ungranted => ({
  backend: 'files',
  at: 'https://as.example.com/token',
  grant: 'token_exchange',
  error,
})

export const backendProblems = {
  'backend-unavailable': {
    ...backend,
    title: 'the backend is not reachable',
    cases: {
      network: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'connection refused (ECONNREFUSED)' },
        'start the backend, or correct its url; the call was not sent and can be repeated',
      ),
      status: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it answers HTTP 503' },
        'look into the log of the backend; the call was not sent and can be repeated later',
      ),
      busy: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it answers HTTP 429' },
        'repeat the call later: the backend refused it because of too many requests; set concurrency or rate_limit of this backend to what it accepts',
      ),
      program: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it cannot be started (no such program or folder)' },
        'install the program, or write its full path into command, and check cwd',
      ),
      ended: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it exited with code 1' },
        'run the command by hand to see why it ends; the log of the proxy has its standard error',
      ),
      silent: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'no answer to initialize in 10 s' },
        'check that an MCP server answers there, and raise start_timeout_seconds where its start takes longer: a first one (npx, uvx) may have to download the program',
      ),
      further: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} runs, but no further session of it opens for this caller: ${why}`,
        { backend: 'files', why: 'it exited with code 1' },
        'set session = "shared" for this backend where only one process of it can run, or one client be connected: a fixed port, a locked file',
      ),
      starting: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it is still starting' },
        'repeat the call in a few seconds',
      ),
      closing: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it is being closed' },
        'repeat the call: the configuration is being reloaded, or the proxy is shutting down',
      ),
      cancelled: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'the call was cancelled' },
        'repeat the call if it is still needed: it was not sent',
      ),
      'not-started': says(
        ({ backend, command }: Texts<'backend' | 'command'>) =>
          `${backend} is a program that was not started: ${command}`,
        { backend: 'files', command: 'npx' },
        'repeat this with --yes, or agree to the start at a terminal',
      ),
    },
    hint: 'the call was not sent; try again later',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-outcome-unknown': {
    ...backend,
    title: 'the backend went away during the call: its outcome is unknown',
    says: says(
      ({ backend, why }: Texts<'backend' | 'why'>) =>
        `Backend ${backend} went away after the call was sent: it may or may not have been carried out (${why})`,
      { backend: 'files', why: 'it exited with code 1' },
    ),
    hint: 'check whether the call took effect before you repeat it',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-timeout': {
    ...backend,
    title: 'the backend did not answer in time: the outcome of the call is unknown',
    cases: {
      total: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `Backend ${backend} did not answer within ${seconds} s`,
        { backend: 'files', seconds: 30 },
        'check whether the call took effect before you repeat it; raise timeout.seconds for slow tools',
      ),
      idle: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `Backend ${backend} neither answered nor reported progress for ${seconds} s`,
        { backend: 'files', seconds: 30 },
        'check whether the call took effect before you repeat it; raise timeout.idle_seconds, or ask for progress with a progressToken',
      ),
      queued: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `The call waited for backend ${backend} for ${seconds} s and was not sent`,
        { backend: 'files', seconds: 30 },
        'repeat the call: it was not sent; raise concurrency.max_concurrent if the backend can take more calls',
      ),
    },
    hint: 'check whether the call took effect before you repeat it; raise timeout.seconds or timeout.idle_seconds for slow tools',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-circuit': {
    ...backend,
    title: 'too many calls to the backend failed: none is sent for a while',
    cases: {
      open: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `Too many calls to backend ${backend} failed: the call was not sent, nor is any other for ${seconds} s`,
        { backend: 'files', seconds: 30 },
      ),
      'half-open': says(
        ({ backend }: Texts<'backend'>) =>
          `Too many calls to backend ${backend} failed, and a few are finding out whether it works again: the call was not sent`,
        { backend: 'files' },
      ),
    },
    hint: 'repeat the call after data.retryAfter seconds: it was not sent; mcp_proxy_requests_total has the code by which calls to this backend fail',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-protocol': {
    ...backend,
    title: 'the backend answered outside the protocol',
    cases: {
      message: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'not JSON' },
        'fix the backend: the log of the proxy has the message',
      ),
      status: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'HTTP 405' },
        'set url to the MCP endpoint itself: it often ends in /mcp (HTTP+SSE: /sse)',
      ),
      redirect: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'HTTP 308, a redirect to https://files.example.com/mcp' },
        'set url to the address that it redirects to, if that is the server you mean: a redirect to another origin is not followed',
      ),
      type: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'content type text/html' },
        'set url to the MCP endpoint itself: a page or another API answers there',
      ),
      size: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'a message of more than 4194304 bytes' },
        'make the backend send smaller messages, for example with pages, or raise max_message_bytes of it',
      ),
      opening: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'initialize was answered with -32601' },
        'check that an MCP server answers there: correct command and args, or url and transport',
      ),
    },
    hint: 'look into the log of the proxy for the answer that came',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-auth': {
    ...backend,
    title: 'the backend refused the proxy',
    cases: {
      unauthorized: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} rejected the credential of the proxy (HTTP ${status})${words}`,
        { backend: 'files', status: 401, words: ': the token has expired' },
        'set bearer_token, basic_auth or headers of this backend to a current credential for it, or where oauth obtains a token compare its scopes, resource and audience with what the backend wants; the token of the caller is not at fault',
      ),
      forbidden: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} does not allow the proxy what it asked for (HTTP ${status})${words}`,
        { backend: 'files', status: 403, words: ': missing scope files:read' },
        'give the credential of this backend (bearer_token, basic_auth, oauth or headers) the permission to use it; the token of the caller is not at fault',
      ),
      missing: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} asks for a credential, and none is configured for it (HTTP ${status})${words}`,
        { backend: 'files', status: 401, words: '' },
        'give this backend the credential that it asks for: bearer_token, basic_auth, oauth, or headers such as X-API-Key; the token of the caller is not at fault',
      ),
      denied: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} refused the request of the proxy (HTTP ${status})${words}`,
        { backend: 'files', status: 403, words: ': only at localhost' },
        'read what the backend says of it: many let in only certain hosts, origins or addresses, others want a credential (bearer_token, basic_auth, oauth or headers)',
      ),
    },
    hint: 'the token of the caller is not at fault; see what the backend says of the refusal',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-credential': {
    ...backend,
    title: 'the proxy has no credential for the backend',
    cases: {
      unreachable: says(
        ({ backend, at, why }: Texts<'backend' | 'at' | 'why'>) =>
          `No token for backend ${backend}: the authorization server at ${at} does not answer: ${why}`,
        {
          backend: 'files',
          at: 'https://as.example.com/token',
          why: 'connection refused (ECONNREFUSED)',
        },
        'check that the authorization server runs and can be reached from the proxy; the call was not sent and can be repeated, the token of the caller is not at fault',
      ),
      busy: says(
        ({ backend, at, why }: Texts<'backend' | 'at' | 'why'>) =>
          `No token for backend ${backend}: the authorization server at ${at} reports a temporary failure: ${why}`,
        { backend: 'files', at: 'https://as.example.com/token', why: 'HTTP status 503' },
        'check the log of the authorization server; the call was not sent and can be repeated later, the token of the caller is not at fault',
      ),
      malformed: says(
        ({ backend, at, why }: Texts<'backend' | 'at' | 'why'>) =>
          `No token for backend ${backend}: the answer of ${at} is not a token response: ${why}`,
        { backend: 'files', at: 'https://as.example.com/token', why: 'it came as text/html' },
        'check issuer or token_endpoint in the oauth table of this backend: it has to be the token endpoint of an authorization server, and what it grants has to be an access token of the type Bearer',
      ),
      undiscovered: says(
        ({ backend, at, why }: Texts<'backend' | 'at' | 'why'>) =>
          `No token for backend ${backend}: the token endpoint of ${at} is not known: ${why}`,
        {
          backend: 'files',
          at: 'https://as.example.com',
          why: 'its metadata has no token_endpoint',
        },
        ({ at }) =>
          `run mcp-proxy discover ${at}, or write token_endpoint into the oauth table of this backend`,
      ),
      client: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} does not accept the client of the proxy: ${error}`,
        ungranted('invalid_client'),
        'compare client_id, the secret or key, and client_auth in the oauth table of this backend with the registration of the client, and see there whether the secret has expired; the token of the caller is not at fault',
      ),
      grant: says(
        ({ backend, at, grant, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} does not allow the grant ${grant} to the client of the proxy: ${error}`,
        ungranted('unauthorized_client'),
        'allow the client this grant at the authorization server; with token_exchange it needs client_credentials too',
      ),
      subject: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} refuses to exchange the token of the caller: ${error}`,
        ungranted('invalid_request (the subject token is not known)'),
        'see whether this authorization server trusts the issuer of the tokens of callers, and set subject_token_type = "jwt" if it expects that type; the token was good for the proxy itself',
      ),
      request: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} refuses the request of the proxy: ${error}`,
        ungranted('invalid_request'),
        'read what the authorization server says of it: often it wants scopes, resource or audience in the oauth table of this backend, or does not know one of them',
      ),
      scope: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} does not grant the scopes: ${error}`,
        ungranted('invalid_scope'),
        'correct scopes in the oauth table of this backend, or allow the client these scopes',
      ),
      target: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} grants no token for this resource: ${error}`,
        ungranted('invalid_target'),
        'set resource, or audience, in the oauth table of this backend to what the authorization server has registered for it',
      ),
      denied: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: a policy of ${at} denies it: ${error}`,
        ungranted('access_denied'),
        'ask for access at the authorization server: with token_exchange its policy decides about each caller',
      ),
      other: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} answers with the error ${error}`,
        ungranted('account_suspended'),
        'look the error up in the documentation of the authorization server',
      ),
      'no-token': says(
        ({ backend }: Texts<'backend'>) =>
          `No token for backend ${backend}: the caller came without an access token that could be exchanged`,
        { backend: 'files' },
        'call over HTTP with an access token, or set grant = "client_credentials" for this backend',
      ),
      foreign: says(
        ({ backend }: Texts<'backend'>) =>
          `No token for backend ${backend}: the session is that of another caller`,
        { backend: 'files' },
        'repeat the call; if it is refused again, please report it',
      ),
    },
    hint: 'the token of the caller is not at fault: see why the authorization server of the backend grants none to the proxy',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 6749 section 5.2, RFC 8693 section 2.2.2',
  },
} as const satisfies Record<string, ProblemSpec>
