// The rules that bind clients: `discover` keeps some of them on its own walk, `login` the others.
import type { Revision } from '../../mcp/revision.ts'
import { modern, sinceMetadata, sinceOidc, type ReadinessRule } from './readiness-rule.ts'

const authorization = 'MCP authorization'

const ofClients = (
  keptBy: 'discover' | 'login',
  rows: readonly (readonly [string, 'MUST' | 'SHOULD', readonly Revision[], string, string])[],
): ReadinessRule[] =>
  rows.map(([id, level, revisions, rule, spec]) => ({
    id,
    for: 'client',
    level,
    revisions,
    rule,
    spec,
    checks: [],
    keptBy,
  }))

export const clientRules = [
  ...ofClients('discover', [
    [
      'metadata-order',
      'MUST',
      sinceOidc,
      'Metadata is looked for at the address in the challenge, then inserted, then at the root',
      authorization,
    ],
    [
      'as-order',
      'MUST',
      sinceOidc,
      'The issuer is asked at RFC 8414 inserted, OpenID Connect inserted, then appended',
      authorization,
    ],
    [
      'reach',
      'SHOULD',
      sinceOidc,
      'Addresses out of documents do not lead into private networks',
      'MCP security best practices',
    ],
  ]),
  ...ofClients('login', [
    [
      'iss-compare',
      'MUST',
      modern,
      'iss of the response is compared before the code is redeemed',
      'RFC 9207 section 2.4',
    ],
    [
      'resource-parameter',
      'MUST',
      sinceMetadata,
      'resource and S256 go into both requests, state is checked',
      `${authorization}, RFC 8707`,
    ],
    [
      'registration-order',
      'SHOULD',
      sinceOidc,
      'Pre-registered, then metadata document, then dynamic registration',
      authorization,
    ],
    [
      'cimd-document',
      'MUST',
      sinceOidc,
      'The client id is the https URL of its document',
      authorization,
    ],
    [
      'bound-credentials',
      'MUST',
      modern,
      'Credentials are kept by issuer and never used at another',
      authorization,
    ],
    [
      'scope-choice',
      'SHOULD',
      sinceOidc,
      'Scopes come from the challenge, else from the metadata',
      authorization,
    ],
  ]),
]
