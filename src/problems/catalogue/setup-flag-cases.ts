// Flags and arguments of init, login and key.
import { didYouMean, keepOne } from './usage-words.ts'
import { says, states, type Texts } from './spec.ts'

const backendForm =
  'mcp-proxy init --backend "files=npx -y @modelcontextprotocol/server-filesystem ." --backend search=https://search.example.com/mcp'

const redirectForm =
  'it must point to this machine: http://127.0.0.1/callback, with or without a port'

const otherPort =
  'choose another with --port, or leave it out if the client may be called back on any'

export const setupFlagCases = {
  'backend-form': states('--backend must be name=command or name=url', backendForm),
  'backend-unusable': says(
    ({ name, why }: Texts<'name' | 'why' | 'remedy'>) => `--backend ${name} cannot be used: ${why}`,
    {
      name: 'search',
      why: 'its url is neither http nor https',
      remedy: 'begin its url with https:// (http:// on this machine)',
    },
    ({ remedy }) => `${remedy}`,
  ),
  'import-source': says(
    ({ file, why }: Texts<'file' | 'why'>) => `Nothing can be imported from ${file}: ${why}`,
    { file: '.mcp.json', why: 'no such file' },
    'give the file in which a client has its servers, such as .mcp.json, config.toml of Codex or settings.json of Gemini CLI',
  ),
  'output-exists': says(
    ({ file }: Texts<'file'>) => `${file} exists already`,
    { file: 'proxy.toml' },
    'choose another --output, or --force to replace it',
  ),
  'output-unwritable': says(
    ({ file, why }: Texts<'file' | 'why'>) => `Cannot write ${file}: ${why}`,
    { file: 'conf/proxy.toml', why: 'its folder does not exist' },
    'choose another --output',
  ),
  'file-unwritable': says(
    ({ file, why }: Texts<'file' | 'why'>) => `Cannot write ${file}: ${why}`,
    { file: 'proxy.toml', why: 'permission denied' },
    'check the permissions of the file and of its folder',
  ),
  'env-file': says(
    ({ file, why }: Texts<'file' | 'why'>) => `Cannot read ${file}: ${why}`,
    { file: '.env', why: 'no such file' },
    '--env-file takes a file with a line of NAME=value for each variable',
  ),
  'output-format': states(
    '--output has the extension of YAML or JSON, but init writes TOML',
    'end it with .toml',
  ),
  'bearer-variable': states(
    '--bearer takes the name of an environment variable, not a token',
    'mcp-proxy init --bearer DESK_TOKEN, and the token in DESK_TOKEN when it serves',
  ),
  'address-form': says<Texts<'example'>>(
    () => 'The address must be an http or https URL',
    { example: 'mcp-proxy discover https://id.example.com' },
    ({ example }) => `write the full URL: ${example}`,
  ),
  'address-similar': says<Texts<'meant'>>(
    () => 'It is not certain which address is meant',
    { meant: 'mcp-proxy discover https://mcp.example.com/mcp' },
    didYouMean,
  ),
  'address-several': says(
    ({ n }: Texts<'n' | 'meant'>) => `The text contains ${n} addresses`,
    { n: 2, meant: 'mcp-proxy discover https://mcp.example.com/mcp' },
    ({ meant }) => `pass one of them: ${meant}`,
  ),
  'address-socket': says(
    ({ url }: Texts<'url' | 'http'>) =>
      `${url} is the address of a WebSocket server, which is not asked over HTTP`,
    { url: 'wss://mcp.example.com/mcp', http: 'https://mcp.example.com/mcp' },
    ({ url, http }) =>
      `to try the server: mcp-proxy tools ${url}; for what its host publishes: mcp-proxy discover ${http}`,
  ),
  'address-credential': says<Texts<'meant'>>(
    () => 'The address contains a credential',
    { meant: 'mcp-proxy discover https://mcp.example.com/mcp' },
    ({ meant }) => `leave it out, since reports show the address: ${meant}`,
  ),
  'issuer-twice': states('An address and --issuer are both given', keepOne),
  'client-auth': says<Texts<'methods'>>(
    () => '--client-auth is not a known method',
    { methods: 'client_secret_basic, client_secret_post, private_key_jwt' },
    ({ methods }) => `it is one of ${methods}`,
  ),
  'redirect-form': states('--redirect-uri is not a URL', redirectForm),
  'redirect-elsewhere': states('--redirect-uri is not http on loopback', redirectForm),
  'redirect-query': states('--redirect-uri has a query or a fragment', redirectForm),
  'port-taken': says(
    ({ port }: Texts<'port'>) => `Port ${port} is in use`,
    { port: 8250 },
    otherPort,
  ),
  'port-refused': says(
    ({ port, why }: Texts<'port' | 'why'>) => `Port ${port} cannot be listened on (${why})`,
    { port: 80, why: 'EACCES' },
    otherPort,
  ),
  'resource-form': states(
    '--resource must be an absolute URI without a fragment',
    'name the URL of the MCP server: --resource https://mcp.example.com/mcp',
  ),
  action: says(
    ({ command, actions }: Texts<'command' | 'actions'>) => `${command} takes one of ${actions}`,
    { command: 'key', actions: 'create, list, revoke' },
    ({ command }) => `mcp-proxy ${command} --help shows each with an example`,
  ),
  'action-similar': says(
    ({ command, meant }: Texts<'command' | 'meant'>) =>
      `${command} has no such action; the closest is ${meant}`,
    { command: 'key', meant: 'create' },
    ({ command, meant }) => `did you mean mcp-proxy ${command} ${meant}?`,
  ),
  'key-flag': says(
    ({ flag, action }: Texts<'flag' | 'action'>) => `--${flag} does not go with key ${action}`,
    { flag: 'owner', action: 'list' },
    'it describes a new key: mcp-proxy key create NAME',
  ),
  'config-flag': says(
    ({ flag, action }: Texts<'flag' | 'action'>) => `--${flag} is a flag of config ${action} only`,
    { flag: 'check', action: 'fmt' },
    ({ flag, action }) => `leave it out, or run mcp-proxy config ${action} --${flag}`,
  ),
  'format-toml': states('config fmt formats TOML only', 'for YAML and JSON, use prettier'),
  'migrate-toml': states(
    'migrate reads TOML only',
    'write the configuration as TOML, or compare it with docs/migration.md; serve --check lists what it refuses',
  ),
  'migrate-secret': says(
    ({ file }: Texts<'file'>) => `${file} contains a secret, which is not printed`,
    { file: 'old.toml' },
    'write the new file with --output',
  ),
  'migrate-changes': says(
    ({ file }: Texts<'file'>) => `${file} was not migrated: its comments would change its meaning`,
    { file: 'old.toml' },
    'report this as a bug, with the file but without its secrets',
  ),
  'format-changes': says(
    ({ file }: Texts<'file'>) =>
      `${file} was left as it is: formatting it would change its meaning`,
    { file: 'proxy.toml' },
    'report this as a bug, with the file but without its secrets',
  ),
  'key-name': states(
    'The name of a key must be letters, digits, dots, dashes or underscores',
    'at most 63 of them, the first a letter or a digit: mcp-proxy key create ci',
  ),
  'key-taken': says(
    ({ name, id, file }: Texts<'name' | 'id' | 'file'>) =>
      `${file} already has a key named ${name} (${id})`,
    { name: 'ci', id: 'k4x7mzq2ab', file: 'keys.json' },
    ({ name }) =>
      `choose another name, such as ${name}-2; the old key stays good until it is revoked`,
  ),
  'key-absent': says(
    ({ what }: Texts<'what'>) => `No key has the name or the id ${what}`,
    { what: 'ci' },
    'mcp-proxy key list shows every key with its name and its id',
  ),
  'key-similar': says(
    ({ what }: Texts<'what' | 'meant'>) => `No key has the name or the id ${what}`,
    { what: 'nihgtly', meant: 'nightly' },
    ({ meant }) => `did you mean ${meant}?`,
  ),
  'key-expires': states(
    '--expires is not a time in the future',
    'write a span (90d, 12h, 4w, 1y), a date (2027-01-31), a time with its zone, or never',
  ),
  'key-expires-past': states('--expires is in the past', 'use a time in the future, such as 90d'),
  'key-owner': states(
    '--owner must be printable, at most 200 characters',
    'name a person, a team or an address: --owner build@example.com',
  ),
  'key-scope': states(
    '--scope has a character that no scope can have (RFC 6749 section 3.3)',
    'write scopes as the policy has them: --scope mcp:read --scope mcp:call',
  ),
  'key-role': states('--role is empty', 'name a role of auth.roles: --role reader'),
  'introspect-key': states(
    'This is an API key of mcp-proxy: no authorization server knows it, and none was asked',
    'mcp-proxy validate with --config judges it by the key file',
  ),
  'login-name': states(
    'The name of a login must be lower-case letters, digits, dots, dashes or underscores',
    'at most 63 of them, the first a letter or a digit: --store acme',
  ),
  'login-name-taken': says(
    ({ name, address }: Texts<'name' | 'address'>) =>
      `The name ${name} is taken by the login at ${address}`,
    { name: 'mcp.example.com', address: 'https://mcp.example.com/mcp' },
    'choose another name with --store; the same name with --store replaces that login',
  ),
} as const
