// API keys: what is wrong with one that was sent, and what is wrong with the file that knows them.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const key = {
  group: 'key',
  severity: 'fatal',
  outcome: 'rejected',
  http: 401,
  oauth: 'invalid_token',
  spec: 'RFC 6750 section 3.1',
} as const

const file = {
  group: 'config',
  outcome: 'rejected',
  http: undefined,
  oauth: undefined,
  spec: '',
} as const

type Plural = { readonly n: number; readonly file: string; readonly names: string }

export const keyProblems = {
  'key-form': {
    ...key,
    refuses: 'always',
    title: 'the API key was cut or mistyped',
    cases: {
      length: says(
        ({ n, wanted }: Texts<'n' | 'wanted'>) =>
          `The API key has ${n} characters instead of ${wanted}`,
        { n: 40, wanted: 65 },
        'send the whole key, as mcp-proxy key create printed it, and nothing after it',
      ),
      letters: states(
        'The API key contains a character that no key contains, or has another structure',
      ),
      checksum: states('The API key is mistyped: its checksum does not fit'),
    },
    hint: 'copy the key again; if it is lost, create another one with mcp-proxy key create',
  },
  'key-unknown': {
    ...key,
    refuses: 'configured',
    title: 'the API key is not known',
    cases: {
      id: says(({ id }: Texts<'id'>) => `The key file has no key with the id ${id}`, {
        id: 'k4x7mzq2ab',
      }),
      foreign: states(
        'The credential is not an mcp-proxy API key, and only these are accepted here',
        'send a key that mcp-proxy key create made: it begins with mcpk_',
      ),
      secret: says(
        ({ id }: Texts<'id'>) =>
          `The key file has a key with the id ${id}, but with a different secret`,
        { id: 'k4x7mzq2ab' },
        ({ id }) =>
          `send the key that was created with the id ${id}; if this one is genuine, compare the key files`,
      ),
    },
    hint: 'send a key of this proxy: mcp-proxy key list shows their ids, mcp-proxy key create creates one',
  },
  'key-revoked': {
    ...key,
    refuses: 'configured',
    title: 'the API key was revoked',
    says: says(
      ({ name, id, when }: Texts<'name' | 'id' | 'when'>) =>
        `The key ${name} (${id}) was revoked at ${when}`,
      { name: 'ci', id: 'k4x7mzq2ab', when: '2026-11-29T12:00:00Z' },
    ),
    hint: 'create a new key with mcp-proxy key create: a revoked one cannot be restored',
  },
  'key-expired': {
    ...key,
    refuses: 'configured',
    title: 'the API key has expired',
    says: says(
      ({ name, id, ago, when }: Texts<'name' | 'id' | 'ago' | 'when'>) =>
        `The key ${name} (${id}) expired ${ago} ago (${when})`,
      { name: 'ci', id: 'k4x7mzq2ab', ago: '2d 3h', when: '2026-11-27T09:00:00Z' },
    ),
    hint: 'create a new key with mcp-proxy key create, and give it to those who use this one',
  },
  'key-file': {
    ...file,
    severity: 'fatal',
    refuses: 'always',
    title: 'the file with the API keys cannot be used',
    cases: {
      absent: says(
        ({ file: name }: Texts<'file'>) => `The key file ${name} does not exist`,
        { file: 'keys.json' },
        ({ file: name }) =>
          `create the first key: mcp-proxy key create NAME --file ${name}; or correct auth.keys_file`,
      ),
      unreadable: says(
        ({ file: name, why }: Texts<'file' | 'why'>) =>
          `The key file ${name} cannot be read: ${why}`,
        { file: 'keys.json', why: 'permission denied' },
        'check the path, and that the user of the proxy may read the file',
      ),
      form: says(
        ({ file: name, why }: Texts<'file' | 'why'>) =>
          `The key file ${name} cannot be used: ${why}`,
        { file: 'keys.json', why: 'keys[0].expires: must be a time such as 2026-11-29T12:00:00Z' },
        'restore the file, and change it with mcp-proxy key alone',
      ),
      writable: says(
        ({ file: name, mode }: Texts<'file' | 'mode'>) =>
          `The key file ${name} can be written by other users (mode ${mode}): they could create keys`,
        { file: 'keys.json', mode: '666' },
        ({ file: name }) => `chmod 600 ${name}, and look through mcp-proxy key list`,
      ),
      unwritable: says(
        ({ file: name, why }: Texts<'file' | 'why'>) =>
          `The key file ${name} cannot be written: ${why}`,
        { file: 'keys.json', why: 'permission denied' },
        'check the permissions of the file and of its folder; it is as it was',
      ),
      busy: says(
        ({ file: name, lock }: Texts<'file' | 'lock'>) =>
          `Another program is changing the key file ${name} (${lock})`,
        { file: 'keys.json', lock: 'keys.json.lock' },
        ({ lock }) => `try again; if no other process writes it, remove the folder ${lock}`,
      ),
    },
    hint: 'check the file that auth.keys_file names',
  },
  'key-advice': {
    ...file,
    severity: 'medium',
    refuses: 'never',
    title: 'something about the API keys needs attention',
    cases: {
      readable: says(
        ({ file: name, mode }: Texts<'file' | 'mode'>) =>
          `The key file ${name} can be read by other users (mode ${mode}): it names all keys and their owners`,
        { file: 'keys.json', mode: '644' },
        ({ file: name }) => `chmod 600 ${name}`,
      ),
      none: says(
        ({ file: name }: Texts<'file'>) =>
          `No key in ${name} can be used: all have expired or been revoked`,
        { file: 'keys.json' },
        ({ file: name }) => `mcp-proxy key create NAME --file ${name}`,
      ),
      expired: says(
        ({ n, file: name, names }: Plural) =>
          `${n} ${n === 1 ? 'key has' : 'keys have'} expired in ${name}: ${names}`,
        { n: 1, file: 'keys.json', names: 'ci' },
        'create new keys for those who need them, and revoke the old ones',
      ),
      ending: says(
        ({ n, file: name, names }: Plural) =>
          `${n} ${n === 1 ? 'key expires' : 'keys expire'} within 14 days in ${name}: ${names}`,
        { n: 1, file: 'keys.json', names: 'ci (in 3d 4h)' },
        'create new keys now, and give them to those who use the old ones',
      ),
      'role-unknown': says(
        ({ name, role }: Texts<'name' | 'role'>) =>
          `The key ${name} has the role ${role}, which auth.roles does not have`,
        { name: 'ci', role: '"reader"' },
        'add the role to auth.roles, or create the key again with another one',
      ),
    },
    hint: 'mcp-proxy key list shows every key',
  },
} as const satisfies Record<string, ProblemSpec>
