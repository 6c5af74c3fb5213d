// What MCP authorization asks of servers and clients, rule by rule: the data behind the readiness table.
import type { Revision } from '../../mcp/revision.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import { clientRules } from './client-rules.ts'
import {
  everywhere,
  modern,
  sinceMetadata,
  sinceOidc,
  type ReadinessRule,
  type RuleFor,
} from './readiness-rule.ts'

type Row = readonly [
  id: string,
  level: ReadinessRule['level'],
  revisions: readonly Revision[],
  rule: string,
  checks: readonly ProblemCode[],
  spec: string,
  only?: ReadinessRule['only'],
]

const rulesFor = (who: RuleFor, rows: readonly Row[]): ReadinessRule[] =>
  rows.map(([id, level, revisions, rule, checks, spec, only]) => ({
    id,
    for: who,
    level,
    revisions,
    rule,
    checks,
    spec,
    ...(only === undefined ? {} : { only }),
  }))

const authorization = 'MCP authorization'

const serverRules = rulesFor('MCP server', [
  [
    'url',
    'MUST',
    sinceMetadata,
    'The address is https without a fragment',
    ['mcp-url'],
    authorization,
  ],
  [
    'url-slash',
    'SHOULD',
    sinceMetadata,
    'The address has no slash at its end',
    ['mcp-url-slash'],
    authorization,
  ],
  [
    'challenge',
    'MUST',
    everywhere,
    'A request without a token is answered with 401 and a Bearer challenge',
    ['prm-challenge'],
    `${authorization}, RFC 6750 section 3`,
  ],
  [
    'challenge-metadata',
    'MUST',
    ['2025-06-18'],
    'The challenge names the metadata (later versions may do without)',
    ['prm-resource-metadata-param'],
    'RFC 9728 section 5.1',
  ],
  [
    'challenge-scope',
    'SHOULD',
    sinceOidc,
    'The challenge names the scopes',
    ['prm-scope-param'],
    authorization,
  ],
  [
    'metadata',
    'MUST',
    sinceMetadata,
    'The metadata is where clients look, open to all, as JSON, with members of the right types',
    ['prm-location', 'prm-open', 'prm-members'],
    'RFC 9728 sections 3.1 and 3.2',
  ],
  [
    'metadata-resource',
    'MUST',
    sinceMetadata,
    'resource is the address that clients call',
    ['prm-resource', 'prm-scheme'],
    'RFC 9728 section 3.3',
  ],
  [
    'metadata-agree',
    'SHOULD',
    sinceMetadata,
    'Every location of the metadata says the same',
    ['prm-agree'],
    'RFC 9728 section 3.1',
  ],
  [
    'metadata-issuers',
    'MUST',
    sinceMetadata,
    'authorization_servers names issuers',
    ['prm-servers'],
    `${authorization}, RFC 9728 section 2`,
  ],
  [
    'metadata-scopes',
    'SHOULD',
    sinceOidc,
    'The scopes are those of the resource, and tokens go in the header',
    ['prm-scopes', 'prm-bearer-methods'],
    `${authorization}, RFC 9728 section 2`,
  ],
  [
    'metadata-not-guessed',
    'SHOULD',
    sinceMetadata,
    'Login does not depend on the metadata at the origin (2025-03-26)',
    ['prm-legacy'],
    authorization,
  ],
  [
    'origin',
    'MUST',
    everywhere,
    'Requests of foreign origins are refused',
    ['mcp-origin'],
    'MCP transports',
  ],
  [
    'era',
    'MUST',
    modern,
    'server/discover names versions, ttlMs and cacheScope',
    ['mcp-era'],
    'MCP versioning, MCP caching',
  ],
  [
    'errors',
    'MUST',
    modern,
    'Wrong requests are refused with the errors of the protocol',
    ['mcp-errors'],
    'MCP transports',
  ],
  [
    'surface',
    'SHOULD',
    sinceOidc,
    'GET, serverInfo and unknown versions are answered as the version says',
    ['mcp-surface'],
    'MCP transports',
  ],
])

const authorizationServerRules = rulesFor('authorization server', [
  [
    'certificate',
    'MUST',
    everywhere,
    'Every server of the way has a certificate that clients trust',
    ['net-tls', 'net-certificate'],
    'OAuth 2.1 section 1.5',
  ],
  [
    'as-metadata',
    'MUST',
    sinceMetadata,
    'The issuer has metadata where clients find it (RFC 8414 or OpenID Connect)',
    ['asm-found', 'asm-form', 'asm-first'],
    authorization,
    // The form of OpenID Connect is as good.
    { 'asm-form': ['appended'] },
  ],
  [
    'as-metadata-oauth',
    'MUST',
    ['2025-06-18'],
    'The metadata is at the location of RFC 8414',
    ['asm-form'],
    'RFC 8414 section 3.1',
  ],
  [
    'as-metadata-json',
    'SHOULD',
    everywhere,
    'The metadata comes as JSON, directly, and no other document contradicts it',
    ['asm-http', 'asm-members', 'asm-agree'],
    'RFC 8414 sections 3.2 and 5',
  ],
  [
    'as-issuer',
    'MUST',
    sinceMetadata,
    'issuer is the identifier that was asked for',
    ['asm-issuer', 'asm-issuer-template'],
    'RFC 8414 section 3.3',
  ],
  [
    'as-issuer-syntax',
    'MUST',
    sinceMetadata,
    'The issuer is https without query and fragment',
    ['asm-issuer-syntax'],
    'RFC 8414 section 2',
  ],
  [
    'as-endpoints',
    'MUST',
    everywhere,
    'The code flow is on offer, and every endpoint is https',
    ['asm-endpoints', 'asm-tls-urls'],
    'RFC 8414 section 2, OAuth 2.1 section 1.5',
  ],
  [
    'as-pkce',
    'MUST',
    sinceOidc,
    'code_challenge_methods_supported has S256; without it clients refuse',
    ['asm-pkce'],
    authorization,
  ],
  [
    'as-cimd',
    'SHOULD',
    sinceOidc,
    'Client id metadata documents are supported',
    ['asm-cimd'],
    authorization,
  ],
  [
    'as-registration',
    'MAY',
    everywhere,
    'Clients can register by themselves',
    ['asm-registration'],
    `${authorization}, RFC 7591`,
  ],
  [
    'as-iss',
    'SHOULD',
    modern,
    'Authorization responses name the issuer',
    ['asm-iss-param'],
    'RFC 9207',
  ],
  ['as-refresh', 'MAY', sinceOidc, 'Refresh tokens are on offer', ['asm-refresh'], authorization],
  [
    'as-resources',
    'SHOULD',
    sinceMetadata,
    'protected_resources lists the resource, where it is there',
    ['asm-protected-resources'],
    'RFC 9728 section 4',
  ],
])

/** In the order in which a client meets them. */
export const readinessRules: readonly ReadinessRule[] = [
  ...serverRules,
  ...authorizationServerRules,
  ...clientRules,
]
