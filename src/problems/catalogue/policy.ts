// What an accepted caller may not do.
import { errorCodes } from '../../base/error-codes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const policy = {
  group: 'policy',
  severity: 'high',
  refuses: 'configured',
  outcome: 'rejected',
} as const

export const policyProblems = {
  'policy-admin': {
    ...policy,
    refuses: 'always',
    title: 'the admin surface is not open to this caller',
    says: states(
      'The admin surface requires its token, or a loopback caller of a loopback listener with no proxy between them',
    ),
    hint: 'set security.admin_token and send it as Authorization: Bearer <token>',
    http: 403,
    oauth: undefined,
    spec: '',
  },
  'policy-role': {
    ...policy,
    title: 'no role of the caller permits it',
    cases: {
      none: says(
        ({ target }: Texts<'target'>) => `The caller has no role, so ${target} is refused`,
        { target: 'tool "write_file" of backend files' },
        'map a value of the claim auth.role_mapping.claim to a role, or set auth.role_mapping.default_deny = false',
      ),
      denied: says(
        ({ role, pattern, target }: Texts<'role' | 'pattern' | 'target'>) =>
          `Role ${role} denies ${target} by the pattern ${pattern}`,
        { role: '"reader"', pattern: '"*/write_*"', target: 'tool "write_file" of backend files' },
        'change the deny list of the role, or give the caller other roles: a deny list wins over every allow list',
      ),
      unlisted: says(
        ({ roles, target }: Texts<'roles' | 'target'>) =>
          `No role of the caller allows ${target}; the roles are ${roles}`,
        { roles: '"reader"', target: 'tool "write_file" of backend files' },
        'add the name to the allow list of a role, or give the caller another role',
      ),
    },
    hint: 'look at auth.roles and auth.role_mapping',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-token': {
    ...policy,
    title: 'the lists of the token do not permit it',
    cases: {
      denied: says(
        ({ token, pattern, target }: Texts<'token' | 'pattern' | 'target'>) =>
          `${token} denies ${target} by the pattern ${pattern}`,
        {
          token: 'auth.scoped_tokens[0]',
          pattern: '"*/write_*"',
          target: 'tool "write_file" of backend files',
        },
        'change the deny list of the token: it wins over the allow list',
      ),
      unlisted: says(
        ({ token, target }: Texts<'token' | 'target'>) => `${token} does not allow ${target}`,
        { token: 'auth.scoped_tokens[0]', target: 'tool "write_file" of backend files' },
        'add the name to the allow list of the token',
      ),
    },
    hint: 'look at auth.scoped_tokens',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-filter': {
    ...policy,
    title: 'the configuration does not offer it',
    cases: {
      hidden: says(
        ({ key, target, pattern }: Texts<'key' | 'target' | 'pattern'>) =>
          `${key} hides ${target} by the pattern ${pattern}`,
        {
          key: 'hide_tools',
          target: 'tool "write_file" of backend files',
          pattern: '"write_*"',
        },
        'change the list of the backend if callers should have it',
      ),
      unlisted: says(
        ({ key, target }: Texts<'key' | 'target'>) => `No pattern of ${key} matches ${target}`,
        { key: 'expose_tools', target: 'tool "write_file" of backend files' },
        'add its name to the list of the backend if callers should have it',
      ),
      long: says(
        ({ key, target, limit }: Texts<'key' | 'target' | 'limit'>) =>
          `${target} has more than ${limit} characters, so ${key} cannot be compared with it`,
        { key: 'hide_resources', target: 'resource "file:///a" of backend files', limit: 4096 },
        'use a shorter URI',
      ),
      'profile-denied': says(
        ({ key, target, pattern }: Texts<'key' | 'target' | 'pattern'>) =>
          `${key} denies ${target} by the pattern ${pattern}`,
        {
          key: 'profiles.readers',
          target: 'tool "write_file" of backend files',
          pattern: '"*/write_*"',
        },
        'change the lists of the profile if its callers should have it',
      ),
      'profile-unlisted': says(
        ({ key, target }: Texts<'key' | 'target'>) => `No list of ${key} allows ${target}`,
        { key: 'profiles.readers', target: 'tool "write_file" of backend files' },
        'add it to the lists of the profile if its callers should have it',
      ),
    },
    hint: 'look at the expose_ and hide_ keys of the backend, and at the lists of the profile',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-pin': {
    ...policy,
    title: 'the tool is not what was pinned',
    cases: {
      changed: says(
        ({ target, changed }: Texts<'target' | 'changed'> & Texts<'backend'>) =>
          `The ${target} is quarantined: what the backend says of it differs from what was pinned in ${changed}`,
        {
          target: 'tool "read_file" of backend files',
          changed: 'description, inputSchema.properties.path.description',
          backend: 'files',
        },
        ({ backend }) =>
          `look at the difference: mcp-proxy pins diff ${backend}; if it is wanted: mcp-proxy pins accept ${backend}`,
      ),
      new: says(
        ({ target }: Texts<'target'> & Texts<'backend'>) =>
          `The ${target} is quarantined: it was not accepted yet`,
        { target: 'tool "read_file" of backend files', backend: 'files' },
        ({ backend }) =>
          `look at it: mcp-proxy pins diff ${backend}; if it is wanted: mcp-proxy pins accept ${backend}`,
      ),
    },
    hint: 'look at mcp-proxy pins diff',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-rule': {
    ...policy,
    title: 'a rule does not permit it',
    cases: {
      denied: says(
        ({ rule, target }: Texts<'rule' | 'target'>) => `The rule ${rule} denies ${target}`,
        { rule: 'auth.rules[0]', target: 'tool "write_file" of backend files' },
        'look at what the condition of the rule says of this caller',
      ),
      unallowed: says(
        ({ rules, target }: Texts<'rules' | 'target'>) =>
          `No rule allows ${target}; the rules about it are ${rules}`,
        { rules: 'auth.rules[0]', target: 'tool "write_file" of backend files' },
        'make the condition of one of the rules true for this caller, or add a rule that is',
      ),
      failed: says(
        ({ rule, target, why }: Texts<'rule' | 'target' | 'why'>) =>
          `The rule ${rule} cannot be evaluated, so ${target} is refused: ${why}`,
        {
          rule: 'auth.rules[0]',
          target: 'tool "write_file" of backend files',
          why: 'No such key: dept',
        },
        'ask with has() before the condition reads a claim that may be missing',
      ),
    },
    hint: 'look at auth.rules',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-annotation': {
    ...policy,
    title: 'the annotations of the tool do not permit it',
    cases: {
      destructive: says(
        ({ target }: Texts<'target'>) =>
          `By its annotations ${target} may destroy something, and hide_destructive is set`,
        { target: 'tool "write_file" of backend files' },
        'let the server annotate the tool with destructiveHint: false or readOnlyHint: true where that is so, or unset hide_destructive',
      ),
      writes: says(
        ({ target }: Texts<'target'>) =>
          `By its annotations ${target} does not only read, and read_only_only is set`,
        { target: 'tool "write_file" of backend files' },
        'let the server annotate the tool with readOnlyHint: true where that is so, or unset read_only_only',
      ),
      unknown: says(
        ({ target }: Texts<'target'>) =>
          `The annotations of ${target} are not known, because no current list of the backend contains it`,
        { target: 'tool "write_file" of backend files' },
        'try again when the backend has listed its tools; if it cannot, mcp-proxy doctor says why',
      ),
    },
    hint: 'look at hide_destructive and read_only_only of the backend',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: 'MCP schema, ToolAnnotations',
  },
  'policy-argument': {
    ...policy,
    title: 'the arguments are not permitted',
    cases: {
      size: says(
        ({ size, limit }: Texts<'size' | 'limit'>) =>
          `The arguments have ${size} bytes; at most ${limit} are allowed`,
        { size: 70_000, limit: 65_536 },
        'send less, or raise security.max_argument_size',
      ),
      rule: says(
        ({ rule, message }: Texts<'rule' | 'message'>) =>
          `The rule ${rule} refuses these arguments${message}`,
        { rule: 'auth.rules[0]', message: ': only files below /srv' },
        'send other arguments, or look at the condition of the rule',
      ),
      failed: says(
        ({ rule, why }: Texts<'rule' | 'why'>) =>
          `The rule ${rule} cannot be evaluated on these arguments: ${why}`,
        { rule: 'auth.rules[0]', why: 'No such key: path' },
        'send the arguments that the rule reads, or ask with has() before the condition reads them',
      ),
    },
    hint: 'send other arguments',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: '',
  },
  'policy-scope': {
    ...policy,
    title: 'this tool needs more scopes',
    says: says(
      ({ missing, needed }: Texts<'missing' | 'needed'>) =>
        `This tool needs the scopes ${needed}; missing are ${missing}`,
      { missing: '"files:write"', needed: '"files:read", "files:write"' },
    ),
    hint: 'log in again with the scopes that the challenge names',
    http: 403,
    jsonrpc: errorCodes.invalidParams,
    oauth: 'insufficient_scope',
    spec: 'RFC 6750 section 3.1, MCP authorization (scope challenge handling)',
  },
} as const satisfies Record<string, ProblemSpec>
