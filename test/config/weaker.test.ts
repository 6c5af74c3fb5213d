// What a reload does only when it was told to: every way in which a configuration accepts more than the one before.
import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { weakerThan } from '../../src/config/weaker.ts'

const config = (sections: object) =>
  configSchema.parse({
    proxy: { name: 'p' },
    backends: [{ name: 'files', transport: 'stdio', command: 'files-server' }],
    ...sections,
  })

const oauth = (more: object = {}) => ({
  auth: { type: 'oauth', issuer: 'https://id.example.com', audience: 'mcp', ...more },
})
const introspecting = (more: object = {}) =>
  oauth({ token_validation: 'both', client_id: 'c', client_secret: 'secret', ...more })
const listening = (host: string) => ({ proxy: { name: 'p', listen: { host } }, ...oauth() })
const mutual = (more: object = {}) => ({
  proxy: {
    name: 'p',
    tls: { cert: 'a.pem', key: 'a.key', client_ca: 'ca.pem', client_auth: 'require', ...more },
  },
})
const bearer = { auth: { type: 'bearer', tokens: ['a-token-of-16-chars'] } }

const staff = {
  roles: [{ name: 'r', deny_tools: ['*'] }],
  role_mapping: { claim: 'g', mapping: { s: 'r' } },
}
const withRoles = (role: object, mapping: object = {}) =>
  oauth({
    roles: [{ name: 'r', ...role }, { name: 'w' }],
    role_mapping: { claim: 'g', mapping: { s: 'r' }, ...mapping },
  })
const scoped = (more: object) => ({
  auth: { type: 'bearer', scoped_tokens: [{ token: 'a-token-of-16-chars', ...more }] },
})
const offering = (more: object) => ({
  backends: [{ name: 'files', transport: 'stdio', command: 'files-server', ...more }],
})
const ruled = (...rules: object[]) => oauth({ rules })

const keys = (more: object = {}) => ({
  auth: { type: 'keys', keys_file: 'keys.json', ...more },
})

test.each<readonly [string, object, object]>([
  ['auth.keys_file', oauth(), oauth({ keys_file: 'keys.json' })],
  ['auth.required_scopes', keys({ required_scopes: ['a'] }), keys()],
  ['auth.roles', keys({ roles: [{ name: 'r', allow_tools: ['x'] }] }), keys()],
  [
    'auth.roles r: allow_tools',
    keys({ roles: [{ name: 'r', allow_tools: ['x'] }] }),
    keys({ roles: [{ name: 'r', allow_tools: ['x', 'y'] }] }),
  ],
  ['auth.tool_scopes.x', keys({ tool_scopes: { x: 'a' } }), keys()],
  ['auth.role_mapping', oauth(staff), oauth()],
  ['auth.role_mapping.default_deny', withRoles({}), withRoles({}, { default_deny: false })],
  ['auth.role_mapping.report_only', withRoles({}), withRoles({}, { report_only: true })],
  ['auth.role_mapping.mapping.s', withRoles({}), withRoles({}, { mapping: { s: ['r', 'w'] } })],
  ['auth.role_mapping.mapping.t', withRoles({}), withRoles({}, { mapping: { s: 'r', t: 'w' } })],
  [
    'auth.roles r: deny_tools',
    withRoles({ deny_tools: ['x', 'y'] }),
    withRoles({ deny_tools: ['x'] }),
  ],
  ['auth.roles r: allow_prompts', withRoles({ allow_prompts: ['x'] }), withRoles({})],
  [
    'auth.roles r: allow_tools',
    withRoles({ allow_tools: ['x'] }),
    withRoles({ allow_tools: ['x', 'y'] }),
  ],
  [
    'auth.tool_scopes.x',
    oauth({ tool_scopes: { x: ['a', 'b'] } }),
    oauth({ tool_scopes: { x: 'a' } }),
  ],
  [
    'auth.tool_scopes.x',
    oauth({ tool_scopes: { x: 'a' } }),
    oauth({ tool_scopes: { x: { scopes: 'a', report_only: true } } }),
  ],
  [
    'auth.scoped_tokens[0].report_only',
    scoped({ allow_tools: ['x'] }),
    scoped({ allow_tools: ['x'], report_only: true }),
  ],
  [
    'backends files: annotations_report_only',
    offering({ hide_destructive: true }),
    offering({ hide_destructive: true, annotations_report_only: true }),
  ],
  [
    'security.max_argument_size',
    { security: { max_argument_size: 5 } },
    { security: { max_argument_size: 5, max_argument_size_report_only: true } },
  ],
  ['auth.rules', ruled({ when: 'true', effect: 'deny' }), oauth()],
  [
    'auth.rules',
    ruled({ when: 'true', effect: 'deny' }),
    ruled({ when: 'true', effect: 'deny', report_only: true }),
  ],
  ['auth.scoped_tokens[0].allow_tools', scoped({ allow_tools: ['x'] }), scoped({})],
  ['auth.scoped_tokens[0]', scoped({ allow_tools: ['x'] }), bearer],
  ['backends files: expose_tools', offering({ expose_tools: ['a'] }), {}],
  [
    'backends files: expose_prompts',
    offering({ expose_prompts: ['a'] }),
    offering({ expose_prompts: ['a', 'b'] }),
  ],
  [
    'backends files: hide_resources',
    offering({ hide_resources: ['a', 'b'] }),
    offering({ hide_resources: ['a'] }),
  ],
  [
    'backends files: parameters of the tool t',
    offering({ param_overrides: [{ tool: 't', hide: ['p'] }] }),
    offering({ param_overrides: [{ tool: 't', rename: { p: 'q' } }] }),
  ],
  [
    'backends files: parameters of the tool t',
    offering({ inject_args: [{ tool: 't', args: { dry: true }, overwrite: true }] }),
    offering({ inject_args: [{ tool: 't', args: { dry: true } }] }),
  ],
  ['backends files: hide_destructive', offering({ hide_destructive: true }), {}],
  ['backends files: pin_tools', offering({ pin_tools: 'first_sight' }), {}],
  [
    'backends files: pin_tools',
    offering({ pin_tools: 'accepted' }),
    offering({ pin_tools: 'first_sight' }),
  ],
  ['backends files: read_only_only', offering({ read_only_only: true }), {}],
  ['security.max_argument_size', { security: { max_argument_size: 5 } }, {}],
  ['proxy.listen.host', listening('127.0.0.1'), listening('0.0.0.0')],
  ['auth.type', bearer, {}],
  ['auth.type', oauth(), bearer],
  ['auth.type', oauth(), {}],
  ['security.admin_token', { security: { admin_token: 'x' } }, {}],
  ['security.allow_insecure_listen', {}, { security: { allow_insecure_listen: true } }],
  ['security.allowed_origins', {}, { security: { allowed_origins: ['https://a.example'] } }],
  [
    'security.allowed_origins',
    { security: { allowed_origins: ['https://a.example.com'] } },
    { security: { allowed_origins: ['https://*.example.com'] } },
  ],
  ['proxy.tls', mutual(), {}],
  ['proxy.tls.client_auth', mutual(), mutual({ client_auth: 'request' })],
  [
    'proxy.tls.client_ca',
    mutual({ client_auth: 'request' }),
    mutual({ client_auth: 'request', client_ca: undefined }),
  ],
  ['proxy.tls.min_version', mutual({ min_version: '1.3' }), mutual()],
  ['security.allowed_hosts', {}, { security: { allowed_hosts: ['a.example'] } }],
  ['security.trusted_proxies', {}, { security: { trusted_proxies: ['10.0.0.1'] } }],
  [
    'security.client_address_header',
    { security: { trusted_proxies: ['10.0.0.1'] } },
    { security: { trusted_proxies: ['10.0.0.1'], client_address_header: 'X-Real-IP' } },
  ],
  [
    'security.admin_tools',
    { security: { admin_tools: { roles: ['ops'] } } },
    { security: { admin_tools: { roles: ['ops'], rights: ['read', 'operate'] } } },
  ],
  [
    'security.session_id_header',
    { security: { trusted_proxies: ['10.0.0.1'] } },
    { security: { trusted_proxies: ['10.0.0.1'], session_id_header: 'X-Session-Id' } },
  ],
  ['auth.sender_constraint', oauth(), oauth({ sender_constraint: 'ignore' })],
  [
    'auth.sender_constraint_required',
    oauth({ sender_constraint: 'dpop', sender_constraint_required: true }),
    oauth({ sender_constraint: 'dpop' }),
  ],
  [
    'auth.dpop_max_age',
    oauth({ sender_constraint: 'dpop' }),
    oauth({ sender_constraint: 'dpop', dpop_max_age: 600 }),
  ],
  [
    'auth.dpop_nonce',
    oauth({ sender_constraint: 'dpop', dpop_nonce: true }),
    oauth({ sender_constraint: 'dpop' }),
  ],
  [
    'auth.dpop_algorithms',
    oauth({ sender_constraint: 'dpop', dpop_algorithms: ['ES256'] }),
    oauth({ sender_constraint: 'dpop' }),
  ],
  ['auth.allow_any_audience', oauth(), oauth({ audience: undefined, allow_any_audience: true })],
  ['auth.audience', oauth(), oauth({ audience: ['mcp', 'other'] })],
  [
    'auth.allow_any_audience',
    oauth({ audience: undefined }),
    oauth({ audience: undefined, allow_any_audience: true }),
  ],
  [
    'auth.required_scopes',
    oauth({ required_scopes: ['a', 'b'] }),
    oauth({ required_scopes: ['a'] }),
  ],
  ['auth.audience_claims', oauth(), oauth({ audience_claims: ['aud', 'client_id'] })],
  ['auth.scope_claims', oauth(), oauth({ scope_claims: ['scope', 'scp', 'roles'] })],
  ['auth.jwks_uri', oauth(), oauth({ jwks_uri: 'https://other.example.com/jwks' })],
  [
    'auth.introspection_endpoint',
    introspecting(),
    introspecting({ introspection_endpoint: 'https://other.example.com/introspect' }),
  ],
  ['auth.metadata_issuer', oauth(), oauth({ metadata_issuer: 'https://other.example.com' })],
  ['auth.fallback', introspecting(), introspecting({ fallback: 'any' })],
  ['auth.clock_tolerance', oauth(), oauth({ clock_tolerance: 300 })],
  ['auth.max_lifetime', oauth({ max_lifetime: 600 }), oauth()],
  ['auth.max_lifetime', oauth({ max_lifetime: 600 }), oauth({ max_lifetime: 3600 })],
  ['auth.profile', oauth({ profile: 'strict' }), oauth()],
  ['auth.profile', oauth(), oauth({ profile: 'off' })],
  ['auth.algorithms', oauth({ algorithms: ['ES256'] }), oauth()],
  ['auth.algorithms', oauth({ algorithms: ['ES256'] }), oauth({ algorithms: ['ES256', 'RS256'] })],
  ['auth.allow_http', oauth(), oauth({ allow_http: true })],
  ['auth.allow_private', oauth(), oauth({ allow_private: true })],
  ['auth.token_validation', introspecting(), oauth()],
  ['auth.introspect_jwts', introspecting({ introspect_jwts: true }), introspecting()],
  [
    'auth.introspection_response',
    introspecting({ introspection_response: 'jwt' }),
    introspecting(),
  ],
  ['auth: the issuer https://b.example.com', oauth(), oauth({ issuer: 'https://b.example.com' })],
  [
    'auth: the issuer https://b.example.com',
    oauth(),
    oauth({ issuers: [{ issuer: 'https://b.example.com' }] }),
  ],
])('%s is weaker, and the other way round it is not', (key, strict, weak) => {
  const problems = weakerThan(config(strict), config(weak))
  expect(problems.map(({ code }) => code)).toEqual(['config-weaker'])
  expect(problems[0]?.detail).toContain(key)
  // Another issuer is one that was not known before, in both directions.
  const isRenamed = key.startsWith('auth: the issuer') && !JSON.stringify(weak).includes('issuers')
  expect(weakerThan(config(weak), config(strict))).toHaveLength(isRenamed ? 1 : 0)
})

test('keys at another address are another issuer, in both directions', () => {
  const at = (host: string) => config(oauth({ jwks_uri: `https://${host}.example.com/jwks` }))
  for (const [before, after] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    expect(weakerThan(at(before), at(after)).map(({ code }) => code)).toEqual(['config-weaker'])
  }
})

test('rotated tokens, keys and secrets, and other backends, are no weaker configuration', () => {
  const before = config({
    auth: { type: 'bearer', tokens: ['a-token-of-16-chars'] },
    security: { admin_token: 'one' },
  })
  const after = config({
    auth: { type: 'bearer', tokens: ['another-of-16-chars', 'a-third-of-16-chars'] },
    security: { admin_token: 'two' },
    backends: [{ name: 'other', transport: 'http', url: 'https://a.example/mcp' }],
  })
  expect(weakerThan(before, after)).toEqual([])
})

test('an audience that is written down instead of the public URL is no weaker', () => {
  const before = config({
    proxy: { name: 'p', public_url: 'https://mcp.example.com/mcp' },
    auth: { type: 'oauth', issuer: 'https://id.example.com' },
  })
  const after = config({
    proxy: { name: 'p', public_url: 'https://mcp.example.com/mcp' },
    auth: {
      type: 'oauth',
      issuer: 'https://id.example.com',
      audience: 'https://mcp.example.com/mcp',
    },
  })
  expect(weakerThan(before, after)).toEqual([])
  expect(weakerThan(after, before)).toEqual([])
})

test.each<readonly [string, object, object]>([
  ['a role denies more', withRoles({}), withRoles({ deny_tools: ['x'] })],
  ['a role allows less', withRoles({ allow_tools: ['x', 'y'] }), withRoles({ allow_tools: ['x'] })],
  ['roles come', oauth(), withRoles({})],
  ['a value loses the role that it had', withRoles({}), withRoles({}, { mapping: {} })],
  ['a tool needs a scope', oauth(), oauth({ tool_scopes: { x: 'a' } })],
  ['a rule comes', oauth(), ruled({ when: 'true', effect: 'deny' })],
  [
    'a token with lists goes',
    scoped({ deny_tools: ['x'] }),
    { auth: { type: 'bearer', tokens: ['another-token-of-20'] } },
  ],
])('is no weaker where %s', (_, before, after) => {
  expect(weakerThan(config(before), config(after))).toEqual([])
})

test.each<readonly [string, object, object]>([
  ['auth.role_mapping.claim', withRoles({}), withRoles({}, { claim: 'h' })],
  [
    'auth.role_mapping.mapping.s',
    withRoles({ deny_tools: ['x'] }, { mapping: { s: ['r', 'w'] } }),
    withRoles({ deny_tools: ['x'] }, { mapping: { s: 'w' } }),
  ],
  [
    'auth.rules',
    ruled({ when: 'false', effect: 'allow' }),
    ruled({ when: 'false', effect: 'allow' }, { when: 'true', effect: 'allow' }),
  ],
])(
  '%s is another, of which it cannot be said that it is as strict, in either direction',
  (key, one, other) => {
    for (const [before, after] of [
      [one, other],
      [other, one],
    ] as const) {
      const keys = weakerThan(config(before), config(after)).map(({ detail }) => detail)
      expect(keys).toEqual([expect.stringContaining(key)])
    }
  },
)

test.each<readonly [string, object, object]>([
  ['TLS where there was none', {}, mutual()],
  ['another certificate and key', mutual(), mutual({ cert: 'b.pem', key: 'b.key' })],
  ['certificates that are required now', mutual({ client_auth: 'request' }), mutual()],
  [
    'authorities where any certificate counted',
    mutual({ client_auth: 'request', client_ca: undefined }),
    mutual({ client_auth: 'request' }),
  ],
  [
    'one origin of those that a pattern matched',
    { security: { allowed_origins: ['https://*.example.com'] } },
    { security: { allowed_origins: ['https://App.example.com'] } },
  ],
])('%s is as strict as before', (_, before, after) => {
  expect(weakerThan(config(before), config(after))).toEqual([])
})

test('another key file is weaker in both directions: nobody knows what its keys may do', () => {
  const [one, other] = [config(keys()), config(keys({ keys_file: 'other.json' }))]
  const key = (before: typeof one, after: typeof one) =>
    weakerThan(before, after).map(({ detail }) => detail)
  expect(key(one, other)).toEqual([expect.stringContaining('auth.keys_file')])
  expect(key(other, one)).toEqual([expect.stringContaining('auth.keys_file')])
})

test('another value of a hidden parameter is weaker in both directions: nobody knows what it allows', () => {
  const hiding = (value: string) =>
    config(offering({ param_overrides: [{ tool: 't', hide: ['p'], defaults: { p: value } }] }))
  for (const [before, after] of [
    ['/srv', '/'],
    ['/', '/srv'],
  ] as const) {
    expect(weakerThan(hiding(before), hiding(after))).toMatchObject([{ code: 'config-weaker' }])
  }
})
