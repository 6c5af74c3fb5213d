// Flags and arguments of the commands that ask an MCP server.
import { didYouMean, keepOne } from './usage-words.ts'
import { says, states, type Texts } from './spec.ts'

// Where several cases have one remedy.
const argumentForm =
  'write name=value, name:=JSON, or all of them as one object: \'{"name": "value"}\''

const oneObject = 'it must be one object: {"name": "value"}'

export const serverFlagCases = {
  'command-absent': states(
    'No command follows "--"',
    'mcp-proxy tools -- npx -y @modelcontextprotocol/server-everything',
  ),
  'transport-elsewhere': says<Texts<'whose'>>(
    ({ whose }) => `--transport is for addresses: ${whose}`,
    { whose: 'a command speaks on its input and output' },
    'leave it out',
  ),
  'transport-scheme': says(
    ({ transport, scheme }: Texts<'transport' | 'scheme' | 'wanted'>) =>
      `--transport ${transport} does not go with an address of ${scheme}//`,
    { transport: 'websocket', scheme: 'https:', wanted: 'ws:// or wss://' },
    ({ wanted }) => `use ${wanted}`,
  ),
  'token-in-clear': states(
    'The token would be sent in the clear: the address is plain http and not on this machine',
    'use https, or --allow-http if the network path is safe',
  ),
  'token-characters': says(
    ({ source }: Texts<'source'>) =>
      `The token from ${source} is empty, or has characters that no header can have`,
    { source: 'token.txt' },
    'mcp-proxy validate says what is wrong with it',
  ),
  'credential-elsewhere': says<Texts<'whose'>>(
    ({ whose }) => `--store and --token are for addresses: ${whose}`,
    { whose: 'a backend has its bearer_token in the configuration' },
    'leave them out, or give the address of the server',
  ),
  'token-for-issuer': states(
    'A token is shown to an MCP server, and --as issuer says that the address is not one',
    'leave --as out and give the URL of the MCP server; mcp-proxy validate --issuer judges a token by an issuer',
  ),
  'login-of-another': says(
    ({ name, origin }: Texts<'name' | 'origin' | 'address'>) =>
      `The login ${name} is for ${origin}, and its token is not sent to other servers`,
    {
      name: 'acme',
      origin: 'https://mcp.example.com',
      address: 'https://other.example.com/mcp',
    },
    ({ address, name }) => `log in there: mcp-proxy login ${address} --store ${name}-2`,
  ),
  'unknown-backend': says(
    ({ file, name }: Texts<'file' | 'name' | 'names'>) => `${file} has no backend called ${name}`,
    { file: 'proxy.toml', name: 'mail', names: 'files, search' },
    ({ names }) => `its backends are ${names}`,
  ),
  'similar-backend': says(
    ({ file, name }: Texts<'file' | 'name' | 'meant'>) => `${file} has no backend called ${name}`,
    { file: 'proxy.toml', name: 'fils', meant: 'files' },
    didYouMean,
  ),
  'unknown-item': says(
    ({ kind, name }: Texts<'kind' | 'name' | 'names'>) => `No ${kind} is named ${name}`,
    { kind: 'tool', name: 'weather', names: 'echo, search' },
    ({ kind, names }) => `the ${kind}s are ${names}`,
  ),
  'similar-item': says(
    ({ kind, name }: Texts<'kind' | 'name' | 'meant'>) => `No ${kind} is named ${name}`,
    { kind: 'tool', name: 'ecko', meant: 'echo' },
    didYouMean,
  ),
  'unplaced-tool': says(
    ({ file, name }: Texts<'file' | 'name' | 'prefixes'>) =>
      `No backend of ${file} can have a tool that clients see as ${name}`,
    { file: 'proxy.toml', name: 'weather', prefixes: 'files__, search__' },
    ({ prefixes }) =>
      `such names begin with ${prefixes}; or give the backend and its own name for the tool: files read_file`,
  ),
  'no-items': says(
    ({ kind, name }: Texts<'kind' | 'name'>) => `No ${kind} is named ${name}`,
    { kind: 'prompt', name: 'greet' },
    ({ kind }) => `the server offers no ${kind}s`,
  ),
  'argument-unnamed': states('An argument has no name', argumentForm),
  'unknown-argument': says(
    ({ name }: Texts<'name' | 'names'>) => `Unknown argument ${name}`,
    { name: 'colour', names: 'it takes query, limit' },
    ({ names }) => `${names}`,
  ),
  'similar-argument': says(
    ({ name }: Texts<'name' | 'meant'>) => `Unknown argument ${name}`,
    { name: 'qurey', meant: 'query' },
    didYouMean,
  ),
  'argument-like-token': states('Unknown argument (hidden: it may be a token)', argumentForm),
  'argument-value': says(
    ({ name, fault }: Texts<'name' | 'fault' | 'wanted'>) => `${name} ${fault}`,
    { name: 'limit', fault: 'has to be integer', wanted: 'integer' },
    ({ name, wanted }) => `${name} is ${wanted}`,
  ),
  'arguments-unreadable': says(
    ({ file, why }: Texts<'file' | 'why'>) => `Cannot read the arguments from ${file}: ${why}`,
    { file: 'arguments.json', why: 'no such file' },
    'check the path',
  ),
  'arguments-json': says(
    ({ from }: Texts<'from'>) => `The arguments from ${from} are not JSON`,
    { from: 'standard input' },
    oneObject,
  ),
  'arguments-object': says(
    ({ from }: Texts<'from'>) => `The arguments from ${from} are not a JSON object`,
    { from: 'standard input' },
    oneObject,
  ),
  'arguments-mixed': states(
    'Arguments are either one JSON object or name=value, not both',
    'put all of them into the object, or write each as name=value',
  ),
  'resource-arguments': states(
    'A resource takes no arguments',
    'leave out what comes after the address',
  ),
  'result-unwritable': says(
    ({ file, why }: Texts<'file' | 'why'>) => `--output: ${file} cannot be written (${why})`,
    { file: 'logo.png', why: 'EACCES' },
    'name a file in a folder that you may write to; the call itself was made',
  ),
  'one-server': states(
    'More than one server was given',
    'give one address, one backend, or a command after "--"',
  ),
  'unknown-client': says(
    ({ name }: Texts<'name' | 'clients'>) => `Unknown client ${name}`,
    { name: 'emacs', clients: 'claude-code, cursor' },
    ({ clients }) => `the clients are ${clients}; a file is named with its path: ./servers.json`,
  ),
  'similar-client': says(
    ({ name }: Texts<'name' | 'meant'>) => `Unknown client ${name}`,
    { name: 'cluade-code', meant: 'claude-code' },
    didYouMean,
  ),
  'client-without-files': says(
    ({ client }: Texts<'client'>) => `${client} has no file with servers here, in its usual places`,
    { client: 'codex' },
    'name the file: mcp-proxy doctor --client ./servers.json',
  ),
  'name-and-all': states('A name and --all cannot be used together', keepOne),
} as const
