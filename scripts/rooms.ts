// The rooms of src, in the order of imports: a file imports from its own room and from rooms above it in this table.
// test/architecture.test.ts enforces it; docs/architecture.md and CONTRIBUTING.md show it (npm run generate).

export interface Room {
  /** The folder below src. Its subfolders are rooms of their own. */
  readonly name: string
  /** What it is for, in one line. */
  readonly what: string
  /** The files that other rooms may import; all of them where this is left out. */
  readonly open?: readonly string[]
}

const room = (name: string, what: string, open?: string): Room => ({
  name,
  what,
  ...(open === undefined ? {} : { open: open.split(' ') }),
})

export const rooms: readonly Room[] = [
  room('base', 'ports (clock, randomness, log, metrics), JSON, secrets, cancellation, back-off'),
  room('trace', 'spans of requests as the proxy uses them; how a trace is carried on'),
  room(
    'problems/catalogue',
    'every check and problem: id, severity, title, message, remedy, HTTP status, source',
  ),
  room(
    'problems',
    'the vocabulary of problems: ids, groups, messages with their values, usage errors',
  ),
  room(
    'net/interceptors',
    'what is put around an HTTP dispatcher: recording, budgets, faults of forward proxies',
  ),
  room(
    'net',
    'bounded HTTP exchanges, sockets, name resolution, certificates, forward proxies, network faults',
    'address client-certificate exchange fault forward-proxy http origin-pattern peer-certificate request-path resolve system-ports unanswered www-authenticate',
  ),
  room('mcp', 'the wire: JSON-RPC, methods, revisions, calls and replies, event streams, headers'),
  room(
    'resilience',
    'what is known of the calls at one backend: how they ended, and how many there are',
  ),
  room('core/verdict', 'checks, verdicts, which failed check is the cause, grades, near misses'),
  room(
    'core/token',
    'what a pasted or presented token is: input, structure, header, kind, bearer syntax',
    'api-key-prefix bearer claim-policy credential-signs decoded-token jose-header token-digest token-input token-kind token-shape',
  ),
  room('core/providers', 'what is known about authorization servers of single vendors'),
  room(
    'core/claims',
    'claims of a token: audience, scopes, times, binding, the caller they identify',
  ),
  room('core/client', 'how we authenticate as a client: secrets, assertions, keys'),
  room(
    'core/auth-config',
    'the configuration section [auth] and what it stands for',
    'access-keys auth-config auth-kinds auth-policy client-credentials issuer-config issuer-keys oauth-config possession-config schema secret-schema token-rules',
  ),
  room(
    'core/metadata',
    'discovery of authorization servers and judgement of their metadata (RFC 8414)',
    'clock-check discovery endpoint member-checks members metadata-agreement metadata-checks metadata-source metadata',
  ),
  room(
    'core/keys',
    'key sets, their cache and cool-down, signatures (RFC 7515, RFC 7517)',
    'found-keys jws key-set-request key-set key-source key-thumbprint keys verify-signature',
  ),
  room(
    'core/introspection',
    'token introspection: request, cache, judgement (RFC 7662, RFC 9701)',
    'introspection-asker introspection-comparison introspection-probe introspection-report introspection',
  ),
  room(
    'core/possession',
    'proof of possession: DPoP and client certificates (RFC 9449, RFC 8705)',
    'certificate offer possession possession-memory',
  ),
  room(
    'core/api-keys',
    'API keys of our own: their form, the file that knows them, the judgement of one',
  ),
  room(
    'core/validator',
    'the one construction site of validators: JWT, introspection, both, several issuers',
    'auth-gate authenticate create-validator fallback',
  ),
  room(
    'core/challenge',
    'what a refused or new client is shown: challenge, protected resource metadata (RFC 9728)',
  ),
  room(
    'core/resource',
    'an MCP server as an unauthenticated client finds it',
    'mcp-checks mcp-probes resource-answer resource-checks resource-discovery token-answer token-checks',
  ),
  room(
    'core/investigation',
    'the whole examination behind discover: server, metadata, keys, certificates',
    'certificate-check investigation outcome wrong-authority',
  ),
  room(
    'core/readiness',
    'which clients of which protocol revision get in',
    'readiness-rule readiness',
  ),
  room(
    'core/known-clients',
    'which known MCP clients get in: what each needs, with sources, compared with what was found',
    'admission',
  ),
  room(
    'core/oauth-client',
    'an OAuth client: registration, grants, device flow, revocation',
    'client code-flow device-flow grant refusals registration revocation target wire',
  ),
  room(
    'core/upstream',
    'tokens that the proxy shows at backends: asked for once, kept, exchanged for each caller',
    'token-source upstream-config',
  ),
  room(
    'policy',
    'what an accepted caller may do: roles, scopes of tools, lists, rules; one pure decision',
    'claim-values conditions decision glob policy rules spelling',
  ),
  room(
    'shaping',
    'what of a backend is offered, under which names and descriptions, with which parameters',
    'aliases name-filter name-patterns parameters shape shaping-config words',
  ),
  room(
    'composites',
    'tools of the proxy itself that call tools of backends: their steps, arguments, schemas and results',
    'composite-config input-schema run-steps',
  ),
  room(
    'discovery',
    'finding tools by what they do: the keys, the words of a tool, the index',
    'discovery-config discovery-items tool-index',
  ),
  room('library', 'the public names of the package over core'),
  room('backends', 'the contracts: what a backend is upward, what a transport is downward'),
  room(
    'backends/link',
    'one negotiated link to a server, in its protocol era',
    'changes era-bridge hop link log-level rounds',
  ),
  room('backends/watches', 'subscriptions to resources and tasks of one backend'),
  room(
    'backends/channel',
    'requests and answers over one message stream',
    'channel outgoing pending question-desk',
  ),
  room('backends/stdio', 'servers that are child processes', 'child-group program stdio'),
  room(
    'backends/http',
    'servers over Streamable HTTP and over HTTP+SSE',
    'http-sse http refusal-words round-trip',
  ),
  room('backends/websocket', 'servers over WebSocket', 'websocket'),
  room(
    'backends/sessions',
    'sessions at a backend, one for each caller that needs one',
    'session-pool',
  ),
  room(
    'backends/supervisor',
    'starts a backend, watches over it, and connects again; or opens it once',
    'open single',
  ),
  room('backends/replicas', 'several servers behind the name of one backend', 'open-replicas'),
  room(
    'pins',
    'definitions of tools as they were accepted: their file, how others differ, what is quarantined',
  ),
  room(
    'redis',
    'connections to Redis: of limits that are shared, of answers and decisions that are kept there',
  ),
  room(
    'shared',
    'what replicas of one proxy keep for each other in Redis, sealed: owners of tasks, suspended calls, introspection answers',
  ),
  room(
    'cache',
    'answers that are used again: which calls have the same, where they are kept, what outdates them',
  ),
  room(
    'limits',
    'limits by caller, role, tool, backend or address: their rules and what they have counted',
    'counts flight-counts limits-config redis-store rule-scope window-counts',
  ),
  room(
    'layers',
    'what wraps a handler: audit, metrics, limits, time-outs, retries; the order of the pipeline',
    'attempt-span define limit-rules order outcome repeatable span-words until-up',
  ),
  room('traffic', 'which of several backends gets a call: backups, canaries, mirrors'),
  room(
    'config',
    'the configuration file: schema, loading, rules across sections, where a problem is',
    'admin-config cross-rules difference document edit-backends effective format-toml json-schema key-path load named-files nearest path-map placeholders profile-schema profiles public-url references replace-config schema secret-like shown-backends toml-text toml-tree verify weaker',
  ),
  room(
    'config/clients',
    'configuration files of MCP clients: what init imports and adds, and doctor tries',
    'backend-name entry gather insert-entry knows-proxy places proxy-entry reading variables',
  ),
  room(
    'decisions',
    'decisions of the proxy as they are kept, found and reported: never a token, never a secret',
  ),
  room('proxy/names', 'exposed names and URIs, and where messages contain them'),
  room('proxy/exposure', 'what of the backends a caller may see and use; refusals of the policy'),
  room(
    'proxy/lists',
    'lists of tools, resources and prompts: fetched, merged, filtered for a client',
    'backend-lists entries list-kinds list-pages list-views listing member merged shaped',
  ),
  room('proxy/tasks', 'tasks of backends, each for the caller that started it'),
  room(
    'proxy/own-tools',
    'tools of the proxy itself, as the router and the lists see them',
    'admin-member own-tools target-names',
  ),
  room('proxy/routing', 'from an exposed name to a backend; suspended calls; subscriptions'),
  room(
    'proxy/generation',
    'everything built from one configuration',
    'durable facts-reader generation status',
  ),
  room('server/telemetry', 'where logs and metrics go', 'telemetry'),
  room(
    'server/dialogue',
    'what both doors do with a message: sessions, stateless requests, answers, limits',
  ),
  room(
    'server/tls',
    'TLS of our own listener: its files, the connections below it, certificates of clients',
  ),
  room(
    'server/admin',
    'the admin API: its operations, its OpenAPI document, who may use it',
    'context health-history mcp open-api rights route routes schemas',
  ),
  room(
    'server/http',
    'HTTP: the endpoint, the door for gateways, the admin surface',
    'guard listen mount serve',
  ),
  room(
    'server/reload',
    'another configuration for a running proxy: read, compared, judged, applied',
  ),
  room('server/stdio', 'the stdio door', 'serve-stdio'),
  room('embed', 'a whole proxy in the server of another program', 'proxy-handler'),
  room('cli/terminal', 'input and output of a terminal or a pipe'),
  room('cli/command', 'how a command runs, fails and ends'),
  room('cli/flags', 'flags that several commands share'),
  room(
    'cli/report',
    'how checks are reported: text, JSON, JUnit, Markdown, GitHub, GitLab, SARIF; files beside a report',
    'checks-text difference formats hints http-answer kept-exchanges layout markdown own-file redact saved-exchange subject',
  ),
  room('cli/html', 'reports as one self-contained HTML file, and badges'),
  room('cli/address', 'addresses as people paste them', 'checked-address pasted-address'),
  room(
    'cli/token',
    'where a token and its expectations come from',
    'captured-request client-secret expectations secret-file sendable-token token-lines token-repairs token-source token-view',
  ),
  room(
    'cli/discover',
    'discover',
    'compared-finding discover-address discover-report server-expectations token-report watch-address watch-flag',
  ),
  room(
    'cli/login',
    'login and logout',
    'live-names login-flags login-report login logout-report logout stored-state stored-token',
  ),
  room(
    'cli/validate',
    'validate',
    'judge-token token-text validate-report validate-token verdict-text',
  ),
  room(
    'cli/agreement',
    'discover --token: what the server and we think of one token',
    'discover-token',
  ),
  room('cli/introspect', 'introspect', 'introspect-report introspect-token'),
  room('cli/explain', 'explain', 'explain-check explain-report signs'),
  room('cli/admin', 'the admin surface of a running proxy, as commands ask it'),
  room('cli/records', 'where decisions of a proxy were written, as commands read them'),
  room('cli/why', 'why', 'why why-report'),
  room('cli/tail', 'tail', 'tail'),
  room('cli/backend', 'one MCP server as commands find it, open it and question it'),
  room('cli/call', 'call', 'call-report call-server schema-types'),
  room('cli/tools', 'tools', 'ask-servers list-tools tools-report'),
  room(
    'cli/access',
    'what callers may do: validate --tools, who-can',
    'access-report validate-tools who-can who-can-report',
  ),
  room('cli/replay', 'replay', 'replay replay-report'),
  room('cli/serve', 'serve', 'check-against serve-proxy serve-report serve-stdio'),
  room('cli/doctor', 'doctor', 'doctor-client doctor-config report section'),
  room('cli/init', 'init', 'init-proxy propose report write-file'),
  room('cli/migrate', 'migrate', 'migrate-config report'),
  room('cli/key', 'key', 'key-actions key-report keys'),
  room('cli/pins', 'pins', 'pins-actions pins-report work-on-pins'),
  room('cli/config', 'config', 'config-actions config-report work-on-config'),
  room('cli/guide', 'the guided mode of a bare mcp-proxy'),
  room('commands', 'flags, arguments and help of each command', ''),
  room('.', 'index.ts, the library; main.ts, the program', ''),
]
