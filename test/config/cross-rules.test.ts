// Rules between keys: what is refused, what is only advised, and where the finger points.
import { describe, expect, it } from 'vitest'
import { minimal, problemsOf, read, shown } from './reading.ts'

const env = { T: 'a-token-of-24-characters', U: 'a-token-of-24-characters' }

const http = (name: string, more = ''): string =>
  `\n[[backends]]\nname = "${name}"\ntransport = "http"\nurl = "https://${name}.test/mcp"\n${more}`

const beyond = (auth: string, proxy = ''): string =>
  `[proxy]
name = "desk"
${proxy}
[proxy.listen]
host = "0.0.0.0"
${http('a')}
${auth}`

const jwt = '[auth]\ntype = "jwt"\nissuer = "https://id.test"\njwks_uri = "https://id.test/jwks"\n'

const first = async (text: string): Promise<string> =>
  shown(await problemsOf(text, env))[0]?.replace(/^\S+ config-value /, '') ?? ''

describe('refused', () => {
  const cases: readonly (readonly [name: string, text: string, expected: string])[] = [
    [
      'no backend at all',
      '[proxy]\nname = "desk"\n',
      'backends: is required | add it: The MCP servers behind the proxy',
    ],
    [
      'an empty list of backends',
      'backends = []\n[proxy]\nname = "desk"\n',
      'backends: needs at least 1 entry',
    ],
    [
      'a verify door without [auth]',
      '[verify]\n',
      'verify: needs [auth]: without it every request would be accepted | configure [auth], or remove [verify]',
    ],
    [
      'a verify door at a path of our own',
      `[verify]\npath = "/admin/verify"\n${jwt}`,
      'verify.path: the proxy answers something else at /admin/verify | choose another path, or leave it out: /verify',
    ],
    [
      'a verify door at no path',
      `[verify]\npath = "verify/"\n${jwt}`,
      'verify.path: must begin with "/" and have letters, digits and . _ ~ - between its slashes, none at its end',
    ],
    [
      'a prefix that no header can have',
      `[verify]\nheader_prefix = "X_Auth: "\n${jwt}`,
      'verify.header_prefix: must be letters, digits and "-", beginning with a letter',
    ],
    [
      'an identity that there is not',
      `[verify]\nheaders = ["subjects"]\n${jwt}`,
      'verify.headers[0]: must be "subject", "client_id", "scopes", "issuer" or "roles" | did you mean "subject"?',
    ],
    [
      'proofs of clients that no listed gateway reports',
      `[verify]\n${jwt}sender_constraint = "dpop"\n`,
      'security.trusted_proxies: is required with [verify] and sender_constraint = "dpop": a proof names the method and the URL of the original request, which only a listed gateway may report | list the addresses from which the gateway connects, and let it overwrite the headers that docs/verify.md names',
    ],
    [
      'proofs for a URL that nobody knows',
      beyond(`${jwt}audience = "desk"\nsender_constraint = "dpop"\n`),
      'proxy.public_url: is required with sender_constraint = "dpop": every proof names the URL it is made for | set it to the URL that callers use, such as https://mcp.example.com/mcp',
    ],
    [
      'certificates that nobody may forward',
      `${minimal}${jwt}sender_constraint = "mtls"\nclient_cert_header = "Client-Cert"\n`,
      'security.trusted_proxies: is required with sender_constraint = "mtls": without it no certificate is trusted | list the addresses of what ends the TLS connections, and let it overwrite the header that callers send',
    ],
    [
      'an address in a header that no peer is believed in',
      `${minimal}[security]\nclient_address_header = "X-Real-IP"\n`,
      'security.trusted_proxies: is required with security.client_address_header: without it no header is trusted | list the addresses from which the proxies in front connect, and let them append to the header or overwrite it',
    ],
    [
      'an id of a session in a header that no peer is believed in',
      `${minimal}[security]\nsession_id_header = "X-Session-Id"\n`,
      'security.trusted_proxies: is required with security.session_id_header: without it no header is trusted | list the addresses from which the proxies in front connect, and let them append to the header or overwrite it',
    ],
    [
      'a key to seal with that can be guessed',
      `${minimal}[security]\nseal_key = "${'k'.repeat(31)}"\n`,
      'security.seal_key: must have at least 32 characters',
    ],
    [
      'admin tools for a role that there is not',
      `${minimal}[security]\nadmin_tools = { roles = ["ops"] }\n`,
      'security.admin_tools.roles[0]: there is no such role; the roles are (none) | use the name of one of auth.roles, or add the role',
    ],
    [
      'a backend with the name of the admin tools',
      `[proxy]\nname = "desk"\n${http('admin')}${jwt}audience = "desk"\nroles = [{ name = "ops" }]\nrole_mapping = { claim = "roles", mapping = { ops = "ops" } }\n[security]\nadmin_tools = { roles = ["ops"] }\n`,
      'backends[0].name: is the name of the backend of security.admin_tools | give the backend another name, or remove [security.admin_tools]',
    ],
    [
      'certificates that nobody reads',
      `${minimal}${jwt}sender_constraint = "mtls"\n`,
      'auth.client_cert_header: is required with sender_constraint = "mtls", as the proxy itself asks for no client certificates | name the header of the TLS terminator in front, or set client_auth in [proxy.tls]',
    ],
    [
      'certificates of clients without those who sign them',
      `${minimal}[proxy.tls]\ncert = "a.pem"\nkey = "a.key"\nclient_auth = "require"\n`,
      'proxy.tls.client_ca: is required with client_auth = "require" | name the file of the authorities that sign the certificates of your clients',
    ],
    [
      'authorities of certificates that are not asked for',
      `${minimal}[proxy.tls]\ncert = "a.pem"\nkey = "a.key"\nclient_ca = "ca.pem"\n`,
      'proxy.tls.client_ca: takes effect only with client_auth = "request" or "require" | set client_auth, or remove it',
    ],
    [
      'the text of a key instead of the name of its file',
      `${minimal}[proxy.tls]\ncert = "a.pem"\nkey = "-----BEGIN PRIVATE KEY-----"\n`,
      'proxy.tls.key: is PEM text: write it to a file and name the file',
    ],
    [
      'a public URL of plain http in front of TLS',
      `${minimal.replace('[proxy]', '[proxy]\npublic_url = "http://127.0.0.1:8080/mcp"')}[proxy.tls]\ncert = "a.pem"\nkey = "a.key"\n`,
      'proxy.public_url: begins with http://, and with [proxy.tls] there is no http | begin it with https://',
    ],
    [
      'a trusted proxy by name',
      `${minimal}[security]\ntrusted_proxies = ["edge.example.com"]\n`,
      'security.trusted_proxies[0]: is neither an IP address nor a range like 10.0.0.0/8',
    ],
    [
      'two backends of one name',
      minimal + http('files'),
      'backends[1].name: "files" is already the name of backends[0] | give each backend a name of its own',
    ],
    [
      'stdio without a command',
      minimal.replace('command = "files-server"\n', ''),
      'backends[0].command: is required for transport = "stdio" | name the program to start',
    ],
    [
      'stdio with a url',
      `${minimal}url = "https://a.test"\n`,
      'backends[0].url: does not go with transport = "stdio" | remove it, or set transport = "http"',
    ],
    [
      'stdio with a bearer token',
      `${minimal}bearer_token = "\${T}"\n`,
      'backends[0].bearer_token: does not go with transport = "stdio" | give the child its credential in env',
    ],
    ...(
      [
        ['basic_auth = { username = "me" }', 'basic_auth'],
        ['headers = { "X-API-Key" = "${T}" }', 'headers'],
      ] as const
    ).map(
      ([line, key]) =>
        [
          `stdio with ${key}`,
          `${minimal}${line}\n`,
          `backends[0].${key}: does not go with transport = "stdio" | give the child its credential in env`,
        ] as const,
    ),
    ...(
      [
        ['Host', 'is a header that the proxy sets itself | remove it: it comes from url'],
        ['content-length', 'is a header that the proxy sets itself | remove it'],
        ['Content-Type', 'is a header that the proxy sets itself | remove it'],
        ['accept', 'is a header that the proxy sets itself | remove it'],
        ['Transfer-Encoding', 'is a header that the proxy sets itself | remove it'],
        ['MCP-Protocol-Version', 'is a header that the proxy sets itself | remove it'],
        ['Mcp-Session-Id', 'is a header that the proxy sets itself | remove it'],
        ['mcp-param-region', 'is a header that the proxy sets itself | remove it'],
        ['Sec-WebSocket-Protocol', 'is a header that the proxy sets itself | remove it'],
        ['Last-Event-ID', 'is a header that the proxy sets itself | remove it'],
        [
          'Proxy-Authorization',
          'is a header that the proxy sets itself | remove it: it is for a forward proxy; put it in the address of that proxy',
        ],
      ] as const
    ).map(
      ([name, why]) =>
        [
          `the header ${name} for a backend`,
          minimal + http('web', `headers = { "${name}" = "\${T}" }\n`),
          `backends[1].headers.${/^[\w-]+$/.test(name) ? name : `"${name}"`}: ${why}`,
        ] as const,
    ),
    [
      'a header whose name is none',
      minimal + http('web', 'headers = { "X Key" = "${T}" }\n'),
      'backends[1].headers."X Key": is not a header name (RFC 9110 section 5.1) | use letters, digits and "-"',
    ],
    [
      'a header twice, in two cases',
      minimal + http('web', 'headers = { "X-Key" = "${T}", "x-key" = "${T}" }\n'),
      'backends[1].headers.x-key: is the header that headers.X-Key sends | remove it, or headers.X-Key',
    ],
    [
      'Authorization twice, by a token and by a header',
      minimal + http('web', 'bearer_token = "${T}"\nheaders = { authorization = "${T}" }\n'),
      'backends[1].headers.authorization: is the header that bearer_token sends | remove it, or bearer_token',
    ],
    [
      'Authorization twice, by a password and by a header',
      minimal +
        http('web', 'basic_auth = { username = "a" }\nheaders = { Authorization = "${T}" }\n'),
      'backends[1].headers.Authorization: is the header that basic_auth sends | remove it, or basic_auth',
    ],
    [
      'Authorization twice, by a token and by a password',
      minimal + http('web', 'bearer_token = "${T}"\nbasic_auth = { username = "a" }\n'),
      'backends[1].basic_auth: is the header that bearer_token sends | remove it, or bearer_token',
    ],
    [
      'a header that would end another one',
      minimal + http('web', 'headers = { "X-Key" = "a\\r\\nX-Other: b" }\n'),
      'backends[1].headers.X-Key: has characters that no header can contain, or white space around it | check the variable that it comes from',
    ],
    [
      'a token that no header can contain',
      minimal + http('web', 'bearer_token = "t\u00f6ken"\n'),
      'backends[1].bearer_token: has characters that no header can contain, or white space around it | check the variable that it comes from',
    ],
    [
      'an empty header',
      minimal + http('web', 'headers = { "X-Key" = "" }\n'),
      'backends[1].headers.X-Key: must not be empty',
    ],
    [
      'a user name with a colon',
      minimal + http('web', 'basic_auth = { username = "a:b", password = "${T}" }\n'),
      'backends[1].basic_auth.username: must not have a ":" or a control character | correct it',
    ],
    [
      'an address of WebSocket for http',
      minimal + http('far').replace('https://far', 'wss://far'),
      'backends[1].url: must begin with http:// or https:// | set transport = "websocket"',
    ],
    [
      'an http address for WebSocket',
      minimal + http('far').replace('"http"', '"websocket"'),
      'backends[1].url: must begin with ws:// or wss:// for transport = "websocket" | write wss:// where it speaks WebSocket there, or set transport = "http"',
    ],
    [
      'WebSocket without a url',
      minimal.replace('"stdio"', '"websocket"').replace('command = "files-server"\n', ''),
      'backends[0].url: is required for transport = "websocket" | give the URL of the MCP endpoint, such as wss://host/mcp',
    ],
    [
      'a command beside an event stream',
      minimal + http('far', 'command = "x"\n').replace('"http"', '"sse"'),
      'backends[1].command: does not go with transport = "sse" | remove it, or set transport = "stdio"',
    ],
    [
      'an era that the transport is older than',
      minimal + http('far', 'protocol = "modern"\n').replace('"http"', '"sse"'),
      'backends[1].protocol: cannot be "modern" for transport = "sse", which is older than that era | set transport = "http", or leave protocol out',
    ],
    [
      'stdio with an address of WebSocket',
      `${minimal}url = "ws://a.test"\n`,
      'backends[0].url: does not go with transport = "stdio" | remove it, or set transport = "websocket"',
    ],
    [
      'http without a url',
      minimal.replace('"stdio"', '"http"').replace('command = "files-server"\n', ''),
      'backends[0].url: is required for transport = "http" | give the URL of the MCP endpoint, such as https://host/mcp',
    ],
    ...(['command = "x"', 'args = ["x"]', 'env = { A = "x" }', 'cwd = "/"'] as const).map(
      (line) =>
        [
          `http with ${line}`,
          minimal + http('web', `${line}\n`),
          `backends[1].${line.split(' ')[0]}: does not go with transport = "http" | remove it, or set transport = "stdio"`,
        ] as const,
    ),
    [
      'a url of another scheme',
      (minimal + http('web')).replace('https://web', 'ftp://web'),
      'backends[1].url: must begin with http:// or https://',
    ],
    [
      'a url that is host and port',
      (minimal + http('web')).replace('https://web.test/mcp', 'localhost:8080/mcp'),
      'backends[1].url: must begin with http:// or https://',
    ],
    [
      'a url with a password',
      (minimal + http('web')).replace('https://web', 'https://me:word@web'),
      'backends[1].url: must not contain a user name or a password | use basic_auth = { username = "...", password = "${VAR}" }',
    ],
    [
      'a first wait longer than the longest',
      `${minimal}[backends.retry]\ninitial_backoff_ms = 6000\n`,
      'backends[0].retry.initial_backoff_ms: is longer than max_backoff_ms (5000) | the first wait is the shortest: lower it, or raise max_backoff_ms',
    ],
    [
      'the same prefix twice',
      `${minimal}prefix = "x_"\n${http('web', 'prefix = "x_"\n')}`,
      'backends[1].prefix: gives the same prefix as backends[0] | give each backend a prefix of its own, or "" for none',
    ],
    [
      'a prefix equal to the name and separator of another',
      `${minimal}${http('web', 'prefix = "files__"\n')}`,
      'backends[1].prefix: gives the same prefix as backends[0] | give each backend a prefix of its own, or "" for none',
    ],
    [
      'a separator with other characters',
      minimal.replace('[proxy]', '[proxy]\nseparator = ": "'),
      'proxy.separator: may consist only of letters, digits, "_", "-", "." and "/" | use "__"',
    ],
    [
      'a separator that separates nothing',
      minimal.replace('[proxy]', '[proxy]\nseparator = "x"'),
      'proxy.separator: must have a character that sets names apart: "_", "-", "." or "/" | use "__"',
    ],
    [
      'a listener beyond loopback without [auth]',
      beyond(''),
      'proxy.listen.host: listens on an address that other hosts can reach, without authentication | add [auth], or set security.allow_insecure_listen = true if something in front authenticates callers',
    ],
    [
      'tokens of an issuer beyond loopback without an audience (F14, F24)',
      beyond(jwt),
      'proxy.public_url: is required with auth.type = "jwt" or "oauth" beyond this machine | set it to the URL that callers use, such as https://mcp.example.com/mcp; it is also the audience of tokens, unless auth.audience names another',
    ],
    [
      'a public URL in the clear',
      beyond(jwt, 'public_url = "http://mcp.example.com/mcp"'),
      'proxy.public_url: must begin with https:// beyond this machine | tokens must not travel in the clear; use https',
    ],
    [
      'a public URL with a fragment',
      beyond(jwt, 'public_url = "https://mcp.example.com/mcp#x"'),
      'proxy.public_url: must not have a fragment | remove the # and what follows',
    ],
    [
      'introspection without a client',
      `${minimal}\n[auth]\ntype = "oauth"\nissuer = "https://id.test"\nclient_secret = "\${T}"\ntoken_validation = "both"\n`,
      'auth.client_id: is required with token_validation = "both" | add it: Client id of the proxy at the authorization server, for introspection',
    ],
    [
      'an issuer in the clear',
      `${minimal}\n[auth]\ntype = "oauth"\nissuer = "http://id.test"\n`,
      'auth.issuer: cannot be used: plain http is for loopback only (allow_http = true lifts this)',
    ],
    [
      'the same bearer token twice, though under two variables',
      `${minimal}\n[auth]\ntype = "bearer"\ntokens = ["\${T}", "\${U}"]\n`,
      'auth.tokens[1]: is the same token as auth.tokens[0] | remove one of them, or set the variable that was meant',
    ],
    [
      'callers that could administer',
      `${minimal}\n[auth]\ntype = "bearer"\ntokens = ["\${T}"]\n\n[security]\nadmin_token = "\${U}"\n`,
      'security.admin_token: is also accepted from callers | use a token of its own for administration',
    ],
  ]
  it.each(cases)('%s', async (_, text, expected) => {
    expect(await first(text)).toBe(expected)
  })
})

describe('lists of browsers and hosts', () => {
  const security = (key: string, entry: string): string =>
    `${minimal}\n[security]\n${key} = [${JSON.stringify(entry)}]\n`

  it.each([
    'https://app.example.com/',
    'https://app.example.com/x',
    'https://app.example.com:443',
    'app.example.com',
    'null',
    '',
    'localhost:3000',
  ])('%j is no origin that a browser sends', async (entry) => {
    expect(await first(security('allowed_origins', entry))).toMatch(
      /^security\.allowed_origins\[0\]: must be an origin/,
    )
  })

  it.each(['https://app.example.com', 'http://localhost:3000', 'https://App.example.com'])(
    '%j is one',
    async (entry) => {
      expect((await read(security('allowed_origins', entry))).warnings).toEqual([])
    },
  )

  it.each(['https://mcp.test', 'mcp.test/mcp', '*.test', '', 'a b', 'me@mcp.test'])(
    '%j is no host',
    async (entry) => {
      expect(await first(security('allowed_hosts', entry))).toMatch(
        /^security\.allowed_hosts\[0\]: must be a host/,
      )
    },
  )

  it.each(['mcp.test', 'mcp.test:8443', '[::1]:80', '[::1]', '10.0.0.1'])(
    '%j is one',
    async (entry) => {
      expect((await read(security('allowed_hosts', entry))).warnings).toEqual([])
    },
  )

  it.each([
    'https://pr-*.example.com',
    'https://*example.com',
    'https://example.*',
    'https://*',
    'https://10.0.0.*',
    'https://*.example.com:8*',
    '*://a.example.com',
    '*.example.com',
    'null*',
  ])('%j has a "*" where none may be', async (entry) => {
    expect(await first(security('allowed_origins', entry))).toMatch(
      /^security\.allowed_origins\[0\]: "\*" must be a whole label/,
    )
  })

  it.each(['https://*.example.com/', 'https://*.example.com:443', 'https://u@*.example.com'])(
    '%j is more than an origin',
    async (entry) => {
      expect(await first(security('allowed_origins', entry))).toMatch(
        /^security\.allowed_origins\[0\]: /,
      )
    },
  )

  it('a pattern longer than any host is refused, and not compiled', async () => {
    const entry = `https://${'*.'.repeat(100_000)}example.com`
    expect(await first(security('allowed_origins', entry))).toMatch(
      /^security\.allowed_origins\[0\]: must be an origin/,
    )
  })

  it.each(['https://*.example.com', 'https://*.*.Example.com', 'http://localhost:*'])(
    '%j is a pattern of origins',
    async (entry) => {
      expect((await read(security('allowed_origins', entry))).warnings).toEqual([])
    },
  )

  it('a pattern over a domain of the public is advised against', async () => {
    expect((await read(security('allowed_origins', 'https://*.com'))).warnings).toMatchObject([
      { code: 'config-advice', message: expect.stringContaining('anyone can register') },
    ])
  })

  it('all origins without [auth] are advised against', async () => {
    expect((await read(security('allowed_origins', '*'))).warnings).toMatchObject([
      { code: 'config-advice', message: expect.stringContaining('every page') },
    ])
  })
})

describe('accepted without a word', () => {
  it.each([
    [
      'no [auth] beyond loopback, where the operator says so',
      beyond('[security]\nallow_insecure_listen = true\n'),
    ],
    [
      'bearer beyond loopback without a public URL',
      beyond('[auth]\ntype = "bearer"\ntokens = ["${T}"]\n'),
    ],
    ['a public URL beyond loopback', beyond(jwt, 'public_url = "https://mcp.example.com/mcp"')],
    [
      'a public http URL on loopback',
      `[proxy]\nname = "desk"\npublic_url = "http://localhost:9000/mcp"\n${http('a')}\n${jwt}`,
    ],
    ['tokens of an issuer on loopback', `[proxy]\nname = "desk"\n${http('a')}\n${jwt}`],
    ['two backends without a prefix', `${minimal}prefix = ""\n${http('web', 'prefix = ""\n')}`],
    ['names of which one begins with the other', minimal + http('files-two')],
  ])('%s', async (_, text) => {
    expect((await read(text, env)).warnings).toEqual([])
  })

  it.each(['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'localhost', 'LOCALHOST'])(
    '%s is loopback',
    async (host) => {
      const { warnings } = await read(`${minimal}\n[proxy.listen]\nhost = "${host}"\n`)
      expect(warnings).toEqual([])
    },
  )

  it.each(['0.0.0.0', '::', '192.168.0.1', 'mcp.test', '127.0.0.1.test'])(
    '%s is not',
    async (host) => {
      expect(await first(`${minimal}\n[proxy.listen]\nhost = "${host}"\n`)).toMatch(
        /^proxy\.listen\.host: listens on an address/,
      )
    },
  )
})

describe('advised', () => {
  const cases: readonly (readonly [name: string, text: string, expected: string])[] = [
    [
      'plain http to another machine',
      (minimal + http('web')).replace('https://web', 'http://web'),
      'backends[1].url: plain http beyond this machine: anyone on the network path can read calls',
    ],
    [
      'a command with its arguments in it',
      minimal.replace('files-server', 'npx -y files-server'),
      'backends[0].command: is started without a shell, so its spaces do not separate arguments',
    ],
    [
      'the separator of 0.4',
      minimal.replace('[proxy]', '[proxy]\nseparator = "/"'),
      'proxy.separator: makes names with "." or "/", which the APIs of large models refuse',
    ],
    [
      'prefixes that overlap',
      `${minimal}prefix = "x_"\n${http('web', 'prefix = "x_y_"\n')}`,
      'backends[1].prefix: gives a prefix that overlaps with that of backends[0]; tools of the two may get the same name',
    ],
    [
      'an audience, but no public URL beyond loopback',
      beyond(`${jwt}audience = "desk"\n`),
      'proxy.public_url: is not set, so clients cannot find out where to get a token',
    ],
    [
      'a public URL without the path of the endpoint',
      beyond(jwt, 'public_url = "https://mcp.example.com"'),
      'proxy.public_url: has no path, but the endpoint has one',
    ],
  ]
  it.each(cases)('%s', async (_, text, expected) => {
    const { warnings } = await read(text, env)
    expect(warnings).toMatchObject([{ code: 'config-advice', message: expected }])
  })

  it('a token that can be guessed', async () => {
    const { warnings } = await read(`${minimal}\n[auth]\ntype = "bearer"\ntokens = ["\${S}"]\n`, {
      S: 'letmein',
    })
    expect(warnings).toMatchObject([
      { message: 'auth.tokens[0]: is shorter than 16 characters and can be guessed' },
    ])
  })
})
