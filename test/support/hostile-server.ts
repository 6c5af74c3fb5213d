// A loopback server that does whatever a hostile or a broken one might do, each thing under a path of its own.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { writeFlood } from './scripted-server.ts'

interface Asked {
  readonly origin: string
  /** The route: the first part of every path of it. */
  readonly name: string
  readonly path: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
}

type Reply = (asked: Asked) => void

export interface HostileRoute {
  /** How discover reads the address. */
  readonly as: 'issuer' | 'mcp'
  /** What is not given is as it should be. */
  readonly metadata?: Reply
  readonly jwks?: Reply
  readonly mcp?: Reply
  readonly prm?: Reply
  /** Anything else that is asked under the route. */
  readonly other?: Reply
}

type Members = Readonly<Record<string, unknown>>
type Made<T> = T | ((asked: Asked) => T)

const made = <T>(value: Made<T>, asked: Asked): T =>
  typeof value === 'function' ? (value as (asked: Asked) => T)(asked) : value

/** What steers a terminal, breaks a line, turns the direction or cannot be seen. */
export const poison =
  'a\u001b[31m\u009b2J\u001b]0;t\u0007\r\nFORGED PASS\u0000\u007f\u202e\u2066\u200b\u00ad\u061c\ufeff\u2028\u{e0041}z'

/** The point of RFC 7515 appendix A.3. */
export const goodKey = {
  kty: 'EC',
  crv: 'P-256',
  use: 'sig',
  alg: 'ES256',
  kid: 'good',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

const issuerOf = ({ origin, name }: Asked): string => `${origin}/${name}`

export const goodMetadata = (asked: Asked): Members => {
  const issuer = issuerOf(asked)
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    registration_endpoint: `${issuer}/register`,
    scopes_supported: ['mcp:read'],
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

const goodResource = (asked: Asked): Members => ({
  resource: `${issuerOf(asked)}/mcp`,
  authorization_servers: [issuerOf(asked)],
  scopes_supported: ['mcp:read'],
})

const send = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): void => {
  response.writeHead(status, headers)
  response.end(body)
}

const json =
  (body: Made<unknown>, headers: Readonly<Record<string, string>> = {}): Reply =>
  (asked) => {
    const type = { 'content-type': 'application/json', ...headers }
    send(asked.response, 200, type, JSON.stringify(made(body, asked)))
  }

/** JSON as it is written here, which no serializer would write. */
const text =
  (body: Made<string | Uint8Array>, type = 'application/json', status = 200): Reply =>
  (asked) =>
    send(asked.response, status, { 'content-type': type }, made(body, asked))

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  ({ response }) =>
    send(response, code, headers, '')

const redirect =
  (to: Made<string>): Reply =>
  (asked) =>
    send(asked.response, 302, { location: made(to, asked) }, '')

/** Bytes on the socket itself, past every rule that an HTTP library keeps. */
const raw =
  (bytes: Made<string | Uint8Array>, then: 'end' | 'reset' | 'hang' = 'end'): Reply =>
  (asked) => {
    const { socket } = asked
    socket.write(made(bytes, asked), () => {
      if (then === 'end') socket.end()
      if (then === 'reset') socket.resetAndDestroy()
    })
  }

const head = (headers: string, code = '200 OK'): string => `HTTP/1.1 ${code}\r\n${headers}\r\n`

/** Writes again and again until nobody listens any more. */
const drip =
  (first: string, next: (count: number) => string): Reply =>
  ({ socket }) => {
    let count = 0
    socket.write(first)
    const timer = setInterval(() => {
      count += 1
      if (socket.destroyed) clearInterval(timer)
      else socket.write(next(count))
    }, 20)
    socket.on('close', () => clearInterval(timer))
  }

const flood =
  (bytes: number): Reply =>
  ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    writeFlood(response, bytes)
  }

const metadata = (change: (asked: Asked) => Members): Reply =>
  json((asked: Asked) => ({ ...goodMetadata(asked), ...change(asked) }))

const withText = (members: (asked: Asked) => string): Reply =>
  text((asked: Asked) => {
    const good = JSON.stringify(goodMetadata(asked))
    return `${good.slice(0, -1)},${members(asked)}}`
  })

const keys = (...list: readonly unknown[]): Reply => json({ keys: list })

const challenge =
  (value: Made<string | readonly string[]>, code = 401): Reply =>
  (asked) => {
    asked.response.setHeader('www-authenticate', made<string | readonly string[]>(value, asked))
    send(asked.response, code, {}, '')
  }

const resourceUrl = ({ origin, name }: Asked): string =>
  `${origin}/.well-known/oauth-protected-resource/${name}/mcp`

const goodChallenge: Reply = challenge(
  (asked: Asked) => `Bearer resource_metadata="${resourceUrl(asked)}"`,
)

const prm = (change: (asked: Asked) => Members): Reply =>
  json((asked: Asked) => ({ ...goodResource(asked), ...change(asked) }))

/** The same wrong value in every member that discovery reads. */
const everywhere = (value: unknown): Members =>
  Object.fromEntries(
    [
      'authorization_endpoint',
      'token_endpoint',
      'jwks_uri',
      'registration_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
      'scopes_supported',
      'response_types_supported',
      'grant_types_supported',
      'token_endpoint_auth_methods_supported',
      'code_challenge_methods_supported',
      'mtls_endpoint_aliases',
      'authorization_response_iss_parameter_supported',
      'client_id_metadata_document_supported',
    ].map((name) => [name, value]),
  )

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

const bomb = gzipSync(Buffer.alloc(200_000_000, 0x20), { level: 9 })
const brotli = (asked: Asked): Uint8Array =>
  brotliCompressSync(Buffer.from(JSON.stringify(goodMetadata(asked))))

const encoded =
  (body: Made<Uint8Array>, encoding: string): Reply =>
  (asked) =>
    send(
      asked.response,
      200,
      { 'content-type': 'application/json', 'content-encoding': encoding },
      made(body, asked),
    )

const weakKey = {
  kty: 'RSA',
  kid: 'weak',
  e: 'AQAB',
  n: Buffer.concat([Buffer.from([0xc1]), Buffer.alloc(126, 0x5a), Buffer.from([0x0b])]).toString(
    'base64url',
  ),
}

/** Far beyond any modulus that is used, within the size of a document. */
const giantKey = {
  kty: 'RSA',
  kid: 'giant',
  e: 'AQAB',
  n: Buffer.alloc(150_000, 0xab).toString('base64url'),
}

export const hostileRoutes: Readonly<Record<string, HostileRoute>> = {
  good: { as: 'issuer' },
  'good-mcp': { as: 'mcp' },

  // The document is another one, or none.
  'issuer-mismatch': {
    as: 'issuer',
    metadata: metadata(() => ({ issuer: 'https://evil.example' })),
  },
  'issuer-template': {
    as: 'issuer',
    metadata: metadata(({ origin }) => ({ issuer: `${origin}/{tenantid}/v2.0` })),
  },
  'issuer-huge': {
    as: 'issuer',
    metadata: metadata(() => ({ issuer: `https://id.example/${'a'.repeat(200_000)}` })),
  },
  'issuer-poison': { as: 'issuer', metadata: metadata(() => ({ issuer: poison })) },
  'issuer-missing': { as: 'issuer', metadata: json({ jwks_uri: 'https://id.example/jwks' }) },
  html: { as: 'issuer', metadata: text('<!doctype html><title>Sign in</title>', 'text/html') },
  'empty-200': { as: 'issuer', metadata: status(200, { 'content-type': 'application/json' }) },
  'no-content': { as: 'issuer', metadata: status(204) },
  'error-500': { as: 'issuer', metadata: text('{"error":"x"}', 'application/json', 500) },
  'too-many-429': { as: 'issuer', metadata: status(429, { 'retry-after': '99999999999' }) },
  'login-401': { as: 'issuer', metadata: status(401, { 'www-authenticate': 'Basic realm="x"' }) },
  'odd-status': { as: 'issuer', metadata: raw(head('content-length: 0\r\n', '799 \u001b[31mX')) },
  array: { as: 'issuer', metadata: text('[{"issuer":"https://id.example"}]') },
  null: { as: 'issuer', metadata: text('null') },
  string: { as: 'issuer', metadata: text('"https://id.example"') },
  'cut-json': { as: 'issuer', metadata: text('{"issuer":"https://id.exa') },
  'deep-json': { as: 'issuer', metadata: withText(() => `"x":${deep(60_000)}`) },
  'deep-objects': {
    as: 'issuer',
    metadata: withText(() => `"x":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`),
  },
  bom: {
    as: 'issuer',
    metadata: text((asked: Asked) => `\ufeff${JSON.stringify(goodMetadata(asked))}`),
  },
  'invalid-utf8': {
    as: 'issuer',
    metadata: text((asked: Asked) =>
      Buffer.concat([
        Buffer.from(JSON.stringify(goodMetadata(asked)).slice(0, -1)),
        Buffer.from(',"x":"'),
        Buffer.from([0xc3, 0x28, 0xff, 0xfe]),
        Buffer.from('"}'),
      ]),
    ),
  },
  'nul-bytes': { as: 'issuer', metadata: text('\u0000\u0000{"issuer":"x"}') },
  utf16: {
    as: 'issuer',
    metadata: text((asked: Asked) => Buffer.from(JSON.stringify(goodMetadata(asked)), 'utf16le')),
  },

  // The bytes do not come, do not end, or are too many.
  'five-megabytes': { as: 'issuer', metadata: flood(5_000_000) },
  'five-gigabytes': { as: 'issuer', metadata: flood(5_000_000_000) },
  'slow-body': {
    as: 'issuer',
    metadata: drip(head('content-type: application/json\r\ncontent-length: 9999\r\n'), () => ' '),
  },
  'slow-headers': { as: 'issuer', metadata: drip('HTTP/1.1 200 OK\r\n', (n) => `x-${n}: y\r\n`) },
  'endless-103': {
    as: 'issuer',
    metadata: drip('', () => 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n'),
  },
  'no-answer': { as: 'issuer', metadata: () => undefined },
  'huge-headers': {
    as: 'issuer',
    metadata: raw(head(`content-length: 0\r\nx-huge: ${'h'.repeat(400_000)}\r\n`)),
  },
  'many-headers': {
    as: 'issuer',
    metadata: raw(
      head(
        `content-length: 0\r\n${[...Array(20_000).keys()].map((n) => `x-${n}: y\r\n`).join('')}`,
      ),
    ),
  },
  'reset-mid-body': {
    as: 'issuer',
    metadata: raw(head('content-length: 900\r\n') + '{"issuer":', 'reset'),
  },
  'length-too-long': { as: 'issuer', metadata: raw(head('content-length: 900\r\n') + '{"a":1}') },
  'length-too-short': {
    as: 'issuer',
    metadata: raw((asked: Asked) => {
      const body = JSON.stringify(goodMetadata(asked))
      return `${head('content-type: application/json\r\ncontent-length: 12\r\n')}${body}`
    }),
  },
  'two-lengths': {
    as: 'issuer',
    metadata: raw(head('content-length: 5\r\ncontent-length: 7\r\n') + '{"a":1}'),
  },
  'chunked-garbage': {
    as: 'issuer',
    metadata: raw(head('transfer-encoding: chunked\r\n') + 'zzz\r\n{"issuer":\r\n0\r\n\r\n'),
  },
  'not-http': { as: 'issuer', metadata: raw('SSH-2.0-OpenSSH_9.6\r\n\u001b[2J') },
  'gzip-bomb': { as: 'issuer', metadata: encoded(bomb, 'gzip') },
  'gzip-twice': { as: 'issuer', metadata: encoded(gzipSync(bomb), 'gzip, gzip') },
  'gzip-broken': { as: 'issuer', metadata: encoded(Buffer.from('this is not gzip'), 'gzip') },
  'brotli-unasked': { as: 'issuer', metadata: encoded(brotli, 'br') },
  'header-escape': {
    as: 'issuer',
    metadata: raw(head('content-type: text/\u001b[31m\r\ncontent-length: 0\r\n')),
  },
  'coding-poison': {
    as: 'issuer',
    metadata: raw(
      Buffer.from(
        head('content-encoding: \u009b31mzstd\r\ncontent-length: 2\r\n') + '{}',
        'latin1',
      ),
    ),
  },

  // The way leads elsewhere.
  'redirect-loop': { as: 'issuer', metadata: redirect(({ path }: Asked) => path) },
  'redirect-two': {
    as: 'issuer',
    metadata: redirect(({ path }: Asked) => `${path.split('?')[0]}?${Math.random()}`),
  },
  'redirect-origin': { as: 'issuer', metadata: redirect('https://evil.example/x?token=1') },
  'redirect-metadata': {
    as: 'issuer',
    metadata: redirect('http://169.254.169.254/latest/meta-data/'),
  },
  'redirect-file': { as: 'issuer', metadata: redirect('file:///etc/passwd') },
  'redirect-poison': {
    as: 'issuer',
    metadata: raw(
      Buffer.from(head('location: /x\u009b31m\u0085\r\ncontent-length: 0\r\n', '302 F'), 'latin1'),
    ),
  },
  'redirect-credentials': {
    as: 'issuer',
    metadata: redirect(({ origin }: Asked) => `${origin.replace('//', '//user:pw@')}/x`),
  },

  // The members are not what they should be.
  'members-null': { as: 'issuer', metadata: metadata(() => everywhere(null)) },
  'members-numbers': { as: 'issuer', metadata: metadata(() => everywhere(7)) },
  'members-numeric-strings': { as: 'issuer', metadata: metadata(() => everywhere('12345')) },
  'members-nested': { as: 'issuer', metadata: metadata(() => everywhere([[{ a: [1] }]])) },
  'members-poison': { as: 'issuer', metadata: metadata(() => everywhere(poison)) },
  'lists-poison': { as: 'issuer', metadata: metadata(() => everywhere([poison, poison])) },
  'names-poison': { as: 'issuer', metadata: metadata(() => ({ [poison]: poison, jwks_uri: 7 })) },
  'members-giant': {
    as: 'issuer',
    metadata: metadata(() => ({ scopes_supported: ['s'.repeat(200_000)], jwks_uri: undefined })),
  },
  'members-many': {
    as: 'issuer',
    metadata: metadata(() => ({
      ...Object.fromEntries([...Array(9000).keys()].map((n) => [`m${n}`, n])),
      jwks_uri: undefined,
    })),
  },
  'members-twice': {
    as: 'issuer',
    metadata: withText(
      ({ origin }) => `"jwks_uri":"${origin}/none","issuer":"https://evil.example"`,
    ),
  },
  'members-proto': {
    as: 'issuer',
    metadata: text((asked: Asked) => {
      const untyped = JSON.stringify({ ...goodMetadata(asked), jwks_uri: 1 })
      return `${untyped.slice(0, -1)},"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}`
    }),
  },
  'jwks-javascript': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: 'javascript:alert(1)' })),
  },
  'jwks-http': { as: 'issuer', metadata: metadata(() => ({ jwks_uri: 'http://id.example/jwks' })) },
  'jwks-credentials': {
    as: 'issuer',
    metadata: metadata(({ origin, name }) => ({
      jwks_uri: `${origin.replace('//', '//user:pw@')}/${name}/jwks`,
    })),
  },
  'jwks-relative': { as: 'issuer', metadata: metadata(() => ({ jwks_uri: '/jwks' })) },
  'jwks-metadata-address': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: 'https://169.254.169.254/latest' })),
  },
  'jwks-decimal-address': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: 'https://2852039166/latest' })),
  },
  'jwks-octal-address': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: 'https://0251.0376.0251.0376/latest' })),
  },
  'jwks-mapped-address': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: 'https://[::ffff:a9fe:a9fe]/latest' })),
  },
  'jwks-metadata-name': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: 'https://metadata.google.internal/x' })),
  },
  'jwks-private-address': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: 'https://10.0.0.1/jwks' })),
  },
  // A label this long is no name anywhere: no name server has to be there to say so.
  'jwks-other-host': {
    as: 'issuer',
    metadata: metadata(() => ({ jwks_uri: `https://${'k'.repeat(64)}.invalid/jwks` })),
  },

  // The keys.
  'keys-private': {
    as: 'issuer',
    jwks: keys({ ...goodKey, d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI' }),
  },
  'keys-symmetric': { as: 'issuer', jwks: keys({ kty: 'oct', kid: 'o', k: 'c2VjcmV0c2VjcmV0' }) },
  'keys-weak': { as: 'issuer', jwks: keys(weakKey) },
  'keys-giant': { as: 'issuer', jwks: keys(giantKey) },
  'keys-off-curve': { as: 'issuer', jwks: keys({ ...goodKey, y: goodKey.x }) },
  'keys-twice': {
    as: 'issuer',
    jwks: keys(goodKey, {
      kty: 'OKP',
      crv: 'Ed25519',
      kid: 'good',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    }),
  },
  'keys-without-kid': {
    as: 'issuer',
    jwks: keys({ ...goodKey, kid: undefined }, { ...goodKey, kid: undefined, use: 'enc' }),
  },
  'keys-many': {
    as: 'issuer',
    jwks: json({ keys: Array.from({ length: 100_000 }, () => ({ kid: 'k' })) }),
  },
  'keys-thousands': { as: 'issuer', jwks: text(`{"keys":[${'{},'.repeat(80_000)}{}]}`) },
  'keys-same-kid-thousands': {
    as: 'issuer',
    jwks: json({ keys: Array.from({ length: 14_000 }, () => ({ kid: 'k' })) }),
  },
  'keys-empty': { as: 'issuer', jwks: keys() },
  'keys-wrong-types': {
    as: 'issuer',
    jwks: keys(7, null, 'x', [goodKey], { kty: 7, kid: {}, alg: [], use: false, n: 1, e: null }),
  },
  'keys-poison': {
    as: 'issuer',
    jwks: keys({ kty: poison, kid: poison, alg: poison, use: poison, crv: poison }),
  },
  'keys-proto': { as: 'issuer', jwks: text('{"keys":[{"__proto__":{"kty":"RSA"},"kid":"p"}]}') },
  'keys-not-a-list': { as: 'issuer', jwks: json({ keys: { a: goodKey } }) },
  'keys-html': { as: 'issuer', jwks: text('<html>', 'text/html') },
  'keys-500': { as: 'issuer', jwks: status(500) },
  'keys-hang': { as: 'issuer', jwks: () => undefined },
  'keys-redirect': { as: 'issuer', jwks: redirect('http://[fd00:ec2::254]/latest') },

  // The MCP server and its metadata.
  'mcp-200': { as: 'mcp', mcp: json({ jsonrpc: '2.0', id: 1, result: {} }) },
  'mcp-500': { as: 'mcp', mcp: status(500) },
  'mcp-no-challenge': { as: 'mcp', mcp: status(401) },
  'challenge-broken': {
    as: 'mcp',
    mcp: challenge('Bearer resource_metadata="https://x.example, a='),
  },
  'challenge-two': {
    as: 'mcp',
    mcp: challenge((asked: Asked) => [
      'Basic realm="a, Bearer x=\\"y\\""',
      `Bearer resource_metadata="${resourceUrl(asked)}"`,
    ]),
  },
  'challenge-huge': {
    as: 'mcp',
    mcp: challenge(`Bearer ${[...Array(900).keys()].map((n) => `p${n}="x"`).join(', ')}`),
  },
  'challenge-poison': {
    as: 'mcp',
    mcp: raw(
      Buffer.from(
        head(
          'www-authenticate: Bearer realm="\u009b31m\u0085", scope="\u009b2J\u0090x"\r\ncontent-type: text/\u009bx\r\ncontent-length: 0\r\n',
          '401 U',
        ),
        'latin1',
      ),
    ),
  },
  'challenge-relative': { as: 'mcp', mcp: challenge('Bearer resource_metadata="/meta"') },
  'challenge-other-host': {
    as: 'mcp',
    mcp: challenge('Bearer resource_metadata="https://meta.invalid/x"'),
  },
  'challenge-metadata-address': {
    as: 'mcp',
    mcp: challenge('Bearer resource_metadata="http://169.254.169.254/latest/meta-data/"'),
  },
  'challenge-javascript': {
    as: 'mcp',
    mcp: challenge('Bearer resource_metadata="javascript:alert(1)"'),
  },
  'prm-servers-500': {
    as: 'mcp',
    prm: prm(() => ({
      authorization_servers: [...Array(500).keys()].map((n) => `https://as${n}.invalid`),
    })),
  },
  'prm-servers-cycle': {
    as: 'mcp',
    prm: prm((asked) => ({
      authorization_servers: [`${issuerOf(asked)}/mcp`, resourceUrl(asked)],
    })),
  },
  'prm-servers-types': {
    as: 'mcp',
    prm: prm(() => ({ authorization_servers: [7, null, {}, ['x'], poison] })),
  },
  'prm-servers-private': {
    as: 'mcp',
    prm: prm(() => ({ authorization_servers: ['https://192.168.0.1'] })),
  },
  'prm-servers-metadata-address': {
    as: 'mcp',
    prm: prm(() => ({ authorization_servers: ['https://169.254.169.254'] })),
  },
  'prm-resource-other': { as: 'mcp', prm: prm(() => ({ resource: 'https://evil.example/mcp' })) },
  'prm-poison': {
    as: 'mcp',
    prm: prm(() => ({ resource: poison, scopes_supported: [poison], resource_name: poison })),
  },
  'prm-wrong-types': {
    as: 'mcp',
    prm: prm(() => ({ resource: 7, authorization_servers: 'x', scopes_supported: { a: 1 } })),
  },
  'prm-401': { as: 'mcp', prm: challenge('Bearer') },
  'prm-html': { as: 'mcp', prm: text('<html>', 'text/html') },
  'prm-deep': { as: 'mcp', prm: text(() => `{"resource":${deep(60_000)}}`) },
  'mcp-hang': { as: 'mcp', mcp: () => undefined },
}

export interface HostileServer {
  /** What to give to discover for a route. */
  address(name: string): string
  /** How many requests came. */
  count(): number
  close(): Promise<void>
}

const goodReplies = {
  metadata: json(goodMetadata),
  jwks: keys(goodKey),
  mcp: goodChallenge,
  prm: json(goodResource),
  other: status(404),
} as const

/** Which document of which route a path asks for. */
const placeOf = (path: string): readonly [name: string, part: keyof typeof goodReplies] => {
  const parts = path.split('/').slice(1)
  const known = parts[0] === '.well-known' ? parts[1] : undefined
  if (known === 'oauth-protected-resource')
    return [parts[2] ?? '', parts[3] === 'mcp' ? 'prm' : 'other']
  if (known !== undefined) return [parts[2] ?? '', 'metadata']
  const [name = '', part] = parts
  if (part === '.well-known') return [name, 'metadata']
  return [name, part === 'jwks' || part === 'mcp' ? part : 'other']
}

export const startHostileServer = async (): Promise<HostileServer> => {
  const sockets = new Set<Socket>()
  let count = 0
  let origin = ''
  const server = createServer((request, response) => {
    count += 1
    const path = request.url ?? '/'
    const [name, part] = placeOf(path.split('?')[0] ?? '')
    const route = hostileRoutes[name]
    const reply = route === undefined ? status(404) : (route[part] ?? goodReplies[part])
    request.resume()
    response.on('error', () => undefined)
    reply({ origin, name, path, request, response, socket: request.socket })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address: (name) => `${origin}/${name}${hostileRoutes[name]?.as === 'mcp' ? '/mcp' : ''}`,
    count: () => count,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
