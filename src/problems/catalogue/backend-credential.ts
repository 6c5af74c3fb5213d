// Why a backend refuses the proxy, and why the proxy has no credential for it.
import { errorCodes } from '../../base/error-codes.ts'
import { backend } from './backend.ts'
import { says, type ProblemSpec, type Texts } from './spec.ts'

type Ungranted = Texts<'backend' | 'at' | 'grant' | 'error'>

const ungranted = (error: string): Ungranted => ({
  backend: 'files',
  at: 'https://as.example.com/token',
  grant: 'token_exchange',
  error,
})

export const backendCredentialProblems = {
  'backend-auth': {
    ...backend,
    title: 'the backend refused the proxy',
    cases: {
      unauthorized: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} rejected the credential of the proxy (HTTP ${status})${words}`,
        { backend: 'files', status: 401, words: ': the token has expired' },
        'set bearer_token, basic_auth or headers of this backend to a current credential for it, or where oauth obtains a token compare its scopes, resource and audience with what the backend requires; the token of the caller is not at fault',
      ),
      oauth: says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Backend files rejected the credential of the proxy (HTTP 401)' },
        'compare scopes, and resource or audience, in the oauth table of this backend with what the backend requires: it does not accept the token that oauth obtains',
      ),
      shape: says(
        ({ said }: Texts<'said' | 'key' | 'accidents'>) => `${said}`,
        {
          said: 'Backend files rejected the credential of the proxy (HTTP 401)',
          key: 'bearer_token',
          accidents: 'begins with the name of a scheme',
        },
        ({ key, accidents }) => `correct ${key} of this backend: it ${accidents}`,
      ),
      configured: says(
        ({ said }: Texts<'said' | 'key'>) => `${said}`,
        {
          said: 'Backend files rejected the credential of the proxy (HTTP 401)',
          key: 'bearer_token',
        },
        ({ key }) => `set ${key} of this backend to a current credential that is meant for it`,
      ),
      forbidden: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} does not permit the proxy to do this (HTTP ${status})${words}`,
        { backend: 'files', status: 403, words: ': missing scope files:read' },
        'grant the permission to the credential of this backend (bearer_token, basic_auth, oauth or headers); the token of the caller is not at fault',
      ),
      missing: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} asks for a credential, and none is configured for it (HTTP ${status})${words}`,
        { backend: 'files', status: 401, words: '' },
        'configure a credential for this backend: bearer_token = "${VAR}", basic_auth, an oauth table, or headers = { "X-API-Key" = "${VAR}" }; the token of the caller is not at fault',
      ),
      denied: says(
        ({ backend, status, words }: Texts<'backend' | 'status' | 'words'>) =>
          `Backend ${backend} refused the request of the proxy (HTTP ${status})${words}`,
        { backend: 'files', status: 403, words: ': only at localhost' },
        'read the message of the backend: many accept only certain hosts, origins or addresses, others require a credential (bearer_token, basic_auth, oauth or headers)',
      ),
    },
    hint: 'the token of the caller is not at fault; read why the backend refused',
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
        'check issuer or token_endpoint in the oauth table of this backend: it must be the token endpoint of an authorization server, and must issue access tokens of type Bearer',
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
        'compare client_id, the secret or key, and client_auth in the oauth table of this backend with the registration of the client, and check there whether the secret has expired; the token of the caller is not at fault',
      ),
      grant: says(
        ({ backend, at, grant, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} does not allow the client of the proxy to use the grant ${grant}: ${error}`,
        ungranted('unauthorized_client'),
        'allow the client this grant at the authorization server; with token_exchange it needs client_credentials too',
      ),
      subject: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} refuses to exchange the token of the caller: ${error}`,
        ungranted('invalid_request (the subject token is not known)'),
        'check that this authorization server trusts the issuer of the tokens of callers, and set subject_token_type = "jwt" if it expects that type; the token was good for the proxy itself',
      ),
      request: says(
        ({ backend, at, error }: Ungranted) =>
          `No token for backend ${backend}: ${at} refuses the request of the proxy: ${error}`,
        ungranted('invalid_request'),
        'read the error of the authorization server: often it requires scopes, resource or audience in the oauth table of this backend, or rejects one of them',
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
          `No token for backend ${backend}: the caller did not present an access token that can be exchanged`,
        { backend: 'files' },
        'call over HTTP with an access token, or set grant = "client_credentials" for this backend',
      ),
      foreign: says(
        ({ backend }: Texts<'backend'>) =>
          `No token for backend ${backend}: the session belongs to another caller`,
        { backend: 'files' },
        'repeat the call; if it is refused again, please report it',
      ),
    },
    hint: 'the token of the caller is not at fault: find out why the authorization server of the backend does not issue a token to the proxy',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 6749 section 5.2, RFC 8693 section 2.2.2',
  },
} as const satisfies Record<string, ProblemSpec>
