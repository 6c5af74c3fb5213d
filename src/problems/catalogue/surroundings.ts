// What only shows when the proxy's surroundings are looked at: names and certificates, servers behind it, its public face.
import { advice } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const backend = { group: 'backend', ...advice } as const

const name = { group: 'name', ...advice } as const

const config = { group: 'config', ...advice } as const

const resource = { group: 'protected-resource', ...advice } as const

export const surroundingsProblems = {
  'intro-indiscriminate': {
    group: 'introspection',
    severity: 'fatal',
    ...advice,
    title: 'the authorization server reports every token as active',
    says: states('A random token that was never issued is active here'),
    hint: 'correct introspection_endpoint: this endpoint reports every token as active',
    spec: 'RFC 7662 section 2.2',
  },
  'prm-reach': {
    ...resource,
    severity: 'high',
    outcome: 'undecided',
    title: 'the public address is not reachable from here',
    says: says(
      ({ url, why }: Texts<'url' | 'why'>) => `${url} is not reachable from here: ${why}`,
      { url: 'https://mcp.example.com/mcp', why: 'host not found (ENOTFOUND)' },
    ),
    hint: 'start the proxy and try again, or run this where clients are: what they get could not be established',
    spec: 'RFC 9728 section 3',
  },
  'prm-configured': {
    ...resource,
    severity: 'high',
    title: 'the published metadata does not match this configuration',
    says: says(
      ({ member, found, wanted }: Texts<'member' | 'found' | 'wanted'>) =>
        `${member} is ${found}, the configuration says ${wanted}`,
      {
        member: 'resource',
        found: 'https://old.example.com/mcp',
        wanted: 'https://mcp.example.com/mcp',
      },
    ),
    hint: 'restart the proxy with this configuration, or find out what else answers at public_url',
    spec: 'RFC 9728 section 2',
  },
  'prm-audience': {
    ...resource,
    severity: 'medium',
    title: 'tokens for the public address are not accepted',
    says: says(
      ({ url, audiences }: Texts<'url' | 'audiences'>) =>
        `public_url is ${url}, tokens must name ${audiences}`,
      { url: 'https://mcp.example.com/mcp', audiences: 'api://mcp' },
    ),
    hint: 'clients request tokens for public_url: add it to auth.audience, or make the authorization server map it',
    spec: 'RFC 8707 section 2, MCP authorization',
  },
  'policy-audience': {
    group: 'policy',
    severity: 'high',
    ...advice,
    title: 'tokens for any audience are accepted',
    says: says(
      ({ issuer }: Texts<'issuer'>) =>
        `auth.allow_any_audience: a token that ${issuer} issued for any other server is accepted here too`,
      { issuer: 'https://id.example.com' },
    ),
    hint: 'remove allow_any_audience, so that the public URL is the audience, or set auth.audience to the audience of the tokens',
    spec: 'RFC 8707 section 2, RFC 9068 section 4, MCP authorization',
  },
  'policy-revocation': {
    group: 'policy',
    severity: 'info',
    ...advice,
    title: 'a revoked token works until it expires',
    says: says(
      ({ until }: Texts<'until'>) =>
        `JWTs are judged by their signature alone: a revoked one is accepted until ${until}`,
      { until: 'it expires' },
    ),
    hint: 'keep lifetimes short and set max_lifetime, or set token_validation = "both" with introspect_jwts = true',
    spec: 'RFC 7009, RFC 9700',
  },
  'backend-lists': {
    group: 'backend',
    severity: 'high',
    refuses: 'always',
    outcome: 'undecided',
    http: undefined,
    oauth: undefined,
    title: 'a backend does not list what it declares',
    cases: {
      failed: says(
        ({ kind, method, why }: Texts<'kind' | 'method' | 'why'>) =>
          `The backend declares ${kind}, but ${method} failed: ${why}`,
        { kind: 'tools', method: 'tools/list', why: 'error -32603' },
        'none of them is offered to clients: check the log of the backend for this request',
      ),
      incomplete: says(
        ({ kind, method, why, n }: Texts<'kind' | 'method' | 'why'> & { readonly n: number }) =>
          `${method} does not come to an end after ${n} ${kind}: ${why}`,
        { kind: 'tools', method: 'tools/list', why: 'the same cursor twice', n: 20 },
        'what came is offered to clients: the last page of a list must leave nextCursor out',
      ),
    },
    hint: 'check the log of the backend for this request',
    spec: 'MCP server, tools/list',
  },
  'backend-empty': {
    ...backend,
    severity: 'medium',
    title: 'a backend offers nothing',
    says: states('The backend exposes no tools, prompts or resources'),
    hint: 'check its arguments, its environment and the permissions of its credential',
    spec: '',
  },
  'backend-slow': {
    ...backend,
    severity: 'medium',
    title: 'a backend starts slowly',
    says: says(
      ({ seconds, limit }: Texts<'seconds' | 'limit'>) =>
        `The first answer came after ${seconds} s; calls wait ${limit} s for it`,
      { seconds: 14.2, limit: 10 },
    ),
    hint: 'install the program instead of downloading it at each start (npx, uvx), or find out why it is slow',
    spec: '',
  },
  'backend-tool-shape': {
    ...backend,
    severity: 'high',
    title: 'a tool, prompt or resource is described in a way that clients reject',
    cases: {
      'left-out': says(
        ({ tool, why }: Texts<'tool' | 'why'>) => `${tool} is left out: ${why}`,
        { tool: 'search', why: 'its inputSchema is not of type "object"' },
        'fix it in the backend: many clients drop the whole list because of one such tool',
      ),
      fixed: says(
        ({ tool, why }: Texts<'tool' | 'why'>) => `${tool} is shown in another form: ${why}`,
        { tool: 'search', why: 'it has no inputSchema' },
        'fix it in the backend: without the proxy many clients drop the whole list because of it',
      ),
    },
    hint: 'fix it in the backend',
    spec: 'MCP server, tools, data types',
  },
  'backend-annotations': {
    ...backend,
    severity: 'info',
    title: 'tools lack readOnlyHint and destructiveHint',
    says: says(
      ({ n, total }: Texts<'n' | 'total'>) =>
        `${n} of ${total} tools have neither readOnlyHint nor destructiveHint`,
      { n: 3, total: 5 },
    ),
    hint: 'annotate them in the backend: clients must assume that such a tool is destructive',
    spec: 'MCP server, tool annotations',
  },
  'backend-param-headers': {
    ...backend,
    severity: 'medium',
    title: 'a tool declares an invalid header',
    says: says(({ tool, why }: Texts<'tool' | 'why'>) => `${tool}: ${why}`, {
      tool: 'search',
      why: 'x-mcp-header is empty',
    }),
    hint: 'fix x-mcp-header in the backend: clients of 2026-07-28 leave such a tool out',
    spec: 'MCP 2026-07-28 transports, custom headers from tool parameters',
  },
  'name-length': {
    ...name,
    severity: 'medium',
    title: 'a name is longer than the APIs of models accept',
    says: says(
      ({ name, n, limit }: Texts<'name' | 'n' | 'limit'>) =>
        `${name} has ${n} characters, ${limit} are safe`,
      { name: 'files__read_text_file', n: 71, limit: 64 },
    ),
    hint: 'give the backend a shorter name or prefix',
    spec: 'MCP server, tool names',
  },
  'name-too-long': {
    ...name,
    severity: 'high',
    title: 'a name is longer than the protocol allows',
    says: says(
      ({ name, n, limit }: Texts<'name' | 'n' | 'limit'>) =>
        `${name} has ${n} characters, the protocol allows ${limit}`,
      { name: 'files__read_text_file', n: 140, limit: 128 },
    ),
    hint: 'give the backend a shorter name or prefix',
    spec: 'MCP server, tool names',
  },
  'name-characters': {
    ...name,
    severity: 'medium',
    title: 'a name has characters that the APIs of models reject',
    says: says(
      ({ name }: Texts<'name'>) => `${name} has characters other than letters, digits, "_" and "-"`,
      { name: 'files__read.text' },
    ),
    hint: 'rename it in the backend; a separator or prefix of the proxy should be "__"',
    spec: 'MCP server, tool names',
  },
  'name-duplicate': {
    ...name,
    severity: 'medium',
    title: 'a backend lists the same name twice',
    says: says(
      ({ name }: Texts<'name'>) => `${name} is listed more than once; the first one counts`,
      { name: 'search' },
    ),
    hint: 'fix it in the backend',
    spec: '',
  },
  'name-collision': {
    ...name,
    severity: 'high',
    title: 'two backends offer the same name',
    says: says(
      ({ name, backends, first }: Texts<'name' | 'backends' | 'first'>) =>
        `${name} is offered by ${backends}; calls go to ${first}`,
      { name: 'search', backends: 'web and files', first: 'web' },
    ),
    hint: 'give each of them its own prefix',
    spec: '',
  },
  'config-listen': {
    ...config,
    severity: 'fatal',
    refuses: 'always',
    title: 'the address to listen on is not available',
    says: says(
      ({ address, why }: Texts<'address' | 'why'>) => `Cannot listen on ${address}: ${why}`,
      { address: '127.0.0.1:8080', why: 'the port is in use (EADDRINUSE)' },
    ),
    hint: 'end the process that uses the port, or choose another proxy.listen.port (0: any free one)',
    spec: '',
  },
  'config-open-listener': {
    ...config,
    severity: 'medium',
    title: 'the proxy is open to everyone who can reach it',
    says: says(
      ({ address }: Texts<'address'>) =>
        `Listening on ${address}, reachable from other hosts, without authentication`,
      { address: '0.0.0.0:8080' },
    ),
    hint: 'configure [auth], unless a gateway in front of the proxy authenticates every request',
    spec: 'MCP security best practices',
  },
  'config-secret-shape': {
    ...config,
    severity: 'medium',
    title: 'a secret does not look like one',
    says: says(({ name, why }: Texts<'name' | 'why'>) => `${name}: ${why}`, {
      name: 'auth.client_secret',
      why: 'has quotes around it',
    }),
    hint: 'set the variable to the bare value, as its issuer shows it',
    spec: '',
  },
  'config-tls-unverified': {
    ...config,
    severity: 'high',
    title: 'certificates are not verified',
    says: states(
      'NODE_TLS_REJECT_UNAUTHORIZED=0: anyone on the network path can impersonate every server',
    ),
    hint: 'unset it; trust a private authority with NODE_EXTRA_CA_CERTS',
    spec: 'RFC 9325 section 3.1.1',
  },
  'config-extra-ca': {
    ...config,
    severity: 'medium',
    title: 'the file of additional CA certificates cannot be used',
    says: says(
      ({ why }: Texts<'why'>) => `NODE_EXTRA_CA_CERTS names a file that ${why}: it is ignored`,
      { why: 'does not exist' },
    ),
    hint: 'set it to a readable PEM file with certificates',
    spec: '',
  },
  'config-unmatched': {
    ...config,
    severity: 'medium',
    title: 'the configuration names something that does not exist',
    says: says(
      ({ key, what, where }: Texts<'key' | 'what' | 'where'>) =>
        `${key} names ${what}, and ${where}`,
      { key: 'backends[0].tools', what: 'read_fiel', where: 'the backend has no such tool' },
    ),
    hint: 'correct the name, or the server that should have it',
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
