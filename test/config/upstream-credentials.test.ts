// The keys that say with what the proxy proves itself at a backend, and what the backend is given of callers.
import { describe, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { weakerThan } from '../../src/config/weaker.ts'
import { problemsOf, read } from './reading.ts'

const env = { SECRET: 'a-secret-of-24-characters', TOKEN: 'a-token-of-24-characters' }

const jwt =
  '[auth]\ntype = "jwt"\nissuer = "https://id.test"\naudience = "desk"\njwks_uri = "https://id.test/jwks"\n'

const document = (backend: string, auth = jwt, transport = 'http'): string => `[proxy]
name = "desk"

${auth}
[[backends]]
name = "a"
transport = "${transport}"
url = "${transport === 'websocket' ? 'wss' : 'https'}://a.test/mcp"
${backend}`

const oauth = (more = ''): string => `[backends.oauth]
issuer = "https://as.test"
client_id = "proxy"
client_secret = "\${SECRET}"
${more}`

const exchange = oauth('grant = "token_exchange"\n')

const found = async (text: string): Promise<readonly string[]> =>
  (await problemsOf(text, env)).map(({ message }) => message)

describe('refused', () => {
  test.each<[what: string, text: string, message: string]>([
    [
      'neither an issuer nor a token endpoint',
      document('[backends.oauth]\nclient_id = "p"\nclient_secret = "${SECRET}"\n'),
      'backends[0].oauth.issuer: is required, unless token_endpoint is given',
    ],
    [
      'a client without a secret',
      document('[backends.oauth]\nissuer = "https://as.test"\nclient_id = "p"\n'),
      'backends[0].oauth.client_secret: is required with client_auth = "client_secret_basic"',
    ],
    [
      'a private key for a client with a secret',
      document(oauth('client_key = "key.pem"\n')),
      'backends[0].oauth.client_key: takes effect only with client_auth = "private_key_jwt"',
    ],
    [
      'an issuer over plain http',
      document(oauth().replace('https://as.test', 'http://as.test')),
      'backends[0].oauth.issuer: cannot be used: plain http is for loopback only (allow_http = true lifts this)',
    ],
    [
      'the type of a token that is not exchanged',
      document(oauth('subject_token_type = "jwt"\n')),
      'backends[0].oauth.subject_token_type: applies only with grant = "token_exchange"',
    ],
    [
      'a token that is obtained beside one that is configured',
      document(`bearer_token = "\${TOKEN}"\n${oauth()}`),
      'backends[0].bearer_token: is the header that oauth sends',
    ],
    [
      'the same beside a header',
      document(`headers = { Authorization = "\${TOKEN}" }\n${oauth()}`),
      'backends[0].headers.Authorization: is the header that oauth sends',
    ],
    [
      'an exchange for callers without tokens',
      document(exchange, ''),
      'backends[0].oauth.grant: token_exchange needs callers with access tokens, and auth.type is "none"',
    ],
    [
      'an exchange in a session that callers share',
      document(`session = "shared"\n${exchange}`),
      'backends[0].session: does not go with token_exchange: a shared session would carry the credential of another caller',
    ],
    [
      'an exchange over a connection that callers share',
      document(exchange, jwt, 'websocket'),
      'backends[0].oauth.grant: token_exchange does not go with transport = "websocket", whose connection callers may share',
    ],
    [
      'headers where each request has none',
      document('forward_headers = { X-Team = "X-Team" }\n', jwt, 'websocket'),
      'backends[0].forward_headers: does not go with transport = "websocket", which has no headers for each request',
    ],
    ...['Authorization', 'Proxy-Authorization', 'cookie', 'DPoP'].map(
      (name): [string, string, string] => [
        `${name} of callers`,
        document(`forward_headers = { "${name}" = "X-Other" }\n`),
        `backends[0].forward_headers.${name}: is a header with a credential, and those of callers are not passed on`,
      ],
    ),
    ...['Connection', 'TE', 'Mcp-Session-Id', 'Content-Length', 'Last-Event-ID'].map(
      (name): [string, string, string] => [
        `${name} of callers`,
        document(`forward_headers = { "${name}" = "X-Other" }\n`),
        `backends[0].forward_headers.${name}: is a header that the proxy sets itself`,
      ],
    ),
    [
      'a header of callers that arrives as a credential',
      document('forward_headers = { X-Token = "Authorization" }\n'),
      'backends[0].forward_headers.X-Token: is a header with a credential, and those of callers are not passed on',
    ],
    [
      'a header of callers under the name of the identity',
      document(
        'forward_headers = { X-User = "x-user" }\nforward_auth = { headers = { subject = "X-User" } }\n',
      ),
      'backends[0].forward_headers.X-User: is the header that forward_auth.headers.subject sends',
    ],
    [
      'an identity under the name of a header of the proxy',
      document(
        'headers = { X-User = "fixed" }\nforward_auth = { headers = { subject = "X-User" } }\n',
      ),
      'backends[0].forward_auth.headers.subject: is the header that headers.X-User sends',
    ],
    [
      'an identity that goes nowhere',
      document('forward_auth = {}\n'),
      'backends[0].forward_auth: names neither a header nor a member of _meta',
    ],
    ...['caller', 'mcp.dev/caller', 'io.modelcontextprotocol/caller', '__proto__'].map(
      (meta): [string, string, string] => [
        `an identity in _meta.${meta}`,
        document(`forward_auth = { meta = "${meta}" }\n`),
        'backends[0].forward_auth.meta: is not a name that may be defined for a member of _meta (MCP, _meta)',
      ],
    ),
  ])('%s', async (_, text, message) => {
    expect(await found(text)).toEqual([message])
  })
})

test.each([
  ['client_credentials', oauth()],
  ['client_credentials over websocket', oauth(), 'websocket'],
  ['token exchange', exchange],
  [
    'an explicit endpoint',
    oauth().replace('issuer = "https://as.test"', 'token_endpoint = "https://as.test/t"'),
  ],
  [
    'identity and headers',
    'forward_headers = { X-Team = "X-Group" }\nforward_auth = { headers = { subject = "X-User" }, meta = "com.example/caller" }\n',
  ],
])('accepted: %s', async (_, backend, transport = 'http') => {
  expect((await read(document(backend, jwt, transport), env)).warnings).toEqual([])
})

test('a secret in the file itself is advised against', async () => {
  const text = document(oauth().replace('${SECRET}', 'a-secret-of-24-characters'))
  const { warnings } = await read(text, env)
  expect(warnings.map(({ code }) => code)).toContain('config-secret-literal')
})

describe('a reload that is weaker', () => {
  const config = (backend: object) =>
    configSchema.parse({
      proxy: { name: 'p' },
      auth: {
        type: 'jwt',
        issuer: 'https://id.test',
        audience: 'a',
        jwks_uri: 'https://id.test/j',
      },
      backends: [{ name: 'a', transport: 'http', url: 'https://a.test/mcp', ...backend }],
    })
  const client = (more: object) => ({
    oauth: { issuer: 'https://as.test', client_id: 'p', client_secret: 's', ...more },
  })
  test.each([
    ['oauth.grant', client({ grant: 'token_exchange' }), client({})],
    ['oauth.grant', client({ grant: 'token_exchange' }), {}],
    ['oauth.allow_http', client({}), client({ allow_http: true })],
    ['oauth.allow_private', client({}), client({ allow_private: true })],
    ['forward_headers', {}, { forward_headers: { 'X-A': 'X-A' } }],
  ])('%s', (key, before, after) => {
    const details = weakerThan(config(before), config(after)).map(({ detail }) => detail)
    expect(details).toHaveLength(1)
    expect(details[0]).toContain(`backends a: ${key}`)
    expect(weakerThan(config(after), config(before))).toEqual([])
  })
})
