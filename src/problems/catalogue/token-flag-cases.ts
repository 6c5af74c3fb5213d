// Flags and arguments about a token and what it is judged with.
import { keepOne } from './usage-words.ts'
import { says, states, type Texts } from './spec.ts'

const keySet = 'it must be a JSON Web Key Set: {"keys": [ … ]}'

const certificates = 'it must contain PEM certificates (-----BEGIN CERTIFICATE-----)'

const proxyForm = ({ variable }: Texts<'variable'>): string =>
  `write ${variable}=http://proxy.example.com:3128, or unset it`

export const tokenFlagCases = {
  'stdin-too-long': says(
    ({ limit }: Texts<'limit'>) =>
      `Standard input is longer than ${limit} bytes: too long for a token or a secret`,
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
    { what: 'the client secret', file: 'secret.txt', why: 'no such file' },
    'check the path and the permissions',
  ),
  'token-twice': states(
    'The token comes from the argument or from --store, not from both',
    keepOne,
  ),
  'too-many-tokens': says(
    ({ n, most }: Texts<'n' | 'most'>) => `${n} tokens are more than one run accepts (${most})`,
    { n: 10_001, most: 10_000 },
    'split them over several files',
  ),
  'proof-of-many': states(
    '--dpop-proof is for one token, and several were given',
    'give only the token that the proof was made for',
  ),
  'tools-of-many': states(
    '--tools is for one token, and several were given',
    'give one token alone',
  ),
  'tools-without-file': states(
    '--tools requires a configuration, and none was found',
    'name the configuration with --config, and leave out --for',
  ),
  'proof-absent': states(
    '--method and --url require a proof, and none was given',
    'add --dpop-proof, or remove them',
  ),
  'proof-url': states(
    '--url is missing: a proof is made for one URL',
    'give the URL that the client called, such as https://mcp.example.com/mcp',
  ),
  'captured-file': says(
    ({ flag, file, why }: Texts<'flag' | 'file' | 'why'>) =>
      `${flag}: ${file} cannot be read (${why})`,
    { flag: '--certificate', file: 'client.pem', why: 'ENOENT: no such file' },
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
    { why: 'no such file' },
    certificates,
  ),
  'ca-file-empty': states('--ca-file: it contains no PEM certificate', certificates),
  'ca-file-certificate': states(
    '--ca-file: the certificate that begins here cannot be read',
    certificates,
  ),
  'proxy-form': says(
    ({ variable }: Texts<'variable'>) => `The environment variable ${variable} is not a URL`,
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
