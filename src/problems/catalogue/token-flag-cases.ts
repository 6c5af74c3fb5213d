// Flags and arguments about a token and what it is judged with.
import { keepOne } from './usage-words.ts'
import { says, states, type Texts } from './spec.ts'

const keySet = 'it has to be a JSON Web Key Set: {"keys": [ … ]}'

const certificates = 'it has to contain certificates: -----BEGIN CERTIFICATE----- and what follows'

const proxyForm = ({ variable }: Texts<'variable'>): string =>
  `write ${variable}=http://proxy.example.com:3128, or unset it`

export const tokenFlagCases = {
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
  'now-form': states('--now is not a time', 'write 2026-11-23T17:40:00Z, or seconds since 1970'),
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
} as const
