// What is wrong with flags and arguments, whatever they mean.
import { didYouMean, keepOne, seeHelp } from './usage-words.ts'
import { says, states, type Texts } from './spec.ts'

export const flagCases = {
  'unknown-flag': says(
    ({ flag }: Texts<'flag' | 'command'>) => `Unknown flag ${flag}`,
    { flag: '--color', command: 'validate' },
    seeHelp,
  ),
  'similar-flag': says(
    ({ flag }: Texts<'flag' | 'meant'>) => `Unknown flag ${flag}`,
    { flag: '--isuer', meant: '--issuer' },
    didYouMean,
  ),
  'flag-like-token': states(
    'A word that begins with "-" is not a flag of this command (hidden: it may be a token)',
    'pass a token that begins with "-" by stdin, by @file, or after "--"',
  ),
  'proxy-insecure': says(
    ({ url }: Texts<'url'>) =>
      `${url} is plain http to another machine: the admin token would cross the network unencrypted`,
    { url: 'http://proxy.example.com' },
    'use its https address, or run the command on the machine of the proxy',
  ),
  'proxy-port': states(
    'proxy.listen.port is 0, any free port: the configuration does not give the address of the proxy',
    'pass the address that serve printed: --proxy <url>',
  ),
  'redis-password': states(
    'A password in the URL of Redis can be read by other users of this machine',
    'leave it out of the URL, and set MCP_PROXY_REDIS_PASSWORD',
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
    () => 'Cannot parse the command line',
    { command: 'validate' },
    seeHelp,
  ),
  'needs-value': says(
    ({ flag }: Texts<'flag' | 'command'>) => `--${flag} requires a value`,
    { flag: 'issuer', command: 'validate' },
    seeHelp,
  ),
  'needs-choice': says(
    ({ flag, choices }: Texts<'flag' | 'choices' | 'command'>) =>
      `--${flag} requires a value: one of ${choices}`,
    { flag: 'strategy', choices: 'jwt, introspection, both', command: 'validate' },
    seeHelp,
  ),
  'not-a-choice': says(
    ({ flag, choices }: Texts<'flag' | 'choices' | 'command'>) =>
      `--${flag} must be one of: ${choices}`,
    { flag: 'strategy', choices: 'jwt, introspection, both', command: 'validate' },
    seeHelp,
  ),
  'whole-number': says(
    ({ flag, min, max }: Texts<'flag' | 'min' | 'max' | 'command'>) =>
      `--${flag} must be a whole number from ${min} to ${max}`,
    { flag: 'timeout', min: 1, max: 600, command: 'discover' },
    seeHelp,
  ),
  'flag-twice': says(
    ({ flag }: Texts<'flag'>) => `--${flag} is given more than once`,
    { flag: 'issuer' },
    keepOne,
  ),
  exclusive: says(
    ({ flag, other }: Texts<'flag' | 'other'>) =>
      `--${flag} and --${other} cannot be used together`,
    { flag: 'jwks-file', other: 'jwks-uri' },
    keepOne,
  ),
  'needs-companion': says(
    ({ flag, other }: Texts<'flag' | 'other'>) => `--${flag} requires --${other}`,
    { flag: 'client-cert-file', other: 'client-cert-key-file' },
    'give both of them',
  ),
} as const
