// What can be wrong with a command line and with what it names: flags, arguments, files, variables, the command itself.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const usage = {
  group: 'usage',
  severity: 'fatal',
  refuses: 'always',
  outcome: 'rejected',
  hint: 'see --help',
  http: undefined,
  oauth: undefined,
  spec: '',
} as const

const seeHelp = ({ command }: Texts<'command'>): string => `see mcp-proxy ${command} --help`
const didYouMean = ({ meant }: Texts<'meant'>): string => `did you mean ${meant}?`
const keepOne = 'keep one of them'

// Where several cases have one remedy.
const argumentForm =
  'write name=value, name:=JSON, or all of them as one object: \'{"name": "value"}\''
const oneObject = 'it has to be one object: {"name": "value"}'
const earlierReport =
  'give what `mcp-proxy discover --json` wrote for this address, or a folder of --save'
const emptyFolder = 'name a new or an empty folder'
const keySet = 'it has to be a JSON Web Key Set: {"keys": [ … ]}'
const certificates = 'it has to contain certificates: -----BEGIN CERTIFICATE----- and what follows'
const backendForm =
  'mcp-proxy init --backend "files=npx -y @modelcontextprotocol/server-filesystem ." --backend search=https://search.example.com/mcp'
const backendSource = 'name=command or name=url, or --from a file with servers'
const redirectForm =
  'it has to lead to this machine: http://127.0.0.1/callback, with or without a port'
const otherPort =
  'choose another with --port, or leave it out if the client may be called back on any'
const proxyForm = ({ variable }: Texts<'variable'>): string =>
  `write ${variable}=http://proxy.example.com:3128, or unset it`

const nextCommand = ({ next }: Texts<'next'>): string => `${next}`

export const usageProblems = {
  'usage-flag': {
    ...usage,
    title: 'the command line is wrong',
    cases: {
      'unknown-flag': says(
        ({ flag }: Texts<'flag' | 'command'>) => `There is no flag ${flag}`,
        { flag: '--color', command: 'validate' },
        seeHelp,
      ),
      'similar-flag': says(
        ({ flag }: Texts<'flag' | 'meant'>) => `There is no flag ${flag}`,
        { flag: '--isuer', meant: '--issuer' },
        didYouMean,
      ),
      'flag-like-token': states(
        'A word that begins with "-" is not a flag of this command (not shown: it could be a token)',
        'pass a token that begins with "-" by stdin, by @file, or after "--"',
      ),
      'proxy-address': states(
        '--proxy must be an http or https URL',
        'include the scheme: --proxy http://127.0.0.1:8080',
      ),
      'proxy-insecure': says(
        ({ url }: Texts<'url'>) =>
          `${url} is plain http beyond this machine: the admin token would cross the network unencrypted`,
        { url: 'http://proxy.example.com' },
        'use its https address, or run the command on the machine of the proxy',
      ),
      'proxy-port': states(
        'proxy.listen.port is 0, any free port: the configuration does not give the address of the proxy',
        'pass the address that serve printed: --proxy <url>',
      ),
      'request-id': states(
        'A request id is required',
        'take it from the x-request-id header, the error or the log of the proxy',
      ),
      'missing-argument': says(
        ({ name }: Texts<'name' | 'command'>) => `<${name}> is missing`,
        { name: 'tool', command: 'who-can' },
        seeHelp,
      ),
      'extra-arguments': says(
        ({ n }: Texts<'n' | 'command'>) => `${n} argument${n === 1 ? '' : 's'} too many`,
        { n: 2, command: 'discover' },
        seeHelp,
      ),
      'not-understood': says<Texts<'command'>>(
        () => 'The command line could not be understood',
        { command: 'validate' },
        seeHelp,
      ),
      'needs-value': says(
        ({ flag }: Texts<'flag' | 'command'>) => `--${flag} wants a value`,
        { flag: 'issuer', command: 'validate' },
        seeHelp,
      ),
      'needs-choice': says(
        ({ flag, choices }: Texts<'flag' | 'choices' | 'command'>) =>
          `--${flag} wants a value: one of ${choices}`,
        { flag: 'strategy', choices: 'jwt, introspection, both', command: 'validate' },
        seeHelp,
      ),
      'not-a-choice': says(
        ({ flag, choices }: Texts<'flag' | 'choices' | 'command'>) =>
          `--${flag} has to be one of: ${choices}`,
        { flag: 'strategy', choices: 'jwt, introspection, both', command: 'validate' },
        seeHelp,
      ),
      'whole-number': says(
        ({ flag, min, max }: Texts<'flag' | 'min' | 'max' | 'command'>) =>
          `--${flag} wants a whole number from ${min} to ${max}`,
        { flag: 'timeout', min: 1, max: 600, command: 'discover' },
        seeHelp,
      ),
      'flag-twice': says(
        ({ flag }: Texts<'flag'>) => `--${flag} is given more than once`,
        { flag: 'issuer' },
        keepOne,
      ),
      exclusive: says(
        ({ flag, other }: Texts<'flag' | 'other'>) => `--${flag} and --${other} exclude each other`,
        { flag: 'jwks-file', other: 'jwks-uri' },
        keepOne,
      ),
      'needs-companion': says(
        ({ flag, other }: Texts<'flag' | 'other'>) =>
          `--${flag} goes with --${other}, which is missing`,
        { flag: 'client-cert-file', other: 'client-cert-key-file' },
        'give both of them',
      ),
      'stdin-too-long': says(
        ({ limit }: Texts<'limit'>) =>
          `Standard input is longer than ${limit} bytes: that is no token and no secret`,
        { limit: 1_048_576 },
      ),
      'stdin-twice': says(
        ({ first, second }: Texts<'first' | 'second'>) =>
          `Standard input cannot be both ${first} and ${second}`,
        { first: 'the client secret', second: 'the token' },
        'put one of them into an owner-only file',
      ),
      'stdin-is-secret': states(
        'Standard input cannot be both the token and the client secret',
        'use --client-secret-file, or give the token as @file',
      ),
      'secret-file': says(
        ({ what, file, why }: Texts<'what' | 'file' | 'why'>) =>
          `Cannot read ${what} from ${file}: ${why}`,
        { what: 'the client secret', file: 'secret.txt', why: 'there is no such file' },
        'check the path and the permissions',
      ),
      'token-twice': states(
        'The token comes from the argument or from --store, not from both',
        keepOne,
      ),
      'too-many-tokens': says(
        ({ n, most }: Texts<'n' | 'most'>) =>
          `${n} lines are more tokens than are judged in one run (${most})`,
        { n: 10_001, most: 10_000 },
        'give them in several files',
      ),
      'proof-of-many': states(
        '--dpop-proof belongs to one token, and there are several',
        'give the token that the proof was made for alone',
      ),
      'tools-of-many': states(
        '--tools says what the caller of one token may call, and there are several tokens',
        'give one token alone',
      ),
      'tools-without-file': states(
        '--tools asks the policy and the backends of a configuration, and there is none',
        'name the configuration with --config, and leave out --for',
      ),
      'proof-absent': states(
        '--method and --url say what a proof was made for, and there is none',
        'give the proof with --dpop-proof, or leave them out',
      ),
      'proof-url': states(
        '--url is missing: a proof is made for one URL',
        'give the URL that the client called, such as https://mcp.example.com/mcp',
      ),
      'captured-file': says(
        ({ flag, file, why }: Texts<'flag' | 'file' | 'why'>) =>
          `${flag}: ${file} cannot be read (${why})`,
        { flag: '--certificate', file: 'client.pem', why: 'ENOENT: there is no such file' },
        'give the path of a file that exists',
      ),
      'captured-certificate': says(
        ({ file }: Texts<'file'>) => `--certificate: ${file} is not a readable certificate`,
        { file: 'client.pem' },
        'give one as PEM or DER',
      ),
      'captured-in-vain': says(
        ({ flag }: Texts<'flag' | 'constraint'>) =>
          `${flag} has no meaning here: serve would not look at it`,
        { flag: '--dpop-proof', constraint: 'dpop' },
        ({ constraint }) =>
          `set auth.sender_constraint = "${constraint}" in the configuration, or judge the token without it`,
      ),
      'now-form': states(
        '--now is not a time',
        'write 2026-11-23T17:40:00Z, or seconds since 1970',
      ),
      'key-set-absent': says(
        ({ file }: Texts<'file'>) => `--jwks-file: ${file} does not exist`,
        { file: 'keys.json' },
        keySet,
      ),
      'key-set-unreadable': says(
        ({ file, why }: Texts<'file' | 'why'>) => `--jwks-file: ${file} cannot be read (${why})`,
        { file: 'keys.json', why: 'it is a folder' },
        keySet,
      ),
      'key-set-json': says(
        ({ file, why }: Texts<'file' | 'why'>) => `--jwks-file: ${file} is not JSON: ${why}`,
        { file: 'keys.json', why: 'unexpected end' },
        keySet,
      ),
      'key-set-member-twice': says(
        ({ file, member }: Texts<'file' | 'member'>) =>
          `--jwks-file: ${file} has the member ${member} twice`,
        { file: 'keys.json', member: '"keys"' },
        keySet,
      ),
      'key-set-without-keys': says(
        ({ file }: Texts<'file'>) => `--jwks-file: ${file} has no "keys"`,
        { file: 'keys.json' },
        keySet,
      ),
      'ca-file-unreadable': says(
        ({ why }: Texts<'why'>) => `--ca-file: ${why}`,
        { why: 'there is no such file' },
        certificates,
      ),
      'ca-file-empty': states('--ca-file: there is no PEM certificate in it', certificates),
      'ca-file-certificate': states(
        '--ca-file: the certificate that begins here cannot be read',
        certificates,
      ),
      'proxy-form': says(
        ({ variable }: Texts<'variable'>) => `The environment variable ${variable} is no URL`,
        { variable: 'HTTPS_PROXY' },
        proxyForm,
      ),
      'proxy-scheme': says(
        ({ variable, scheme }: Texts<'variable' | 'scheme'>) =>
          `The environment variable ${variable} names a ${scheme} proxy, which is not supported`,
        { variable: 'HTTPS_PROXY', scheme: 'socks5' },
        proxyForm,
      ),
      'diff-unreadable': says(
        ({ why }: Texts<'why'>) => `--diff: ${why}`,
        { why: 'there is no such file' },
        earlierReport,
      ),
      'diff-json': says(
        ({ why }: Texts<'why'>) => `--diff: this is not JSON: ${why}`,
        { why: 'unexpected end' },
        earlierReport,
      ),
      'diff-no-report': says(
        ({ member, wanted }: Texts<'member' | 'wanted'>) =>
          `--diff: this is no report of discover: ${member} has to be ${wanted}`,
        { member: 'command', wanted: '"discover"' },
        earlierReport,
      ),
      'diff-other-address': says(
        ({ reported, address }: Texts<'reported' | 'address'>) =>
          `--diff: this is a report about ${reported}, not about ${address}`,
        { reported: 'https://id.example.com', address: 'https://mcp.example.com/mcp' },
        earlierReport,
      ),
      'save-unwritable': says(
        ({ why }: Texts<'why'>) => `--save: cannot write here (${why})`,
        { why: 'EACCES' },
        'name a folder that you may write to',
      ),
      'save-no-folder': states('--save: this is no folder', emptyFolder),
      'save-foreign-files': states(
        '--save: the folder contains files that this command did not write',
        emptyFolder,
      ),
      'save-file-taken': says(
        ({ name }: Texts<'name'>) =>
          `--save: ${name} is there already and was not written by this command`,
        { name: 'report.json' },
        emptyFolder,
      ),
      'har-unwritable': says(
        ({ why }: Texts<'why'>) => `--har: cannot write here (${why})`,
        { why: 'EACCES' },
        'name a file in a folder that you may write to',
      ),
      'har-foreign': states(
        '--har: there is another file of that name, which this command did not write',
        'name a new file, or remove that one',
      ),
      sections: says(
        ({ flag }: Texts<'flag' | 'sections'>) =>
          `${flag} wants names of sections, separated by commas`,
        { flag: '--only', sections: 'config, environment, listen, network' },
        ({ sections }) => `the sections are ${sections}`,
      ),
      'similar-section': says(
        ({ flag }: Texts<'flag' | 'meant'>) =>
          `${flag} wants names of sections, separated by commas`,
        { flag: '--only', meant: 'backends' },
        didYouMean,
      ),
      'unknown-check': says(
        ({ words }: Texts<'words'>) => `No check is called or speaks of ${words}`,
        { words: 'weather' },
        'mcp-proxy explain lists all of them',
      ),
      'similar-check': says(
        ({ words }: Texts<'words' | 'meant'>) => `No check is called or speaks of ${words}`,
        { words: 'tiem-exp', meant: 'time-exp' },
        ({ meant }) => `did you mean mcp-proxy explain ${meant}?`,
      ),
      'check-like-token': states(
        'No check is called that (not shown: it could be a token)',
        'mcp-proxy explain lists all of them',
      ),
      'no-sign': says(
        ({ place }: Texts<'place'>) =>
          `Nothing in the text from ${place} is known: no check, no error code, no message`,
        { place: 'standard input' },
        'paste the whole answer: status line, WWW-Authenticate and body; mcp-proxy explain lists all checks',
      ),
      'similar-sign': says(
        ({ place }: Texts<'place' | 'meant'>) =>
          `Nothing in the text from ${place} is known: no check, no error code, no message`,
        { place: 'standard input', meant: 'invalid_token' },
        ({ meant }) => `did you mean mcp-proxy explain ${meant}?`,
      ),
      'text-and-words': states(
        'The text is read from one place',
        'give "-" or @file alone, or the text itself',
      ),
      'unknown-shell': says<Texts<'shells'>>(
        () => 'There is no completion for that shell',
        { shells: 'bash, or zsh, or fish' },
        ({ shells }) => `mcp-proxy completion ${shells}`,
      ),
      'backend-form': states('--backend wants name=command or name=url', backendForm),
      'backend-unusable': says(
        ({ name, why }: Texts<'name' | 'why'>) => `--backend ${name} cannot be used: ${why}`,
        { name: 'search', why: 'its URL is neither http nor https' },
        backendForm,
      ),
      'import-source': says(
        ({ file, why }: Texts<'file' | 'why'>) => `Nothing can be imported from ${file}: ${why}`,
        { file: '.mcp.json', why: 'there is no such file' },
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
        'choose another --output, or --print',
      ),
      'output-format': states(
        '--output names a file that would be read as YAML or JSON, and init writes TOML',
        'end it with .toml',
      ),
      'bearer-variable': states(
        '--bearer wants the name of an environment variable, not a token',
        'mcp-proxy init --bearer DESK_TOKEN, and the token in DESK_TOKEN when it serves',
      ),
      'address-form': says<Texts<'example'>>(
        () => 'The address is no http or https URL',
        { example: 'mcp-proxy discover https://id.example.com' },
        ({ example }) => `write it whole: ${example}`,
      ),
      'address-credential': states(
        'The address contains a credential',
        'leave it out: nothing that is asked here needs one, and reports show the address',
      ),
      'issuer-twice': states('An address and --issuer are both given', keepOne),
      'client-auth': says<Texts<'methods'>>(
        () => '--client-auth names no method that we know',
        { methods: 'client_secret_basic, client_secret_post, private_key_jwt' },
        ({ methods }) => `it is one of ${methods}`,
      ),
      'redirect-form': states('--redirect-uri is no URL', redirectForm),
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
        '--resource is no absolute URI without a fragment',
        'name the URL of the MCP server: --resource https://mcp.example.com/mcp',
      ),
      'key-action': says(
        ({ actions }: Texts<'actions'>) => `key takes one of ${actions}`,
        { actions: 'create, list, revoke' },
        'name what to do: mcp-proxy key create NAME',
      ),
      'key-action-similar': says(
        ({ meant }: Texts<'meant'>) => `There is no action of that name; ${meant} comes close`,
        { meant: 'create' },
        ({ meant }) => `did you mean mcp-proxy key ${meant}?`,
      ),
      'key-flag': says(
        ({ flag, action }: Texts<'flag' | 'action'>) => `--${flag} does not go with key ${action}`,
        { flag: 'owner', action: 'list' },
        'it describes a new key: mcp-proxy key create NAME',
      ),
      'key-name': states(
        'The name of a key has to be letters, digits, dots, dashes or underscores',
        'at most 63 of them, the first a letter or a digit: mcp-proxy key create ci',
      ),
      'key-taken': says(
        ({ name, id, file }: Texts<'name' | 'id' | 'file'>) =>
          `${file} has a key of the name ${name} already (${id})`,
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
      'key-expires-past': states(
        '--expires is in the past',
        'use a time in the future, such as 90d',
      ),
      'key-owner': states(
        '--owner has to be printable, at most 200 characters',
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
        'The name of a login has to be lower-case letters, digits, dots, dashes or underscores',
        'at most 63 of them, the first a letter or a digit: --store acme',
      ),
      'login-name-taken': says(
        ({ name, address }: Texts<'name' | 'address'>) =>
          `The name ${name} is taken by the login at ${address}`,
        { name: 'mcp.example.com', address: 'https://mcp.example.com/mcp' },
        'choose another with --store; --store with the same name replaces it',
      ),
      'command-absent': states(
        'There is no command after "--"',
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
        'The token would be sent in the clear: the address is plain http beyond this machine',
        'use https, or --allow-http if the way there is safe',
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
        'A token is shown to an MCP server, and --as issuer says that the address is none',
        'leave --as out and give the URL of the MCP server; mcp-proxy validate --issuer judges a token by an issuer',
      ),
      'login-of-another': says(
        ({ name, origin }: Texts<'name' | 'origin' | 'address'>) =>
          `The login ${name} is for ${origin}, and its token is shown to no other server`,
        {
          name: 'acme',
          origin: 'https://mcp.example.com',
          address: 'https://other.example.com/mcp',
        },
        ({ address, name }) => `log in there: mcp-proxy login ${address} --store ${name}-2`,
      ),
      'unknown-backend': says(
        ({ file, name }: Texts<'file' | 'name' | 'names'>) =>
          `${file} has no backend called ${name}`,
        { file: 'proxy.toml', name: 'mail', names: 'files, search' },
        ({ names }) => `its backends are ${names}`,
      ),
      'similar-backend': says(
        ({ file, name }: Texts<'file' | 'name' | 'meant'>) =>
          `${file} has no backend called ${name}`,
        { file: 'proxy.toml', name: 'fils', meant: 'files' },
        didYouMean,
      ),
      'unknown-item': says(
        ({ kind, name }: Texts<'kind' | 'name' | 'names'>) => `There is no ${kind} called ${name}`,
        { kind: 'tool', name: 'weather', names: 'echo, search' },
        ({ kind, names }) => `the ${kind}s are ${names}`,
      ),
      'similar-item': says(
        ({ kind, name }: Texts<'kind' | 'name' | 'meant'>) => `There is no ${kind} called ${name}`,
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
        ({ kind, name }: Texts<'kind' | 'name'>) => `There is no ${kind} called ${name}`,
        { kind: 'prompt', name: 'greet' },
        ({ kind }) => `the server offers no ${kind}s`,
      ),
      'argument-unnamed': states('An argument has no name', argumentForm),
      'unknown-argument': says(
        ({ name }: Texts<'name' | 'names'>) => `There is no argument ${name}`,
        { name: 'colour', names: 'it takes query, limit' },
        ({ names }) => `${names}`,
      ),
      'similar-argument': says(
        ({ name }: Texts<'name' | 'meant'>) => `There is no argument ${name}`,
        { name: 'qurey', meant: 'query' },
        didYouMean,
      ),
      'argument-like-token': states(
        'There is no argument of that name (not shown: it could be a token)',
        argumentForm,
      ),
      'argument-value': says(
        ({ name, fault }: Texts<'name' | 'fault' | 'wanted'>) => `${name} ${fault}`,
        { name: 'limit', fault: 'has to be integer', wanted: 'integer' },
        ({ name, wanted }) => `${name} is ${wanted}`,
      ),
      'arguments-unreadable': says(
        ({ file, why }: Texts<'file' | 'why'>) => `Cannot read the arguments from ${file}: ${why}`,
        { file: 'arguments.json', why: 'there is no such file' },
        'check the path',
      ),
      'arguments-json': says(
        ({ from }: Texts<'from'>) => `The arguments from ${from} are not JSON`,
        { from: 'standard input' },
        oneObject,
      ),
      'arguments-object': says(
        ({ from }: Texts<'from'>) => `The arguments from ${from} are no JSON object`,
        { from: 'standard input' },
        oneObject,
      ),
      'arguments-mixed': states(
        'The arguments are one JSON object or single ones, not both',
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
        'There are more words than one server needs',
        'give one address, one backend, or a command after "--"',
      ),
      'unknown-client': says(
        ({ name }: Texts<'name' | 'clients'>) => `There is no client called ${name}`,
        { name: 'emacs', clients: 'claude-code, cursor' },
        ({ clients }) =>
          `the clients are ${clients}; a file is named with its path: ./servers.json`,
      ),
      'similar-client': says(
        ({ name }: Texts<'name' | 'meant'>) => `There is no client called ${name}`,
        { name: 'cluade-code', meant: 'claude-code' },
        didYouMean,
      ),
      'client-without-files': says(
        ({ client }: Texts<'client'>) =>
          `${client} has no file with servers here, in its usual places`,
        { client: 'codex' },
        'name the file: mcp-proxy doctor --client ./servers.json',
      ),
      'name-and-all': states('A name and --all exclude each other', keepOne),
    },
  },
  'client-file': {
    ...usage,
    title: 'the file of a client was left as it is',
    cases: {
      'not-found': says(
        ({ client }: Texts<'client'>) =>
          `There is no sign of ${client} here: neither a file nor a folder of it`,
        { client: 'cursor' },
        'start it once, or add the entry that mcp-proxy init shows to its file by hand',
      ),
      'name-taken': says(
        ({ client, name, file }: Texts<'client' | 'name' | 'file'>) =>
          `${client} has another server called ${name} (${file})`,
        { client: 'Cursor', name: 'desk', file: '~/.cursor/mcp.json' },
        'choose another name with --name, or remove that server there',
      ),
      syntax: says(
        ({ file, why }: Texts<'file' | 'why'>) => `${file} cannot be added to: ${why}`,
        {
          file: '~/.cursor/mcp.json',
          why: 'it is not well-formed JSON (close brace expected, line 4, column 1)',
        },
        'correct it there; its client does not read it either',
      ),
      shape: says(
        ({ file, why }: Texts<'file' | 'why'>) => `${file} cannot be added to: ${why}`,
        { file: '~/.codex/config.toml', why: '"mcp_servers" is no object' },
        'add the entry that mcp-proxy init shows by hand',
      ),
      'literal-token': says(
        ({ client }: Texts<'client'>) =>
          `${client} takes no token from a variable, and no token is written into a file`,
        { client: 'Zed' },
        'add the proxy in the client itself, with the token as a header',
      ),
      unreadable: says(
        ({ file, why }: Texts<'file' | 'why'>) => `Cannot read ${file}: ${why}`,
        { file: '~/.cursor/mcp.json', why: 'permission denied' },
        'check its permissions; nothing was written',
      ),
      unwritable: says(
        ({ file, why }: Texts<'file' | 'why'>) => `Cannot write ${file}: ${why}`,
        { file: '~/.cursor/mcp.json', why: 'it is read-only' },
        'check the permissions of the file and of its folder; it is as it was',
      ),
      busy: says(
        ({ file }: Texts<'file' | 'lock'>) => `Another program is writing ${file}`,
        { file: '~/.claude.json', lock: '~/.claude.json.lock' },
        ({ lock }) => `try again when it is done; ${lock} is its lock`,
      ),
      changed: says(
        ({ file }: Texts<'file'>) => `${file} was changed while the change was shown`,
        { file: '~/.claude.json' },
        'close the client, and try again',
      ),
      'no-backup': says(
        ({ client }: Texts<'client'>) => `There is no backup of a file of ${client}`,
        { client: 'cursor' },
        'mcp-proxy init --write-client makes one; nothing else is undone',
      ),
      'changed-since': says(
        ({ file }: Texts<'file'>) => `${file} was changed after the proxy was added to it`,
        { file: '~/.cursor/mcp.json' },
        'remove the entry by hand, or restore the backup with --force: what was changed since is lost',
      ),
    },
  },
  'usage-missing': {
    ...usage,
    title: 'an argument is missing',
    cases: {
      address: says<Texts<'example'>>(
        () => 'The address of an issuer or an MCP server is missing',
        { example: 'mcp-proxy discover https://id.example.com' },
        ({ example }) => `${example}`,
      ),
      issuer: states(
        'The issuer (--issuer) is missing',
        'name the issuer, the MCP server with --for, or a configuration with --config',
      ),
      'issuer-unnamed': says<Texts<'what'>>(
        () => 'The issuer (--issuer) is missing',
        { what: 'it is opaque' },
        ({ what }) =>
          `name the issuer, the MCP server with --for, or a configuration with --config: the token names none, ${what}`,
      ),
      client: states(
        'The client id (--client-id) is missing',
        'the client that may introspect, or --client-auth none',
      ),
      'key-action': says(
        ({ actions }: Texts<'actions'>) => `What to do with the keys is missing: ${actions}`,
        { actions: 'create, list, revoke' },
        'mcp-proxy key list',
      ),
      key: states(
        'The key to revoke is missing',
        'give its name or its id: mcp-proxy key revoke ci',
      ),
      'key-file': states(
        'There is no key file: neither --file nor ./proxy.toml is there',
        'name the file with --file, or the configuration with --config',
      ),
      'keys-file': says(
        ({ file }: Texts<'file'>) => `${file} accepts no API keys: auth.keys_file is not set`,
        { file: 'proxy.toml' },
        'set auth.keys_file = "keys.json" there, or name the file with --file',
      ),
      token: states(
        'The token is missing',
        'give it by stdin ("-"), as @file, or in MCP_PROXY_TOKEN',
      ),
      'init-flags': says(
        ({ n, flags }: Texts<'n' | 'flags'>) => `${flags} ${n === 1 ? 'is' : 'are'} missing`,
        { n: 2, flags: '--strategy, --public-url' },
        'or --yes, which takes what is proposed',
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
  'usage-advice': {
    ...usage,
    severity: 'info',
    refuses: 'never',
    title: 'a command went on, with something to know',
    cases: {
      'secret-spaces': says(
        ({ place }: Texts<'place'>) =>
          `the client secret from ${place} begins or ends with white space`,
        { place: 'standard input' },
        'remove the white space, unless it belongs to the secret',
      ),
      'exposed-file': says(
        ({ file }: Texts<'file'>) => `${file} can be read by others: chmod 600 it`,
        { file: 'secret.txt' },
        ({ file }) => `chmod 600 ${file}`,
      ),
      'token-in-arguments': states(
        'a token on the command line stays in the shell history and shows in the process list',
        'give it by stdin ("-"), as @file, or in MCP_PROXY_TOKEN',
      ),
      'gave-up': says(
        ({ seconds }: Texts<'seconds'>) => `gave up after ${seconds} s (--timeout)`,
        { seconds: 30 },
        'raise --timeout, or look at what does not answer',
      ),
      'no-answer': states(
        'there is no answer to print',
        'the checks of the report say why, without --raw',
      ),
      'answer-redacted': states(
        'the answer contains credentials: they are not shown',
        'nothing is to be done: tokens and secrets are never printed',
      ),
      'client-document': says(
        ({ url }: Texts<'url'>) => `${url} cannot be read from here`,
        { url: 'https://client.example.com/metadata.json' },
        'publish the document where the authorization server can read it, or use --redirect-uri',
      ),
      'not-renewed': says(
        ({ name, why }: Texts<'name' | 'why'>) => `could not renew the token of ${name}: ${why}`,
        { name: 'acme', why: 'no connection could be made' },
        'the token is used while it is valid; mcp-proxy login makes a new one',
      ),
      'list-absent': says(
        ({ kind, why }: Texts<'kind' | 'why'>) =>
          `the list of ${kind}s could not be fetched (${why}): nothing was checked before the call`,
        { kind: 'tool', why: 'error -32603' },
        'mcp-proxy tools shows what the server offers',
      ),
      'tool-failed': states(
        'the tool says that it failed (isError)',
        'the result has the words of the tool',
      ),
      'nothing-to-write': states(
        '--output: the result has nothing to write',
        'leave --output out to see the result',
      ),
      'question-declined': says(
        ({ server, message }: Texts<'server' | 'message'>) =>
          `${server} asks: ${message}: declined, since there is no terminal to answer at`,
        { server: 'files', message: 'Delete the folder?' },
        'repeat the call at a terminal to answer it',
      ),
      'pasted-form': states(
        'what was pasted is no address with a code and a state: paste the whole address of the page that the browser ended at',
      ),
      'pasted-state': states(
        'what was pasted has no state, so it is not known for which login it is: paste the whole address, or the code and the state with a blank between them',
      ),
      'pasted-issuer': states(
        'what was pasted does not name the issuer (iss), which this server does in each answer: paste the whole address',
      ),
      'pasted-other': states(
        'what was pasted has the state of another login: paste the address that the login just opened ended at',
      ),
      'login-unusable': says(
        ({ name, why }: Texts<'name' | 'why'>) => `the login ${name} cannot be used: ${why}`,
        { name: 'acme', why: 'it is over, and it has no refresh token' },
        ({ name }) => `log in once more; mcp-proxy logout ${name} removes it`,
      ),
      'not-ignored': says(
        ({ file }: Texts<'file'>) => `no .gitignore names ${file}, and secrets go into it`,
        { file: '.env' },
        ({ file }) => `echo ${file} >> .gitignore`,
      ),
      'sign-check': says(
        ({ id }: Texts<'id' | 'next'>) => `the text names the check ${id}`,
        { id: 'time-exp', next: 'mcp-proxy validate @token.txt' },
        nextCommand,
      ),
      'sign-vendor': says(
        ({ vendor, code, means }: Texts<'vendor' | 'code' | 'means' | 'next'>) =>
          `${vendor} ${code}: ${means}`,
        {
          vendor: 'Microsoft Entra ID',
          code: 'AADSTS700082',
          means: 'the refresh token was not used for too long: log in again',
          next: 'mcp-proxy login https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-vendor-unknown': says(
        ({ vendor, code }: Texts<'vendor' | 'code' | 'source'>) =>
          `${vendor} ${code}: not in the table of explain`,
        {
          vendor: 'Microsoft Entra ID',
          code: 'AADSTS99999',
          source: 'https://login.microsoftonline.com/error?code=99999',
        },
        ({ source }) => `look it up: ${source}`,
      ),
      'sign-words': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) =>
          `the message of a library, "${code}": ${means}`,
        {
          code: 'jwt malformed',
          means: 'this is no signed JWT: perhaps an opaque token',
          next: 'mcp-proxy validate @token.txt',
        },
        nextCommand,
      ),
      'sign-system': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) => `the system error ${code}: ${means}`,
        {
          code: 'ENOTFOUND',
          means: 'the host name does not resolve',
          next: 'mcp-proxy discover https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-oauth': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) => `the OAuth error ${code}: ${means}`,
        {
          code: 'invalid_target',
          means: 'the authorization server does not know the resource',
          next: 'mcp-proxy login https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-first-contact': says(
        ({ scheme }: Texts<'scheme' | 'next'>) =>
          `a ${scheme} challenge without an error: the request had no token, and the server says where to log in`,
        { scheme: 'Bearer', next: 'mcp-proxy login https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-no-metadata': says(
        ({ scheme }: Texts<'scheme' | 'next'>) =>
          `a ${scheme} challenge without resource_metadata: clients have to guess where to log in`,
        { scheme: 'Bearer', next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-bad-metadata': says(
        ({ why }: Texts<'why' | 'next'>) => `resource_metadata of the challenge ${why}`,
        { why: 'is no absolute URL', next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-other-scheme': says(
        ({ scheme }: Texts<'scheme' | 'next'>) =>
          `a challenge for ${scheme} alone: no client of MCP logs in that way`,
        { scheme: 'Basic', next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-broken-challenge': says<Texts<'next'>>(
        () => 'the challenge is not well-formed: clients may not read all of it',
        { next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-rpc': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) =>
          `the JSON-RPC error ${code}: ${means}`,
        {
          code: '-32601',
          means: 'the server does not offer the method',
          next: 'mcp-proxy discover https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-status': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) => `HTTP status ${code}: ${means}`,
        {
          code: '404',
          means: 'nothing is at this address, or the session is over',
          next: 'mcp-proxy discover https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'left-out': says(
        ({ what, why }: Texts<'what' | 'why'>) => `${what}: ${why}`,
        { what: 'files of .mcp.json', why: 'it is disabled there' },
        'add it to the configuration by hand, where it is wanted',
      ),
    },
  },
  'usage-command': {
    ...usage,
    title: 'no such command',
    cases: {
      unknown: says(
        ({ word }: Texts<'word' | 'commands'>) => `There is no command ${word}`,
        { word: 'start', commands: 'discover, doctor, explain, init, login, serve, validate' },
        ({ commands }) => `the commands are ${commands}`,
      ),
      similar: says(
        ({ word }: Texts<'word' | 'meant'>) => `There is no command ${word}`,
        { word: 'valdate', meant: 'validate' },
        ({ meant }) => `did you mean mcp-proxy ${meant}?`,
      ),
      'flag-first': says<Texts<'commands'>>(
        () => 'The command comes first, its flags after it',
        { commands: 'discover, doctor, explain, init, login, serve, validate' },
        ({ commands }) => `the commands are ${commands}`,
      ),
      'like-token': states(
        'The first word is no command (not shown: it could be a token)',
        'to judge a token: mcp-proxy validate - < token-file',
      ),
    },
  },
} as const satisfies Record<string, ProblemSpec>
