// What can be wrong with a command line: flags, arguments, the command itself.
import { flagCases } from './flag-cases.ts'
import { reportFlagCases } from './report-flag-cases.ts'
import { serverFlagCases } from './server-flag-cases.ts'
import { setupFlagCases } from './setup-flag-cases.ts'
import { tokenFlagCases } from './token-flag-cases.ts'
import { usage } from './usage-words.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const backendSource = 'name=command or name=url, or --from a file with servers'

export const usageProblems = {
  'usage-flag': {
    ...usage,
    title: 'the command line is wrong',
    cases: {
      ...flagCases,
      ...tokenFlagCases,
      ...reportFlagCases,
      ...setupFlagCases,
      ...serverFlagCases,
    },
  },
  'usage-missing': {
    ...usage,
    title: 'an argument is missing',
    cases: {
      address: says<Texts<'example'>>(
        () => 'No address of an issuer or an MCP server was given',
        { example: 'mcp-proxy discover https://id.example.com' },
        ({ example }) => `${example}`,
      ),
      issuer: states(
        'No issuer was given (--issuer)',
        'pass --issuer, the MCP server with --for, or a configuration with --config',
      ),
      'issuer-unnamed': says<Texts<'what'>>(
        () => 'No issuer was given (--issuer)',
        { what: 'it is opaque' },
        ({ what }) =>
          `pass --issuer, the MCP server with --for, or a configuration with --config: the token names none, ${what}`,
      ),
      client: states(
        'No client id was given (--client-id)',
        'pass the client that may introspect, or --client-auth none',
      ),
      action: says(
        ({ command, actions }: Texts<'command' | 'actions'>) =>
          `${command} needs an action: ${actions}`,
        { command: 'key', actions: 'create, list, revoke' },
        ({ command }) => `mcp-proxy ${command} --help shows each with an example`,
      ),
      key: states(
        'The key to revoke is missing',
        'give its name or its id: mcp-proxy key revoke ci',
      ),
      'key-file': states(
        'No key file: --file was not given and ./proxy.toml does not exist',
        'name the file with --file, or the configuration with --config',
      ),
      'keys-file': says(
        ({ file }: Texts<'file'>) => `${file} accepts no API keys: auth.keys_file is not set`,
        { file: 'proxy.toml' },
        'set auth.keys_file = "keys.json" there, or name the file with --file',
      ),
      'pinned-backend': says(
        ({ file }: Texts<'file'>) => `No backend of ${file} has pin_tools`,
        { file: 'proxy.toml' },
        'set pin_tools = "first_sight" or "accepted" there for a backend whose tools must not change',
      ),
      token: states(
        'The token is missing',
        'give it by stdin ("-"), as @file, or in MCP_PROXY_TOKEN',
      ),
      'init-flags': says(
        ({ n, flags }: Texts<'n' | 'flags'>) => `${flags} ${n === 1 ? 'is' : 'are'} missing`,
        { n: 2, flags: '--strategy, --public-url' },
        'or pass --yes to accept all defaults',
      ),
      'init-issuer': states('--issuer is missing', 'or --no-auth, or --bearer'),
      'init-client': states(
        '--client-id is missing',
        'introspection needs a client of the proxy at the issuer; --strategy jwt needs none',
      ),
      'init-backend': states('--backend is missing', backendSource),
      'init-backend-left': says<Texts<'others'>>(
        () => '--backend is missing',
        { others: 'files of .mcp.json: it is disabled there' },
        ({ others }) => `${backendSource}; not taken: ${others}`,
      ),
      'empty-secret': says(
        ({ place }: Texts<'place'>) => `The client secret from ${place} is empty`,
        { place: 'standard input' },
      ),
      'client-secret': says(
        ({ id }: Texts<'id'>) => `The secret of the client ${id} is missing`,
        { id: 'mcp-client' },
        'give it with --client-secret-file, --client-secret-stdin or MCP_PROXY_CLIENT_SECRET',
      ),
      'login-choice': says(
        ({ n, names }: Texts<'n' | 'names'>) => `There are ${n} logins: ${names}`,
        { n: 2, names: 'acme, files' },
        'name one of them, or all with --all',
      ),
      server: states(
        'The server is missing',
        'give its address, a backend, or a command after "--": mcp-proxy call https://mcp.example.com/mcp echo text=hello',
      ),
      'tool-name': states(
        'The name of the tool is missing',
        'mcp-proxy tools lists them: mcp-proxy call https://mcp.example.com/mcp echo text=hello',
      ),
      argument: says(
        ({ name, wanted }: Texts<'name' | 'wanted' | 'form'>) =>
          `The argument ${name} is missing (${wanted})`,
        { name: 'query', wanted: 'string: what to look for', form: 'query=<value>' },
        ({ form }) => `add ${form}`,
      ),
      shell: says<Texts<'shells'>>(
        () => 'The shell is missing',
        { shells: 'bash, or zsh, or fish' },
        ({ shells }) => `mcp-proxy completion ${shells}`,
      ),
    },
  },
  'usage-command': {
    ...usage,
    title: 'no such command',
    cases: {
      unknown: says(
        ({ word }: Texts<'word' | 'commands'>) => `Unknown command ${word}`,
        { word: 'start', commands: 'discover, doctor, explain, init, login, serve, validate' },
        ({ commands }) => `the commands are ${commands}`,
      ),
      similar: says(
        ({ word }: Texts<'word' | 'meant'>) => `Unknown command ${word}`,
        { word: 'valdate', meant: 'validate' },
        ({ meant }) => `did you mean mcp-proxy ${meant}?`,
      ),
      'flag-first': says<Texts<'commands'>>(
        () => 'Flags must follow the command',
        { commands: 'discover, doctor, explain, init, login, serve, validate' },
        ({ commands }) => `the commands are ${commands}`,
      ),
      'like-token': states(
        'The first argument is not a command (hidden: it may be a token)',
        'to judge a token: mcp-proxy validate - < token-file',
      ),
    },
  },
} as const satisfies Record<string, ProblemSpec>
