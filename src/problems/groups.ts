// The groups of ids in reading order: what each is about, and the command that shows its checks at work.

export interface Group {
  readonly title: string
  readonly about: string
  readonly next: string
}

const validate = 'mcp-proxy validate @token.txt'
const introspect = 'mcp-proxy introspect @token.txt'
const discover = 'mcp-proxy discover https://id.example.com'
const check = 'mcp-proxy serve --check --config proxy.toml'
const serve = 'mcp-proxy serve --config proxy.toml'
const doctor = 'mcp-proxy doctor --config proxy.toml'

export const groups: Readonly<Record<string, Group>> = {
  input: {
    title: 'Input',
    about: 'What was handed over, before it is read as a token.',
    next: validate,
  },
  structure: {
    title: 'Structure',
    about: 'The shape of a JWT and what its header declares.',
    next: validate,
  },
  signature: {
    title: 'Signature',
    about: 'Whether a key of the issuer made the signature.',
    next: 'mcp-proxy validate --follow-iss @token.txt',
  },
  claims: {
    title: 'Claims',
    about: 'Who issued the token, for whom, and what it allows.',
    next: validate,
  },
  time: { title: 'Time', about: 'When the token is valid.', next: validate },
  binding: { title: 'Binding', about: 'Tokens that only one sender may use.', next: validate },
  key: {
    title: 'API key',
    about: 'Keys that mcp-proxy made itself. See also [keys.md](keys.md).',
    next: 'mcp-proxy validate @key.txt --config proxy.toml',
  },
  introspection: {
    title: 'Introspection',
    about: 'What the authorization server answers about a token.',
    next: introspect,
  },
  'key-set': { title: 'Key set', about: 'The published keys of an issuer.', next: discover },
  'authorization-server': {
    title: 'Authorization server',
    about: 'The metadata of an issuer.',
    next: discover,
  },
  'protected-resource': {
    title: 'Protected resource',
    about: 'How an MCP server tells clients where to log in.',
    next: 'mcp-proxy discover https://mcp.example.com/mcp',
  },
  'mcp-server': {
    title: 'MCP server',
    about: 'How an MCP server answers requests, without a token and with one.',
    next: 'mcp-proxy discover https://mcp.example.com/mcp',
  },
  network: {
    title: 'Network',
    about: 'The way to a server: names, addresses, certificates.',
    next: doctor,
  },
  login: {
    title: 'Login',
    about: 'What keeps a login from a token. See also [login.md](login.md).',
    next: 'mcp-proxy login https://mcp.example.com/mcp',
  },
  request: {
    title: 'Request',
    about: 'HTTP and JSON-RPC requests that the proxy refuses before routing them.',
    next: serve,
  },
  name: { title: 'Name', about: 'Names of tools, prompts and resources.', next: doctor },
  policy: { title: 'Policy', about: 'What an accepted caller may do.', next: check },
  limit: { title: 'Limit', about: 'How often and how much.', next: check },
  backend: {
    title: 'Backend',
    about: 'The servers behind the proxy: when one cannot answer, and what it offers.',
    next: doctor,
  },
  config: {
    title: 'Configuration',
    about: 'Mistakes in the configuration file. See also [config.md](config.md).',
    next: check,
  },
  usage: { title: 'Usage', about: 'Mistakes on the command line.', next: 'mcp-proxy --help' },
  admin: {
    title: 'Admin surface',
    about: 'What stands between a person and the decisions that a running proxy keeps.',
    next: 'mcp-proxy tail',
  },
  internal: { title: 'Internal', about: 'Mistakes of ours.', next: 'mcp-proxy --help' },
}
