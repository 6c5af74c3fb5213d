// What can be wrong with a configuration file, and with what it says.
import { adminValues } from './config-admin.ts'
import { adviceCases } from './config-advice.ts'
import { credentialCases } from './config-credentials.ts'
import { ruleCases } from './config-rules.ts'
import { syntaxCases } from './config-syntax.ts'
import { profileValues } from './profiles.ts'
import { compositeValues } from './composites.ts'
import { shapingAdvice, shapingValues } from './shaping.ts'
import { trafficAdvice, trafficValues } from './traffic.ts'
import { schemaCases } from './config-values.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const config = {
  group: 'config',
  severity: 'fatal',
  refuses: 'always',
  outcome: 'rejected',
} as const

const configAdvice = { ...config, severity: 'medium', refuses: 'never' } as const

const unknown = ({ key }: Texts<'key'>): string => `Unknown key ${key}`

export const configProblems = {
  'config-file': {
    ...config,
    title: 'the configuration file cannot be read',
    cases: {
      unreadable: says(({ file, why }: Texts<'file' | 'why'>) => `Cannot read ${file}: ${why}`, {
        file: 'proxy.toml',
        why: 'it is a folder',
      }),
      similar: says(
        ({ file, why }: Texts<'file' | 'why' | 'meant'>) => `Cannot read ${file}: ${why}`,
        { file: 'proxy.tml', why: 'no such file', meant: 'proxy.toml' },
        ({ meant }) => `did you mean ${meant}?`,
      ),
    },
    hint: 'check the path and the permissions; mcp-proxy init writes a new one',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-more': {
    ...config,
    title: 'a configuration has more problems than are shown',
    says: says(({ n }: { readonly n: number }) => `${n} more problem${n === 1 ? '' : 's'}`, {
      n: 12,
    }),
    hint: 'correct those that are shown, and check again',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-weaker': {
    ...config,
    severity: 'high',
    title: 'a reload would accept more than the configuration that is served',
    says: says(
      ({ key }: Texts<'key'>) => `${key} is weaker than in the configuration that is served`,
      {
        key: 'auth.required_scopes',
      },
    ),
    hint: 'restart with the new configuration, or allow such reloads with serve --allow-weaker or security.allow_weaker_reload = true',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-syntax': {
    ...config,
    title: 'the configuration file is not well-formed',
    cases: syntaxCases,
    hint: 'correct the syntax at this position; mcp-proxy serve --check reads the file again',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-unknown-key': {
    ...config,
    title: 'an unknown key in the configuration',
    cases: {
      unknown: says(unknown, { key: 'auth.isuer' }),
      earlier: says(
        ({ key }: Texts<'key'>) => `${key} is a key of mcp-proxy 0.4 that is not offered yet`,
        { key: 'proxy.instructions' },
        'remove it; docs/migration.md lists what is not offered yet',
      ),
      'other-type': says<Texts<'key' | 'name' | 'types' | 'chosen'>>(
        unknown,
        { key: 'auth.tokens', name: 'tokens', types: '"bearer"', chosen: '' },
        ({ name, types, chosen }) => `\`${name}\` belongs to type = ${types}${chosen}`,
      ),
      'other-section': says<Texts<'key' | 'name' | 'sections'>>(
        unknown,
        { key: 'proxy.issuer', name: 'issuer', sections: '[auth]' },
        ({ name, sections }) => `\`${name}\` belongs in ${sections}`,
      ),
      similar: says<Texts<'key' | 'meant'>>(
        unknown,
        { key: 'auth.isuer', meant: 'issuer' },
        ({ meant }) => `did you mean \`${meant}\`?`,
      ),
      'similar-other-type': says<Texts<'key' | 'meant' | 'types' | 'chosen'>>(
        unknown,
        { key: 'auth.tokns', meant: 'tokens', types: '"bearer"', chosen: '' },
        ({ meant, types, chosen }) =>
          `did you mean \`${meant}\`? It belongs to type = ${types}${chosen}`,
      ),
      'similar-earlier': says<Texts<'key' | 'meant'>>(
        unknown,
        { key: 'proxy.hot_relaod', meant: 'hot_reload' },
        ({ meant }) => `did you mean \`${meant}\`? That key of mcp-proxy 0.4 is not offered yet`,
      ),
      'similar-elsewhere': says<Texts<'key' | 'meant' | 'section'>>(
        unknown,
        { key: 'proxy.isuer', meant: 'issuer', section: '[auth]' },
        ({ meant, section }) => `did you mean \`${meant}\` in ${section}?`,
      ),
      'unlike-any': says<Texts<'key' | 'section' | 'keys'>>(
        unknown,
        { key: 'proxy.listen.zone', section: '[proxy.listen]', keys: 'host, port' },
        ({ section, keys }) => `${section} may contain ${keys}`,
      ),
    },
    hint: 'remove it; docs/config.md has every key',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-value': {
    ...config,
    title: 'a value in the configuration is not allowed',
    cases: {
      ...schemaCases,
      ...ruleCases,
      ...adminValues,
      ...shapingValues,
      ...compositeValues,
      ...profileValues,
      ...trafficValues,
      listen: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `proxy.listen: cannot listen on ${address}: ${why}`,
        { address: '127.0.0.1:8080', why: 'the port is in use' },
        'choose another proxy.listen.host or .port; port 0 takes a free one',
      ),
      'append-file': says(
        ({ key, path, why }: Texts<'key' | 'path' | 'why'>) =>
          `${key}: ${path} cannot be opened: ${why}`,
        {
          key: 'observability.audit_file.path',
          path: '/var/log/mcp-proxy/audit.log',
          why: 'ENOENT',
        },
        'name a file in a folder that exists and that the proxy may write to',
      ),
      exposed: says(
        ({ host }: Texts<'host'>) =>
          `proxy.listen.host: ${host} is reachable from other hosts and [auth] is none`,
        { host: '0.0.0.0' },
        'configure [auth], listen on 127.0.0.1, or set security.allow_insecure_listen = true',
      ),
      audience: states(
        'auth.audience is missing, and there is no public URL to take its place',
        'set audience to the aud of the tokens, or proxy.public_url to the URL that clients call',
      ),
      ...credentialCases,
      flag: says(
        ({ flag, why }: Texts<'flag' | 'why'>) => `${flag}: ${why}`,
        { flag: '--issuer', why: 'must be an https URL' },
        'see --help for the form of each flag',
      ),
      endpoint: says(
        ({ why }: Texts<'why'>) => `the introspection endpoint cannot be used: ${why}`,
        { why: 'not an absolute URL' },
      ),
      introspect: says(
        ({ type }: Texts<'type'>) => `auth.type is "${type}": there is no server to introspect at`,
        { type: 'jwt' },
        'introspection needs auth.type = "oauth", or --issuer and --client-id on the command line',
      ),
    },
    hint: 'docs/config.md shows what the key accepts',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-variable': {
    ...config,
    title: 'an environment variable is not set',
    cases: {
      unset: says(
        ({ key, name }: Texts<'key' | 'name'>) =>
          `${key}: the environment variable ${name} is not set`,
        { key: 'auth.client_secret', name: 'SECRET' },
        ({ name }) =>
          `export ${name}, or write the value another way; a literal "\${" is written "$\${"`,
      ),
      empty: says(
        ({ key, name }: Texts<'key' | 'name'>) =>
          `${key}: the environment variable ${name} is set, but empty`,
        { key: 'auth.client_secret', name: 'SECRET' },
        ({ name }) => `give ${name} a value, or write the value another way`,
      ),
      similar: says(
        ({ key, name, state }: Texts<'key' | 'name' | 'state' | 'similar'>) =>
          `${key}: the environment variable ${name} ${state}`,
        { key: 'auth.client_secret', name: 'SECRTE', state: 'is not set', similar: 'SECRET' },
        ({ similar }) => `did you mean \${${similar}}? That one is set`,
      ),
      malformed: says(
        ({ key }: Texts<'key'>) =>
          `${key}: "\${" is not followed by the name of a variable and "}"`,
        { key: 'auth.client_secret' },
        'write "${NAME}" with letters, digits and "_" only, or "${NAME:-default}"; a literal "${" is written "$${"',
      ),
      'default-secret': says(
        ({ key }: Texts<'key'>) => `${key}: a secret cannot have a default`,
        { key: 'auth.client_secret' },
        'write "${NAME}" alone, and set the variable',
      ),
      'too-much': says(
        ({ key, limit }: Texts<'key' | 'limit'>) =>
          `${key}: the values of variables are more than ${limit} characters in all`,
        { key: 'backends[0].env.A', limit: 4_194_304 },
        'use long values less often',
      ),
    },
    hint: 'export the variable, or write the value another way',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-secret-newline': {
    ...configAdvice,
    title: 'a secret ends with a line break',
    says: says(
      ({ key, name }: Texts<'key' | 'name'>) =>
        `${key}: the line break at the end of ${name} was ignored`,
      { key: 'auth.client_secret', name: 'SECRET' },
    ),
    hint: 'set the variable without the line break, for example with $(cat file)',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-secret-literal': {
    ...configAdvice,
    title: 'a secret is written in the configuration file',
    says: says(({ key }: Texts<'key'>) => `${key}: a secret is written in the file itself`, {
      key: 'auth.client_secret',
    }),
    hint: 'put it in an environment variable and write "${NAME}" here',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-file-mode': {
    ...configAdvice,
    title: 'other users can read a configuration file that contains secrets',
    cases: {
      secrets: says(
        ({ file }: Texts<'file'>) =>
          `${file} contains secrets, and other users of this machine can read it`,
        { file: 'proxy.toml' },
        ({ file }) => `chmod 600 ${file}, or take the secrets out of it`,
      ),
      key: says(
        ({ file }: Texts<'file'>) =>
          `${file} is a private key, and other users of this machine can read it`,
        { file: 'client.key' },
        ({ file }) => `chmod 600 ${file}`,
      ),
    },
    hint: 'take the secrets out of the file, or the right to read it from the others',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-advice': {
    ...configAdvice,
    title: 'a risky setting in the configuration',
    cases: { ...adviceCases, ...shapingAdvice, ...trafficAdvice },
    hint: 'docs/config.md explains the key',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
