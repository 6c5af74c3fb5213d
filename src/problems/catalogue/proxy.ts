// What the proxy answers for reasons that are not in the token: requests, policy, limits, backends.
import { errorCodes } from '../../base/error-codes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const request = {
  group: 'request',
  severity: 'fatal',
  refuses: 'always',
  outcome: 'rejected',
} as const
const policy = {
  group: 'policy',
  severity: 'high',
  refuses: 'configured',
  outcome: 'rejected',
} as const
const limit = {
  group: 'limit',
  severity: 'medium',
  refuses: 'configured',
  outcome: 'rejected',
} as const
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
export const proxyProblems = {
  'req-token-missing': {
    ...request,
    title: 'no access token was sent',
    says: states('No Authorization header'),
    hint: 'send Authorization: Bearer <token>; resource_metadata in the challenge leads to the authorization server',
    http: 401,
    oauth: undefined,
    spec: 'RFC 6750 section 3.1',
  },
  'req-authorization-malformed': {
    ...request,
    title: 'the Authorization header is malformed or doubled',
    cases: {
      several: says(
        ({ n }: Texts<'n'>) =>
          `Authorization is not one "Bearer <token>" credential: ${n} Authorization headers`,
        { n: 2 },
        'send exactly one Authorization header: a proxy in front may add its own',
      ),
      scheme: says(
        ({ scheme }: Texts<'scheme'>) =>
          `Authorization is not one "Bearer <token>" credential: the scheme is ${scheme}`,
        { scheme: 'Basic' },
        'send the token with the scheme Bearer',
      ),
      bare: states(
        'Authorization is not one "Bearer <token>" credential: no Bearer scheme',
        'put "Bearer " before the token',
      ),
      doubled: states(
        'Authorization is not one "Bearer <token>" credential: the scheme is doubled',
        'leave out "Bearer" in the setting that contains the token: the client adds it',
      ),
      words: states(
        'Authorization is not one "Bearer <token>" credential: more than one token',
        'send one token without spaces or line breaks in it',
      ),
    },
    hint: 'send exactly one Authorization header with the scheme Bearer and one token',
    http: 400,
    oauth: 'invalid_request',
    spec: 'RFC 6750 section 3.1',
  },
  'req-http': {
    ...request,
    title: 'the request is not valid HTTP',
    says: says(({ why }: Texts<'why'>) => `Not a valid HTTP/1.1 request: ${why}`, {
      why: 'the Host header is missing',
    }),
    hint: 'compare what is sent with RFC 9112; look at what rewrites requests on the way',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 9112 section 2.2',
  },
  'req-tls': {
    ...request,
    title: 'the TLS handshake failed',
    cases: {
      plain: states('Plain HTTP was sent to an HTTPS port', 'begin the URL with https://'),
      unexpected: states(
        'A TLS handshake was sent to a plain HTTP port',
        'begin the URL with http://, or set proxy.tls',
      ),
      slow: states(
        'The TLS handshake did not complete in time',
        'look for a slow network, or for a client that waits for the server to speak first',
      ),
      failed: says(({ why }: Texts<'why'>) => `The TLS handshake failed: ${why}`, {
        why: 'tlsv1 alert unknown ca',
      }),
    },
    hint: 'compare the TLS versions, and the authorities that the client trusts, with proxy.tls',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 8446 section 6',
  },
  'req-client-certificate': {
    ...request,
    title: 'a client certificate is required',
    says: says(({ why }: Texts<'why'>) => `A client certificate is required: ${why}`, {
      why: 'the TLS connection brought none',
    }),
    hint: 'connect with a client certificate that proxy.tls.client_ca accepts',
    http: 403,
    oauth: undefined,
    spec: 'RFC 8446 section 4.4.2',
  },
  'verify-original': {
    ...request,
    title: 'the gateway reports no clear original request',
    cases: {
      conflict: says(
        ({ one, other }: Texts<'one' | 'other'>) =>
          `The headers ${one} and ${other} report different original requests`,
        { one: 'x-original-method', other: 'x-forwarded-method' },
        ({ other, one }) =>
          `let the gateway set one of ${one} and ${other} and remove the other, which clients can send`,
      ),
      unreadable: says(
        ({ name }: Texts<'name'>) => `The header ${name} is repeated, or not what it should be`,
        { name: 'x-original-uri' },
        'let the gateway overwrite the header with the method, or the path and query, of the original request',
      ),
    },
    hint: 'docs/verify.md has configurations of gateways',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: '',
  },
  'verify-query': {
    ...request,
    title: 'the query of the verify door is not valid',
    cases: {
      unknown: says(
        ({ name }: Texts<'name'>) => `There is no query parameter ${name} here`,
        { name: '"scopes"' },
        'correct the URL in the gateway: scope is the only parameter, and the query of clients does not belong there',
      ),
      scope: states(
        'scope is not a list of scopes, separated by spaces',
        'correct the URL in the gateway: spaces are written %20, and at least one scope is named',
      ),
    },
    hint: 'docs/verify.md has configurations of gateways',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 6749 section 3.3',
  },
  'verify-identity': {
    ...request,
    title: 'the identity of the caller is too large for headers',
    says: says(
      ({ size, limit }: Texts<'size' | 'limit'>) =>
        `The headers about the caller have ${size} bytes, more than ${limit}`,
      { size: 9000, limit: 8192 },
    ),
    hint: 'take what is long, such as scopes, out of verify.headers',
    http: 403,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: '',
  },
  'req-head-size': {
    ...request,
    title: 'the request head is too large',
    says: says(({ why }: Texts<'why'>) => `The head of the request is too large: ${why}`, {
      why: 'it has more than 2000 headers',
    }),
    hint: 'send fewer or shorter headers',
    http: 431,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 6585 section 5',
  },
  'req-timeout': {
    ...request,
    title: 'the request did not arrive in time',
    says: states('The request did not arrive whole in time'),
    hint: 'send the request again without pauses; look for a slow network or a proxy that buffers',
    http: 408,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 9110 section 15.5.9',
  },
  'req-host': {
    ...request,
    title: 'the Host header is not allowed',
    says: says(({ host }: Texts<'host'>) => `Host ${host} is not allowed here`, {
      host: '"internal.example"',
    }),
    hint: 'call the address that the proxy publishes, or add the host to security.allowed_hosts',
    http: 403,
    oauth: undefined,
    spec: 'MCP transports, security warning (DNS rebinding)',
  },
  'req-origin': {
    ...request,
    title: 'the Origin is not allowed',
    says: says(({ origin }: Texts<'origin'>) => `Origin ${origin} is not allowed here`, {
      origin: '"https://page.example"',
    }),
    hint: 'add the origin to security.allowed_origins',
    http: 403,
    oauth: undefined,
    spec: 'MCP transports, security warning (DNS rebinding)',
  },
  'req-body-size': {
    ...request,
    title: 'the request body is too large',
    says: says(({ limit }: Texts<'limit'>) => `The body is larger than ${limit} bytes`, {
      limit: 4_194_304,
    }),
    hint: 'send less, or raise security.max_body_bytes',
    http: 413,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 9110 section 15.5.14',
  },
  'req-json': {
    ...request,
    title: 'the body is not JSON',
    says: states('The body is not valid JSON'),
    hint: 'send one JSON-RPC message as UTF-8 JSON',
    http: 400,
    jsonrpc: errorCodes.parseError,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 5.1',
  },
  'req-depth': {
    ...request,
    title: 'the body is nested too deeply',
    says: says(({ limit }: Texts<'limit'>) => `The body is nested deeper than ${limit} levels`, {
      limit: 100,
    }),
    hint: 'send flatter arguments',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 8259 section 9',
  },
  'req-shape': {
    ...request,
    title: 'the body is not a JSON-RPC message',
    says: says(({ why }: Texts<'why'>) => `Not a JSON-RPC 2.0 message: ${why}`, {
      why: 'jsonrpc is not "2.0"',
    }),
    hint: 'send a request with jsonrpc, id and method, or a notification',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 4',
  },
  'req-method': {
    ...request,
    title: 'the method is not offered',
    cases: {
      unknown: says(({ method }: Texts<'method'>) => `Method ${method} is not offered here`, {
        method: '"tools/run"',
      }),
      'no-tasks': says(
        ({ backend }: Texts<'backend'>) =>
          `Tools of ${backend} cannot be called as tasks: it runs none for sessions of this revision`,
        { backend: 'files' },
        'call the tool without task',
      ),
    },
    hint: 'ask server/discover or initialize for the capabilities',
    http: 200,
    jsonrpc: errorCodes.methodNotFound,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 5.1',
  },
  'req-params': {
    ...request,
    title: 'the parameters are not valid',
    cases: {
      invalid: says(({ why }: Texts<'why'>) => `Invalid parameters: ${why}`, {
        why: 'params is not an object',
      }),
      cursor: states(
        'Invalid parameters: the cursor is not one of ours',
        'list from the beginning: leave the cursor out',
      ),
      state: states(
        'Invalid parameters: requestState is not valid for this request',
        'repeat the call from the beginning: the state was used already, is too old, or belongs to another call',
      ),
      level: states(
        'Invalid parameters: level is not a log level',
        'use one of debug, info, notice, warning, error, critical, alert, emergency',
      ),
      early: says(
        ({ meta }: Texts<'meta'>) =>
          `Invalid parameters: _meta lacks ${meta}, and initialize was not sent`,
        { meta: 'io.modelcontextprotocol/protocolVersion' },
        'send initialize first, or state the protocol version in _meta of every request',
      ),
    },
    hint: 'compare the call with the MCP specification',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 5.1',
  },
  'req-header-mismatch': {
    ...request,
    title: 'a header contradicts the body',
    says: says(({ header }: Texts<'header'>) => `${header} does not match the body`, {
      header: 'Mcp-Method',
    }),
    hint: 'send the standard headers with the values of the body',
    http: 400,
    jsonrpc: errorCodes.headerMismatch,
    oauth: undefined,
    spec: 'MCP 2026-07-28 transports, standard headers',
  },
  'req-version': {
    ...request,
    title: 'the protocol version is not supported',
    says: says(({ version }: Texts<'version'>) => `Protocol version ${version} is not supported`, {
      version: '"2099-01-01"',
    }),
    hint: 'use one of the supported versions that the answer lists',
    http: 400,
    jsonrpc: errorCodes.unsupportedProtocolVersion,
    oauth: undefined,
    spec: 'MCP 2026-07-28 versioning',
  },
  'req-session': {
    ...request,
    title: 'the session is unknown',
    says: states('No such session'),
    hint: 'send initialize again',
    http: 404,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'MCP 2025-11-25 transports, session management',
  },
  'req-session-missing': {
    ...request,
    title: 'the session id is missing',
    says: states('Mcp-Session-Id is missing'),
    hint: 'send the id that initialize returned',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'MCP 2025-11-25 transports, session management',
  },
  'name-unknown': {
    ...request,
    group: 'name',
    title: 'no such tool, prompt or resource',
    cases: {
      unknown: says(
        ({ kind, name }: Texts<'kind' | 'name'>) => `${kind} ${name} is not known here`,
        { kind: 'Tool', name: '"files__read"' },
        'list first; names have the prefix of their backend',
      ),
      similar: says(
        ({ kind, name, near }: Texts<'kind' | 'name' | 'near'>) =>
          `${kind} ${name} is not known here; did you mean ${near}?`,
        { kind: 'Tool', name: '"read_text_file"', near: '"files__read_text_file"' },
        'use the name as it is listed, with the prefix of its backend',
      ),
    },
    hint: 'list first; names have the prefix of their backend',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: 'MCP server/tools, error handling',
  },
  'policy-admin': {
    ...policy,
    refuses: 'always',
    title: 'the admin surface is not open to this caller',
    says: states(
      'The admin surface requires its token, or a loopback caller of a loopback listener with no proxy between them',
    ),
    hint: 'set security.admin_token and send it as Authorization: Bearer <token>',
    http: 403,
    oauth: undefined,
    spec: '',
  },
  'policy-role': {
    ...policy,
    title: 'no role of the caller permits it',
    cases: {
      none: says(
        ({ target }: Texts<'target'>) => `The caller has no role, so ${target} is refused`,
        { target: 'tool "write_file" of backend files' },
        'map a value of the claim auth.role_mapping.claim to a role, or set auth.role_mapping.default_deny = false',
      ),
      denied: says(
        ({ role, pattern, target }: Texts<'role' | 'pattern' | 'target'>) =>
          `Role ${role} denies ${target} by the pattern ${pattern}`,
        { role: '"reader"', pattern: '"*/write_*"', target: 'tool "write_file" of backend files' },
        'change the deny list of the role, or give the caller other roles: a deny list wins over every allow list',
      ),
      unlisted: says(
        ({ roles, target }: Texts<'roles' | 'target'>) =>
          `No role of the caller allows ${target}; the roles are ${roles}`,
        { roles: '"reader"', target: 'tool "write_file" of backend files' },
        'add the name to the allow list of a role, or give the caller another role',
      ),
    },
    hint: 'look at auth.roles and auth.role_mapping',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-token': {
    ...policy,
    title: 'the lists of the token do not permit it',
    cases: {
      denied: says(
        ({ token, pattern, target }: Texts<'token' | 'pattern' | 'target'>) =>
          `${token} denies ${target} by the pattern ${pattern}`,
        {
          token: 'auth.scoped_tokens[0]',
          pattern: '"*/write_*"',
          target: 'tool "write_file" of backend files',
        },
        'change the deny list of the token: it wins over the allow list',
      ),
      unlisted: says(
        ({ token, target }: Texts<'token' | 'target'>) => `${token} does not allow ${target}`,
        { token: 'auth.scoped_tokens[0]', target: 'tool "write_file" of backend files' },
        'add the name to the allow list of the token',
      ),
    },
    hint: 'look at auth.scoped_tokens',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-filter': {
    ...policy,
    title: 'the configuration does not offer it',
    cases: {
      hidden: says(
        ({ key, target, pattern }: Texts<'key' | 'target' | 'pattern'>) =>
          `${key} hides ${target} by the pattern ${pattern}`,
        {
          key: 'hide_tools',
          target: 'tool "write_file" of backend files',
          pattern: '"write_*"',
        },
        'change the list of the backend if callers should have it',
      ),
      unlisted: says(
        ({ key, target }: Texts<'key' | 'target'>) => `No pattern of ${key} matches ${target}`,
        { key: 'expose_tools', target: 'tool "write_file" of backend files' },
        'add its name to the list of the backend if callers should have it',
      ),
      long: says(
        ({ key, target, limit }: Texts<'key' | 'target' | 'limit'>) =>
          `${target} has more than ${limit} characters, so ${key} cannot be compared with it`,
        { key: 'hide_resources', target: 'resource "file:///a" of backend files', limit: 4096 },
        'use a shorter URI',
      ),
    },
    hint: 'look at the expose_ and hide_ keys of the backend',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-rule': {
    ...policy,
    title: 'a rule does not permit it',
    cases: {
      denied: says(
        ({ rule, target }: Texts<'rule' | 'target'>) => `The rule ${rule} denies ${target}`,
        { rule: 'auth.rules[0]', target: 'tool "write_file" of backend files' },
        'look at what the condition of the rule says of this caller',
      ),
      unallowed: says(
        ({ rules, target }: Texts<'rules' | 'target'>) =>
          `No rule allows ${target}; the rules about it are ${rules}`,
        { rules: 'auth.rules[0]', target: 'tool "write_file" of backend files' },
        'make the condition of one of the rules true for this caller, or add a rule that is',
      ),
      failed: says(
        ({ rule, target, why }: Texts<'rule' | 'target' | 'why'>) =>
          `The rule ${rule} cannot be evaluated, so ${target} is refused: ${why}`,
        {
          rule: 'auth.rules[0]',
          target: 'tool "write_file" of backend files',
          why: 'No such key: dept',
        },
        'ask with has() before the condition reads a claim that may be missing',
      ),
    },
    hint: 'look at auth.rules',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-annotation': {
    ...policy,
    title: 'the annotations of the tool do not permit it',
    cases: {
      destructive: says(
        ({ target }: Texts<'target'>) =>
          `By its annotations ${target} may destroy something, and hide_destructive is set`,
        { target: 'tool "write_file" of backend files' },
        'let the server annotate the tool with destructiveHint: false or readOnlyHint: true where that is so, or unset hide_destructive',
      ),
      writes: says(
        ({ target }: Texts<'target'>) =>
          `By its annotations ${target} does not only read, and read_only_only is set`,
        { target: 'tool "write_file" of backend files' },
        'let the server annotate the tool with readOnlyHint: true where that is so, or unset read_only_only',
      ),
      unknown: says(
        ({ target }: Texts<'target'>) =>
          `The annotations of ${target} are not known, since it is in no list of the backend at hand`,
        { target: 'tool "write_file" of backend files' },
        'try again when the backend has listed its tools; if it cannot, mcp-proxy doctor says why',
      ),
    },
    hint: 'look at hide_destructive and read_only_only of the backend',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: 'MCP schema, ToolAnnotations',
  },
  'policy-argument': {
    ...policy,
    title: 'the arguments are not permitted',
    cases: {
      size: says(
        ({ size, limit }: Texts<'size' | 'limit'>) =>
          `The arguments have ${size} bytes; at most ${limit} are allowed`,
        { size: 70_000, limit: 65_536 },
        'send less, or raise security.max_argument_size',
      ),
      rule: says(
        ({ rule, message }: Texts<'rule' | 'message'>) =>
          `The rule ${rule} refuses these arguments${message}`,
        { rule: 'auth.rules[0]', message: ': only files below /srv' },
        'send other arguments, or look at the condition of the rule',
      ),
      failed: says(
        ({ rule, why }: Texts<'rule' | 'why'>) =>
          `The rule ${rule} cannot be evaluated on these arguments: ${why}`,
        { rule: 'auth.rules[0]', why: 'No such key: path' },
        'send the arguments that the rule reads, or ask with has() before the condition reads them',
      ),
    },
    hint: 'send other arguments',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-scope': {
    ...policy,
    title: 'this tool needs more scopes',
    says: says(
      ({ missing, needed }: Texts<'missing' | 'needed'>) =>
        `This tool needs the scopes ${needed}; missing are ${missing}`,
      { missing: '"files:write"', needed: '"files:read", "files:write"' },
    ),
    hint: 'log in again with the scopes that the challenge names',
    http: 403,
    jsonrpc: errorCodes.invalidParams,
    oauth: 'insufficient_scope',
    spec: 'RFC 6750 section 3.1, MCP authorization (scope challenge handling)',
  },
  'limit-rate': {
    ...limit,
    title: 'too many requests',
    cases: {
      all: says(
        ({ requests, seconds }: Texts<'requests' | 'seconds'>) =>
          `More than ${requests} requests in ${seconds} s`,
        { requests: 60, seconds: 60 },
        'wait as long as Retry-After says, or raise requests of proxy.rate_limit',
      ),
      rule: says(
        ({ rule, requests, seconds }: Texts<'rule' | 'requests' | 'seconds'>) =>
          `The limit ${rule} allows ${requests} requests in ${seconds} s`,
        { rule: 'per-caller', requests: 60, seconds: 60 },
        'wait as long as Retry-After says, or raise requests of the rule in limits.rules',
      ),
    },
    hint: 'wait as long as Retry-After says, or raise requests of proxy.rate_limit or of the rule in limits.rules',
    http: 429,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 6585 section 4',
  },
  'limit-backend-rate': {
    ...limit,
    title: 'too many requests for this backend',
    says: says(
      ({ backend, requests, seconds }: Texts<'backend' | 'requests' | 'seconds'>) =>
        `Backend ${backend} accepts ${requests} requests in ${seconds} s`,
      { backend: 'files', requests: 10, seconds: 1 },
    ),
    hint: 'wait data.retryAfter seconds, or raise the rate limit of this backend',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'limit-calls': {
    ...limit,
    refuses: 'always',
    title: 'too many calls in flight',
    cases: {
      all: says(
        ({ limit }: Texts<'limit'>) => `No more than ${limit} calls can be in flight at a time`,
        { limit: 1000 },
        'wait for an answer and try again, or raise proxy.max_calls or proxy.max_calls_per_caller',
      ),
      rule: says(
        ({ rule, limit }: Texts<'rule' | 'limit'>) =>
          `The limit ${rule} allows ${limit} calls at a time`,
        { rule: 'slow-tools', limit: 4 },
        'wait for an answer and try again, or raise max_concurrent of the rule in limits.rules',
      ),
    },
    hint: 'wait for an answer and try again, or raise proxy.max_calls, proxy.max_calls_per_caller or max_concurrent of the rule in limits.rules',
    http: 429,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 6585 section 4',
  },
  'limit-store': {
    ...limit,
    outcome: 'undecided',
    title: 'requests cannot be counted now',
    cases: {
      uncounted: says(
        ({ rule }: Texts<'rule'>) => `The limit ${rule} cannot count requests now`,
        { rule: 'per-caller' },
        'try again as Retry-After says; the proxy needs its Redis, unless limits.redis.on_failure = "open"',
      ),
      open: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `Redis at ${address} does not count requests (${why}): each process counts on its own`,
        { address: '10.0.0.5:6379', why: 'connect ECONNREFUSED 10.0.0.5:6379' },
        'start Redis, or look at limits.redis: its url, its password and timeout_seconds',
      ),
      closed: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `Redis at ${address} does not count requests (${why}): calls that have to be counted are refused`,
        { address: '10.0.0.5:6379', why: 'no answer in 0.25 s' },
        'start Redis, or look at limits.redis: its url, its password and timeout_seconds',
      ),
    },
    hint: 'start Redis, or look at limits.redis',
    http: 503,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 9110 section 15.6.4',
  },
  'limit-connections': {
    ...limit,
    refuses: 'always',
    title: 'too many open connections',
    says: says(
      ({ limit }: Texts<'limit'>) =>
        `No more than ${limit} connections can be open at one time, and all are in use`,
      { limit: 10_000 },
    ),
    hint: 'try again later, or raise proxy.max_connections',
    http: 503,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 9110 section 15.6.4',
  },
  'limit-introspection': {
    ...limit,
    refuses: 'always',
    outcome: 'undecided',
    title: 'too many tokens that are not known yet wait for an answer',
    says: says(
      ({ whose }: Texts<'whose'>) => `Too many introspection calls are waiting: ${whose}`,
      {
        whose: 'of unknown tokens from this address',
      },
    ),
    hint: 'try again as Retry-After says; behind a load balancer all callers are one address, so limit them there',
    http: 503,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 7662 section 4',
  },
  'limit-suspensions': {
    ...limit,
    refuses: 'always',
    title: 'too many calls wait for an answer from their client',
    says: states('No more calls can wait for an answer at one time'),
    hint: 'answer the open questions; each waits for ten minutes',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'MCP 2026-07-28 multi round-trip requests',
  },
  'limit-rounds': {
    ...limit,
    refuses: 'always',
    title: 'the backend keeps asking',
    says: says(
      ({ limit }: Texts<'limit'>) => `The server asked more than ${limit} times in one call`,
      { limit: 10 },
    ),
    hint: 'the call was given up; report it to the operator of the backend',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'MCP 2026-07-28 multi round-trip requests',
  },
  'limit-streams': {
    ...limit,
    refuses: 'always',
    title: 'too many open subscriptions',
    says: states('No more subscriptions can be open at one time'),
    hint: 'end a subscription that is not needed; one can listen for everything',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'MCP 2026-07-28 subscriptions',
  },
  'limit-sessions': {
    ...limit,
    refuses: 'always',
    title: 'too many sessions at this backend',
    says: says(
      ({ backend, limit }: Texts<'backend' | 'limit'>) =>
        `Backend ${backend} has ${limit} sessions for callers, and all are in use`,
      { backend: 'files', limit: 50 },
    ),
    hint: 'try again later, or raise max_sessions of the backend',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
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
    says: says(
      ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
        `Backend ${backend} did not answer within ${seconds} s`,
      { backend: 'files', seconds: 30 },
    ),
    hint: 'check whether the call took effect before you repeat it; raise timeout.seconds for slow tools',
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
  'internal-error': {
    group: 'internal',
    severity: 'fatal',
    refuses: 'always',
    outcome: 'undecided',
    title: 'an error inside the proxy',
    cases: {
      call: states('Internal error'),
      command: says(
        ({ kind, report }: Texts<'kind' | 'report'>) =>
          `Internal error (${kind}, report ${report})`,
        { kind: 'TypeError', report: '1f0c9a3e' },
        'run again with MCP_PROXY_DEBUG=1 to see where, and please report it',
      ),
    },
    hint: 'the log has the details under the request id; please report it',
    http: 500,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
