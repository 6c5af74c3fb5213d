// What works, with a risk.
import { setPublicUrl } from './config-rules.ts'
import { says, states, type Texts } from './spec.ts'

export const adviceCases = {
  'tls-expired': says(
    ({ key, file, when }: Texts<'key' | 'file' | 'when'>) =>
      `${key}: a certificate in ${file} expired on ${when}`,
    { key: 'proxy.tls.cert', file: 'server.crt', when: '2026-11-01T00:00:00Z' },
    'renew it: the new one is taken without a restart',
  ),
  'tls-early': says(
    ({ key, file, when }: Texts<'key' | 'file' | 'when'>) =>
      `${key}: a certificate in ${file} is not valid before ${when}`,
    { key: 'proxy.tls.cert', file: 'server.crt', when: '2027-01-01T00:00:00Z' },
    'compare the clocks; until then use the previous one',
  ),
  'tls-chain': says(
    ({ key, file, number, next }: Texts<'key' | 'file' | 'number' | 'next'>) =>
      `${key}: certificate ${number} in ${file} was not issued by certificate ${next}, so clients may not find its authority`,
    { key: 'proxy.tls.cert', file: 'chain.pem', number: 1, next: 2 },
    'put the certificate of the server first, then its issuer, then the issuer of that',
  ),
  'tls-host': says(
    ({ key, file, host }: Texts<'key' | 'file' | 'host'>) =>
      `${key}: the certificate in ${file} is not for ${host}, the host of proxy.public_url`,
    { key: 'proxy.tls.cert', file: 'server.crt', host: 'mcp.example.com' },
    'use a certificate with that name among its alternative names',
  ),
  'limit-caller': says(
    ({ key }: Texts<'key'>) => `${key}: without [auth] all callers are one, and share one quota`,
    { key: 'limits.rules[0].by' },
    'add [auth], or use "address"',
  ),
  'role-unused': says(
    ({ key, role }: Texts<'key' | 'role'>) =>
      `${key}: no value of auth.role_mapping.mapping gives the role ${role}, so no caller has it`,
    { key: 'auth.roles[1].name', role: '"writer"' },
    'map a value of the claim to the role, or remove the role',
  ),
  'verify-policy': says(
    ({ key }: Texts<'key'>) =>
      `${key}: does not apply at [verify]: a gateway does not report which tool is called`,
    { key: 'auth.tool_scopes' },
    'serve these servers as backends where single tools matter; docs/verify.md says what the door decides',
  ),
  'role-default': says(
    ({ key }: Texts<'key'>) => `${key}: callers without a role may do everything`,
    { key: 'auth.role_mapping.default_deny' },
    'leave it out, or give such callers a role',
  ),
  'plain-scheme': says(
    ({ key, scheme, carried }: Texts<'key' | 'scheme' | 'carried' | 'better'>) =>
      `${key}: plain ${scheme} beyond this machine: anyone on the network path can read ${carried}`,
    { key: 'backends[0].url', scheme: 'http', carried: 'calls', better: 'https' },
    ({ better }) => `use ${better}`,
  ),
  'no-program': says(
    ({ key, command }: Texts<'key' | 'command'>) =>
      `${key}: ${command} is not in any folder of PATH`,
    { key: 'backends[0].command', command: 'uvx' },
    'install it, or write its full path',
  ),
  'no-file': says(
    ({ key, file }: Texts<'key' | 'file'>) => `${key}: ${file} does not exist`,
    { key: 'backends[0].command', file: './server' },
    'correct the path; a relative one starts at cwd',
  ),
  'not-executable': says(
    ({ key, file }: Texts<'key' | 'file'>) => `${key}: ${file} is not executable`,
    { key: 'backends[0].command', file: '/srv/server.py' },
    ({ file }) => `chmod +x ${file}, or name its interpreter in command and the file in args`,
  ),
  'no-folder': says(
    ({ key, folder }: Texts<'key' | 'folder'>) => `${key}: the folder ${folder} does not exist`,
    { key: 'backends[0].cwd', folder: '/srv/files' },
    'create it, or correct the path',
  ),
  'command-spaces': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is started without a shell, so its spaces do not separate arguments`,
    { key: 'backends[0].command' },
    'put the arguments in args = [...]',
  ),
  'prefix-overlap': says(
    ({ key, other }: Texts<'key' | 'other'>) =>
      `${key}: gives a prefix that overlaps with that of backends[${other}]; tools of the two may get the same name`,
    { key: 'backends[1].prefix', other: 0 },
    'choose prefixes of which none begins with another',
  ),
  separator: says(
    ({ key }: Texts<'key'>) =>
      `${key}: makes names with "." or "/", which the APIs of large models refuse`,
    { key: 'proxy.separator' },
    'use "__" unless your clients need the names of mcp-proxy 0.4',
  ),
  'short-token': says(
    ({ key }: Texts<'key'>) => `${key}: is shorter than 16 characters and can be guessed`,
    { key: 'auth.tokens[0]' },
    'use a random one, for example from: openssl rand -hex 32',
  ),
  'public-url': says(
    ({ key }: Texts<'key' | 'path'>) =>
      `${key}: is not set, so clients cannot find out where to get a token`,
    { key: 'proxy.public_url', path: '/mcp' },
    setPublicUrl,
  ),
  'public-url-root': says(
    ({ key }: Texts<'key' | 'path'>) => `${key}: has no path, but the endpoint has one`,
    { key: 'proxy.public_url', path: '/mcp' },
    ({ path }) => `end it with ${path}, unless something in front of the proxy maps the paths`,
  ),
  'public-url-path': says(
    ({ key, path, answered }: Texts<'key' | 'path' | 'answered'>) =>
      `${key}: ends in ${path}, and the proxy answers at ${answered}`,
    { key: 'proxy.public_url', path: '/tools', answered: '/mcp' },
    ({ answered }) => `let something in front map the path, or end it with ${answered}`,
  ),
  'wide-origin': says(
    ({ key }: Texts<'key'>) =>
      `${key}: allows pages under names that anyone can register, unless that domain is your own`,
    { key: 'security.allowed_origins[0]' },
    'list a domain of yours, as in https://*.example.com',
  ),
  'any-origin': says(
    ({ key }: Texts<'key'>) =>
      `${key}: lets every page that is opened in a browser here call the tools`,
    { key: 'security.allowed_origins[0]' },
    'list the origins, or add [auth]',
  ),
  'allow-http': states(
    'auth.allow_http: secrets and keys may travel in the clear',
    'use https and remove it',
  ),
  'ignored-constraint': states(
    'auth.sender_constraint: stolen bound tokens work as bearer tokens',
    'use "dpop", "mtls" or "refuse"',
  ),
} as const
