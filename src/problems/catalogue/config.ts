// What can be wrong with a configuration: the file, its keys and values, the variables that it names.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const config = {
  group: 'config',
  severity: 'fatal',
  refuses: 'always',
  outcome: 'rejected',
} as const

const configAdvice = { ...config, severity: 'medium', refuses: 'never' } as const

const unknown = ({ key }: Texts<'key'>): string => `Unknown key ${key}`

const addIt = ({ what }: Texts<'what'>): string => `add it: ${what}`

/** What the schema of one key refuses. */
const schemaCases = {
  invalid: says(({ key, why }: Texts<'key' | 'why'>) => `${key}: ${why}`, {
    key: 'auth.jwks_uri',
    why: 'has a meaning only with token_validation = "jwt"',
  }),
  'invalid-absent': says(
    ({ key, why }: Texts<'key' | 'why' | 'what'>) => `${key}: ${why}`,
    {
      key: 'auth.client_id',
      why: 'is required with introspection_response = "jwt"',
      what: 'Our client at the issuer',
    },
    addIt,
  ),
  required: says(({ key }: Texts<'key'>) => `${key}: is required`, { key: 'auth.type' }),
  'required-described': says(
    ({ key }: Texts<'key' | 'what'>) => `${key}: is required`,
    { key: 'auth.issuer', what: 'Exactly as it is written in iss' },
    addIt,
  ),
  kind: says(
    ({ key, expected, found }: Texts<'key' | 'expected' | 'found'>) =>
      `${key}: must be ${expected}, not ${found}`,
    { key: 'proxy.name', expected: 'a string', found: 'a table' },
  ),
  'kind-variable': says(
    ({ key, expected, found }: Texts<'key' | 'expected' | 'found'>) =>
      `${key}: must be ${expected}, not ${found}`,
    { key: 'proxy.listen.port', expected: 'a whole number', found: 'a string' },
    'a variable always gives a string; write the value itself',
  ),
  'kind-quotes': says(
    ({ key, expected, found }: Texts<'key' | 'expected' | 'found'>) =>
      `${key}: must be ${expected}, not ${found}`,
    { key: 'proxy.listen.port', expected: 'a whole number', found: 'a string' },
    'write it without quotes',
  ),
  'kind-list': says(
    ({ key, found }: Texts<'key' | 'found'>) => `${key}: must be a list, not ${found}`,
    { key: 'auth.audience', found: 'a string' },
    'put it in [ ]',
  ),
  kinds: says(
    ({ key, kinds }: Texts<'key' | 'kinds'>) => `${key}: must be ${kinds}, none of it empty`,
    { key: 'auth.audience', kinds: 'a string or a list of strings' },
  ),
  'one-of': says(({ key, allowed }: Texts<'key' | 'allowed'>) => `${key}: must be ${allowed}`, {
    key: 'auth.profile',
    allowed: '"strict" or "usual"',
  }),
  'one-of-absent': says(
    ({ key, allowed }: Texts<'key' | 'allowed'>) => `${key}: is required; it must be ${allowed}`,
    { key: 'auth.type', allowed: '"none", "bearer", "keys", "jwt" or "oauth"' },
  ),
  'one-of-similar': says(
    ({ key, allowed }: Texts<'key' | 'allowed' | 'meant'>) => `${key}: must be ${allowed}`,
    { key: 'auth.type', allowed: '"none", "bearer", "keys", "jwt" or "oauth"', meant: '"oauth"' },
    ({ meant }) => `did you mean ${meant}?`,
  ),
  empty: says(({ key }: Texts<'key'>) => `${key}: must not be empty`, { key: 'proxy.name' }),
  length: says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: must have ${bound} ${limit} characters`,
    { key: 'proxy.name', bound: 'at most', limit: 64 },
  ),
  entries: says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: needs ${bound} ${limit} ${Number(limit) === 1 ? 'entry' : 'entries'}`,
    { key: 'auth.tokens', bound: 'at least', limit: 1 },
  ),
  range: says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: must be ${bound} ${limit}`,
    { key: 'proxy.listen.port', bound: 'at most', limit: 65_535 },
  ),
  'range-open': says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: must be ${bound} than ${limit}`,
    { key: 'limits.rate', bound: 'more', limit: 0 },
  ),
  url: says(
    ({ key }: Texts<'key'>) => `${key}: must be an absolute URL`,
    { key: 'proxy.public_url' },
    'begin it with https:// (http:// on this machine)',
  ),
} as const

const setPublicUrl = ({ path }: Texts<'path'>): string =>
  `set it to the URL that callers use, such as https://mcp.example.com${path}`

const addressForms = {
  http: 'give the URL of the MCP endpoint, such as https://host/mcp',
  sse: 'give the URL of the event stream, such as https://host/sse',
  websocket: 'give the URL of the MCP endpoint, such as wss://host/mcp',
} as const

/** What rules between keys refuse. */
const ruleCases = {
  'stdio-command': says(
    ({ key }: Texts<'key'>) => `${key}: is required for transport = "stdio"`,
    { key: 'backends[0].command' },
    'name the program to start',
  ),
  'stdio-url': says(
    ({ key }: Texts<'key' | 'transport'>) => `${key}: does not go with transport = "stdio"`,
    { key: 'backends[0].url', transport: 'http' },
    ({ transport }) => `remove it, or set transport = "${transport}"`,
  ),
  'stdio-token': says(
    ({ key }: Texts<'key'>) => `${key}: does not go with transport = "stdio"`,
    { key: 'backends[0].bearer_token' },
    'give the child its credential in env',
  ),
  'remote-url': says(
    ({ key, transport }: Texts<'key'> & { readonly transport: keyof typeof addressForms }) =>
      `${key}: is required for transport = "${transport}"`,
    { key: 'backends[0].url', transport: 'http' },
    ({ transport }) => addressForms[transport],
  ),
  'remote-child': says(
    ({ key, transport }: Texts<'key' | 'transport'>) =>
      `${key}: does not go with transport = "${transport}"`,
    { key: 'backends[0].command', transport: 'http' },
    'remove it, or set transport = "stdio"',
  ),
  'header-name': says(
    ({ key }: Texts<'key'>) => `${key}: is no name of a header (RFC 9110 section 5.1)`,
    { key: 'backends[0].headers."X Team"' },
    'use letters, digits and "-"',
  ),
  'header-host': says(
    ({ key }: Texts<'key'>) => `${key}: is a header that the proxy sets itself`,
    { key: 'backends[0].headers.Host' },
    'remove it: it comes from url',
  ),
  'header-proxy': says(
    ({ key }: Texts<'key'>) => `${key}: is a header that the proxy sets itself`,
    { key: 'backends[0].headers.Proxy-Authorization' },
    'remove it: it is for a forward proxy: put it in the address of that',
  ),
  'header-reserved': says(
    ({ key }: Texts<'key'>) => `${key}: is a header that the proxy sets itself`,
    { key: 'backends[0].headers.Content-Length' },
    'remove it',
  ),
  'header-twice': says(
    ({ key, twin }: Texts<'key' | 'twin'>) => `${key}: is the header that ${twin} sends`,
    { key: 'backends[0].headers.Authorization', twin: 'bearer_token' },
    ({ twin }) => `remove it, or ${twin}`,
  ),
  'header-credential': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is a header with a credential, and those of callers are not passed on`,
    { key: 'backends[0].forward_headers.Authorization' },
    'remove it: use oauth with grant = "token_exchange" to act for callers, forward_auth to name them, headers for a credential of the proxy',
  ),
  'forward-nothing': says(
    ({ key }: Texts<'key'>) => `${key}: names neither a header nor a member of _meta`,
    { key: 'backends[0].forward_auth' },
    'write headers = { subject = "X-User" }, or meta = "com.example/caller", or remove it',
  ),
  'forward-meta': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is no name for a member of _meta that others may define (MCP, _meta)`,
    { key: 'backends[0].forward_auth.meta' },
    'write a domain of yours backwards, a slash and a name: com.example/caller',
  ),
  'forward-transport': says(
    ({ key, transport }: Texts<'key' | 'transport'>) =>
      `${key}: does not go with transport = "${transport}", which has no headers for each request`,
    { key: 'backends[0].forward_headers', transport: 'websocket' },
    'use forward_auth.meta, which every transport carries, or reach the backend over http',
  ),
  'exchange-transport': says(
    ({ key, transport }: Texts<'key' | 'transport'>) =>
      `${key}: token_exchange does not go with transport = "${transport}", whose connection callers may share`,
    { key: 'backends[0].oauth.grant', transport: 'websocket' },
    'use grant = "client_credentials", or reach the backend over http',
  ),
  'exchange-session': says(
    ({ key }: Texts<'key'>) =>
      `${key}: does not go with token_exchange: a shared session would carry the credential of another caller`,
    { key: 'backends[0].session' },
    'remove it: each caller has a session of its own then',
  ),
  'exchange-auth': says(
    ({ key, type }: Texts<'key' | 'type'>) =>
      `${key}: token_exchange needs callers with access tokens, and auth.type is "${type}"`,
    { key: 'backends[0].oauth.grant', type: 'none' },
    'set auth.type to "oauth" or "jwt", or use grant = "client_credentials"',
  ),
  'header-value': says(
    ({ key }: Texts<'key'>) =>
      `${key}: has characters that no header can contain, or white space around it`,
    { key: 'backends[0].headers.X-API-Key' },
    'check the variable that it comes from',
  ),
  'basic-username': says(
    ({ key }: Texts<'key'>) => `${key}: must not have a ":" or a control character`,
    { key: 'backends[0].basic_auth.username' },
    'correct it',
  ),
  'basic-password': says(
    ({ key }: Texts<'key'>) => `${key}: must not have a control character`,
    { key: 'backends[0].basic_auth.password' },
    'check the variable that it comes from',
  ),
  'remote-credential': says(
    ({ key }: Texts<'key'>) => `${key}: must not contain a user name or a password`,
    { key: 'backends[0].url' },
    'use basic_auth = { username = "...", password = "${VAR}" }',
  ),
  fragment: says(
    ({ key }: Texts<'key'>) => `${key}: must not have a fragment`,
    { key: 'backends[0].url' },
    'remove the # and what follows',
  ),
  'websocket-scheme': says(
    ({ key }: Texts<'key'>) =>
      `${key}: must begin with ws:// or wss:// for transport = "websocket"`,
    { key: 'backends[0].url' },
  ),
  'websocket-http': says(
    ({ key }: Texts<'key' | 'scheme'>) =>
      `${key}: must begin with ws:// or wss:// for transport = "websocket"`,
    { key: 'backends[0].url', scheme: 'wss' },
    ({ scheme }) => `write ${scheme}:// where it speaks WebSocket there, or set transport = "http"`,
  ),
  'http-scheme': says(({ key }: Texts<'key'>) => `${key}: must begin with http:// or https://`, {
    key: 'backends[0].url',
  }),
  'http-websocket': says(
    ({ key }: Texts<'key'>) => `${key}: must begin with http:// or https://`,
    { key: 'backends[0].url' },
    'set transport = "websocket"',
  ),
  'sse-protocol': says(
    ({ key }: Texts<'key'>) =>
      `${key}: cannot be "modern" for transport = "sse", which is older than that era`,
    { key: 'backends[0].protocol' },
    'set transport = "http", or leave protocol out',
  ),
  backoff: says(
    ({ key, most }: Texts<'key' | 'most'>) => `${key}: is longer than max_backoff_ms (${most})`,
    { key: 'backends[0].retry.initial_backoff_ms', most: 1000 },
    'the first wait is the shortest: lower it, or raise max_backoff_ms',
  ),
  'name-taken': says(
    ({ key, name, other }: Texts<'key' | 'name' | 'other'>) =>
      `${key}: "${name}" is already the name of backends[${other}]`,
    { key: 'backends[1].name', name: 'files', other: 0 },
    'give each backend a name of its own',
  ),
  'prefix-taken': says(
    ({ key, other }: Texts<'key' | 'other'>) =>
      `${key}: gives the same prefix as backends[${other}]`,
    { key: 'backends[1].prefix', other: 0 },
    'give each backend a prefix of its own, or "" for none',
  ),
  'separator-characters': says(
    ({ key }: Texts<'key'>) => `${key}: may consist only of letters, digits, "_", "-", "." and "/"`,
    { key: 'proxy.separator' },
    'use "__"',
  ),
  'separator-plain': says(
    ({ key }: Texts<'key'>) =>
      `${key}: must have a character that sets names apart: "_", "-", "." or "/"`,
    { key: 'proxy.separator' },
    'use "__"',
  ),
  'token-twice': says(
    ({ key, other }: Texts<'key' | 'other'>) => `${key}: is the same token as ${other}`,
    { key: 'auth.tokens[1]', other: 'auth.tokens[0]' },
    'remove one of them, or set the variable that was meant',
  ),
  condition: says(
    ({ key, why }: Texts<'key' | 'why'>) => `${key}: the condition cannot be used: ${why}`,
    { key: 'auth.rules[0].when', why: 'Unknown variable: user' },
    'a condition is CEL over caller, tool, args and peer; docs/policy.md lists what they have',
  ),
  'condition-at': says(
    ({ key, line, column, why }: Texts<'key' | 'line' | 'column' | 'why'>) =>
      `${key}: the condition is wrong at its line ${line}, column ${column}: ${why}`,
    { key: 'auth.rules[0].when', line: 1, column: 8, why: 'No such key: sub' },
    'a condition is CEL over caller, tool, args and peer; docs/policy.md lists what they have',
  ),
  'role-unknown': says(
    ({ key, role, roles }: Texts<'key' | 'role' | 'roles'>) =>
      `${key}: there is no role ${role}; the roles are ${roles}`,
    { key: 'auth.role_mapping.mapping.admins', role: '"root"', roles: '"reader", "writer"' },
    'use the name of one of auth.roles, or add the role',
  ),
  'role-similar': says(
    ({ key, role, meant }: Texts<'key' | 'role' | 'meant'>) =>
      `${key}: there is no role ${role}; did you mean ${meant}?`,
    { key: 'auth.role_mapping.mapping.readers', role: '"raeder"', meant: '"reader"' },
    ({ meant }) => `write ${meant}`,
  ),
  'limit-name': says(
    ({ key }: Texts<'key'>) => `${key}: is the name of an earlier rule`,
    { key: 'limits.rules[1].name' },
    'give each rule a name of its own: callers, logs and metrics know it by that',
  ),
  'limit-backend': says(
    ({ key, backends }: Texts<'key' | 'backends'>) =>
      `${key}: there is no such backend; the backends are ${backends}`,
    { key: 'limits.rules[0].backends[0]', backends: '"files", "search"' },
    'use the name of one of the backends',
  ),
  'limit-role': says(
    ({ key }: Texts<'key'>) => `${key}: callers have no roles in this configuration`,
    { key: 'limits.rules[0].by' },
    'add auth.roles and auth.role_mapping, or take "role" out of the list',
  ),
  'admin-token': says(
    ({ key }: Texts<'key'>) => `${key}: is also a token of callers`,
    { key: 'security.admin_token' },
    'use a token of its own for administration',
  ),
  'open-listener': says(
    ({ key }: Texts<'key'>) =>
      `${key}: listens beyond this machine, and nothing asks callers who they are`,
    { key: 'proxy.listen.host' },
    'add [auth], or set security.allow_insecure_listen = true where something else does',
  ),
  'public-url': says(
    ({ key }: Texts<'key' | 'path'>) =>
      `${key}: is required with auth.type = "jwt" or "oauth" beyond this machine`,
    { key: 'proxy.public_url', path: '/mcp' },
    (values) =>
      `${setPublicUrl(values)}; it is also the audience of tokens, unless auth.audience names another`,
  ),
  'public-url-dpop': says(
    ({ key }: Texts<'key' | 'path'>) =>
      `${key}: is required with sender_constraint = "dpop": every proof names the URL it is made for`,
    { key: 'proxy.public_url', path: '/mcp' },
    setPublicUrl,
  ),
  'public-url-scheme': says(
    ({ key }: Texts<'key'>) => `${key}: must begin with https://`,
    { key: 'proxy.public_url' },
    'give the URL that callers use',
  ),
  'public-url-plain': says(
    ({ key }: Texts<'key'>) => `${key}: must begin with https:// beyond this machine`,
    { key: 'proxy.public_url' },
    'tokens must not travel in the clear; use https',
  ),
  'public-url-credential': says(
    ({ key }: Texts<'key'>) => `${key}: must not contain a user name or a password`,
    { key: 'proxy.public_url' },
    'remove them',
  ),
  'trusted-proxies': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is required with sender_constraint = "mtls": without it no certificate is believed`,
    { key: 'security.trusted_proxies' },
    'list the addresses of what ends the TLS connections, and let it overwrite the header that callers send',
  ),
  'address-peers': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is required with security.client_address_header: without it no address in a header is believed`,
    { key: 'security.trusted_proxies' },
    'list the addresses from which the proxies in front connect, and let them append to the header or overwrite it',
  ),
  'verify-peers': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is required with [verify] and sender_constraint = "dpop": a proof names the method and the URL of the original request, which only a listed gateway may report`,
    { key: 'security.trusted_proxies' },
    'list the addresses from which the gateway connects, and let it overwrite the headers that docs/verify.md names',
  ),
  'verify-path': says(
    ({ key, path }: Texts<'key' | 'path'>) => `${key}: the proxy answers something else at ${path}`,
    { key: 'verify.path', path: '/ready' },
    'choose another path, or leave it out: /verify',
  ),
  'verify-auth': says(
    ({ key }: Texts<'key'>) => `${key}: needs [auth]: without it every request would be accepted`,
    { key: 'verify' },
    'configure [auth], or remove [verify]',
  ),
  'stdio-backends': states(
    'backends: serve --stdio needs at least 1 entry: [verify] is a door for HTTP',
    'add a backend, or serve without --stdio',
  ),
  origin: says(
    ({ key }: Texts<'key'>) =>
      `${key}: must be an origin, such as https://app.example.com, or "*" for all`,
    { key: 'security.allowed_origins[0]' },
  ),
  'origin-form': says(
    ({ key }: Texts<'key'>) =>
      `${key}: must be an origin as browsers send it: scheme, host and a port that is not the default, no path and no "/" at its end`,
    { key: 'security.allowed_origins[0]' },
  ),
  'origin-glob': says(
    ({ key }: Texts<'key'>) =>
      `${key}: "*" must be a whole label of the host, and not the last one, or the whole port`,
    { key: 'security.allowed_origins[0]' },
    'write it as in https://*.example.com or http://localhost:*',
  ),
  'host-form': says(
    ({ key }: Texts<'key'>) =>
      `${key}: must be a host, with or without its port, as in the Host header; no scheme, no path, no "*"`,
    { key: 'security.allowed_hosts[0]' },
  ),
} as const

const givePem = 'give a private key as PEM or JWK: a file, or the text itself from "${VAR}"'

/** Keys and certificates that a configuration gives. */
const credentialCases = {
  'tls-ca-required': says(
    ({ key }: Texts<'key'>) => `${key}: is required with client_auth = "require"`,
    { key: 'proxy.tls.client_ca' },
    'name the file of the authorities that sign the certificates of your clients',
  ),
  'tls-ca-unused': says(
    ({ key }: Texts<'key'>) =>
      `${key}: takes effect only with client_auth = "request" or "require"`,
    { key: 'proxy.tls.client_ca' },
    'set client_auth, or remove it',
  ),
  'public-url-tls': says(
    ({ key }: Texts<'key'>) => `${key}: begins with http://, and with [proxy.tls] there is no http`,
    { key: 'proxy.public_url' },
    'begin it with https://',
  ),
  'client-cert-source': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is required with sender_constraint = "mtls", as the proxy itself asks for no client certificates`,
    { key: 'auth.client_cert_header' },
    'name the header of the TLS terminator in front, or set client_auth in [proxy.tls]',
  ),
  'tls-restart': says(
    ({ key }: Texts<'key'>) => `${key}: cannot change while the proxy listens at the same address`,
    { key: 'proxy.tls' },
    'restart, or choose another proxy.listen.port with it',
  ),
  'tls-file': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) => `${key}: ${file} cannot be read: ${why}`,
    { key: 'proxy.tls.cert', file: 'server.crt', why: 'there is no such file' },
    'correct the path: it starts from the folder in which the proxy is started',
  ),
  'tls-permission': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) => `${key}: ${file} cannot be read: ${why}`,
    { key: 'proxy.tls.key', file: 'server.key', why: 'permission denied' },
    'let the account of the proxy, and no other, read it and enter the folders above it',
  ),
  'tls-no-certificate': says(
    ({ key, file }: Texts<'key' | 'file'>) => `${key}: ${file} contains no certificate in PEM`,
    { key: 'proxy.tls.cert', file: 'server.crt' },
    'use a file with -----BEGIN CERTIFICATE-----; openssl x509 -inform der converts DER to PEM',
  ),
  'tls-no-key': says(
    ({ key, file }: Texts<'key' | 'file'>) => `${key}: ${file} contains no private key in PEM`,
    { key: 'proxy.tls.key', file: 'server.key' },
    'use a file with -----BEGIN PRIVATE KEY-----; openssl pkey -inform der converts DER to PEM',
  ),
  'tls-bad-certificate': says(
    ({ key, file, number }: Texts<'key' | 'file' | 'number'>) =>
      `${key}: certificate ${number} in ${file} cannot be read`,
    { key: 'proxy.tls.cert', file: 'server.crt', number: 2 },
    'write the file again: it may have been cut short',
  ),
  'tls-order': says(
    ({ key, file, number }: Texts<'key' | 'file' | 'number'>) =>
      `${key}: the certificate of the key is number ${number} in ${file}, and must be the first`,
    { key: 'proxy.tls.cert', file: 'chain.pem', number: 2 },
    'put the certificate of the server first, then its issuer, then the issuer of that',
  ),
  'tls-refused': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) => `${key}: TLS cannot use ${file}: ${why}`,
    { key: 'proxy.tls.cert', file: 'server.crt', why: 'ee key too small' },
    'make a new key and certificate: RSA with 2048 bits or more, or P-256, signed with SHA-256',
  ),
  'credential-file': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) =>
      `${key} names the file ${file}, which cannot be read: ${why}`,
    { key: 'client_key', file: 'client.pem', why: 'there is no such file' },
    'name a file, or write "${VAR}"',
  ),
  'credential-large': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) =>
      `${key} names the file ${file}, which cannot be read: ${why}`,
    { key: 'client_key', file: 'video.mp4', why: 'it is larger than 65536 bytes' },
    'name a key file',
  ),
  'credential-encrypted': says(
    ({ key }: Texts<'key'>) => `${key} is encrypted with a passphrase`,
    { key: 'client_key' },
    'decrypt it first, for example with openssl pkey, and guard the file by its mode',
  ),
  'credential-certificate': says(
    ({ key }: Texts<'key'>) => `${key} is a certificate, not a key`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-no-key': says(
    ({ key }: Texts<'key'>) => `${key} contains no private key that can be read`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-json': says(
    ({ key }: Texts<'key'>) => `${key} is not JSON`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-shared': says(
    ({ key }: Texts<'key'>) => `${key} is a shared secret, not a private key`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-public': says(
    ({ key }: Texts<'key'>) => `${key} is a public key`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-kind': says(
    ({ key, kind }: Texts<'key' | 'kind'>) =>
      `${key} is a key of type ${kind}, which cannot sign with any algorithm we know`,
    { key: 'client_key', kind: 'x25519' },
    givePem,
  ),
  'credential-algorithm': says(
    ({ key, kind, alg }: Texts<'key' | 'kind' | 'alg' | 'fitting'>) =>
      `${key} is a key of type ${kind}, which cannot sign ${alg}`,
    { key: 'client_key', kind: 'ec', alg: 'RS256', fitting: 'ES256' },
    ({ fitting }) => `set client_key_alg to ${fitting}`,
  ),
  'credential-short': says(
    ({ key, bits }: Texts<'key' | 'bits'>) =>
      `${key} is an RSA key of ${bits} bits: 2048 are the least`,
    { key: 'client_key', bits: 1024 },
    'RFC 7518 section 3.3: make a larger one and register it',
  ),
  'credential-no-certificate': says(
    ({ key }: Texts<'key'>) => `${key} contains no certificate that can be read`,
    { key: 'client_cert' },
    'give it as PEM: a file, or the text itself from "${VAR}"',
  ),
  'credential-pair': says(
    ({ key, certificate }: Texts<'key' | 'certificate'>) =>
      `${key} is not the key of ${certificate}`,
    { key: 'client_cert_key', certificate: 'client_cert' },
    'give the certificate and the key that were made for each other',
  ),
} as const

/** What works, with a risk. */
const adviceCases = {
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
      `${key}: plain ${scheme} beyond this machine: anybody on the way can read ${carried}`,
    { key: 'backends[0].url', scheme: 'http', carried: 'calls', better: 'https' },
    ({ better }) => `use ${better}`,
  ),
  'command-spaces': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is started as it is written, without a shell; its spaces do not separate arguments`,
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
      `${key}: allows pages under names that anybody can register, unless that domain is your own`,
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
        { file: 'proxy.tml', why: 'there is no such file', meant: 'proxy.toml' },
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
    says: says(({ n }: { readonly n: number }) => `And ${n} more problem${n === 1 ? '' : 's'}`, {
      n: 12,
    }),
    hint: 'correct those that are shown, and look again',
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
    says: says(({ why }: Texts<'why'>) => `${why}`, { why: 'unterminated string' }),
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
        'write "${NAME}" with letters, digits and "_" only (there are no defaults); a literal "${" is written "$${"',
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
    says: says(
      ({ file }: Texts<'file'>) =>
        `${file} contains secrets, and other users of this machine can read it`,
      { file: 'proxy.toml' },
      ({ file }) => `chmod 600 ${file}, or take the secrets out of it`,
    ),
    hint: 'take the secrets out of the file, or the right to read it from the others',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'config-advice': {
    ...configAdvice,
    title: 'a risky setting in the configuration',
    cases: adviceCases,
    hint: 'docs/config.md explains the key',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
