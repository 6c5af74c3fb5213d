// What rules between keys refuse.
import { says, states, type Texts } from './spec.ts'

export const setPublicUrl = ({ path }: Texts<'path'>): string =>
  `set it to the URL that callers use, such as https://mcp.example.com${path}`

const addressForms = {
  http: 'give the URL of the MCP endpoint, such as https://host/mcp',
  sse: 'give the URL of the event stream, such as https://host/sse',
  websocket: 'give the URL of the MCP endpoint, such as wss://host/mcp',
} as const

export const ruleCases = {
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
    ({ key }: Texts<'key'>) => `${key}: is not a header name (RFC 9110 section 5.1)`,
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
    'remove it: it is for a forward proxy; put it in the address of that proxy',
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
      `${key}: is not a name that may be defined for a member of _meta (MCP, _meta)`,
    { key: 'backends[0].forward_auth.meta' },
    'write a domain of yours in reverse, a slash and a name: com.example/caller',
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
    ({ key, roles }: Texts<'key' | 'roles'>) =>
      `${key}: there is no such role; the roles are ${roles}`,
    { key: 'auth.role_mapping.mapping.admins', roles: '"reader", "writer"' },
    'use the name of one of auth.roles, or add the role',
  ),
  'role-similar': says(
    ({ key, meant }: Texts<'key' | 'meant'>) =>
      `${key}: there is no such role; did you mean ${meant}?`,
    { key: 'auth.role_mapping.mapping.readers', meant: '"reader"' },
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
  'open-listener': says(
    ({ key }: Texts<'key'>) =>
      `${key}: listens on an address that other hosts can reach, without authentication`,
    { key: 'proxy.listen.host' },
    'add [auth], or set security.allow_insecure_listen = true if something in front authenticates callers',
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
      `${key}: is required with sender_constraint = "mtls": without it no certificate is trusted`,
    { key: 'security.trusted_proxies' },
    'list the addresses of what ends the TLS connections, and let it overwrite the header that callers send',
  ),
  'address-peers': says(
    ({ key, wanted }: Texts<'key' | 'wanted'>) =>
      `${key}: is required with ${wanted}: without it no header is trusted`,
    { key: 'security.trusted_proxies', wanted: 'security.client_address_header' },
    'list the addresses from which the proxies in front connect, and let them append to the header or overwrite it',
  ),
  'admin-tools-name': says(
    ({ key }: Texts<'key'>) => `${key}: is the name of the backend of security.admin_tools`,
    { key: 'backends[0].name' },
    'give the backend another name, or remove [security.admin_tools]',
  ),
  'shared-seal': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is required with [shared]: what replicas keep in Redis is sealed with it`,
    { key: 'security.seal_key' },
    'make one with openssl rand -base64 32 and give the same to every replica: seal_key = "${SEAL_KEY}" in [security]',
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
