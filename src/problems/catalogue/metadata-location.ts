// Where the metadata of an issuer was looked for, and what answered there (RFC 8414 section 3).
import { brief } from './members.ts'
import { advice, unsettled } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const server = { group: 'authorization-server', ...unsettled } as const

const serverAdvice = { group: 'authorization-server', ...advice } as const

export const metadataLocationProblems = {
  'asm-found': {
    ...server,
    severity: 'fatal',
    refuses: 'always',
    title: 'the metadata of the authorization server was not found',
    cases: {
      nowhere: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) => `None of ${n} locations answered: ${why}`,
        {
          n: 3,
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          issuer: 'https://id.example.com',
        },
        ({ issuer }) =>
          `compare the issuer ${brief(issuer)} with iss of a token, or let the reverse proxy forward /.well-known; mcp-proxy discover ${brief(issuer)} --as issuer searches other places too`,
      ),
      lost: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) => `None of ${n} locations answered: ${why}`,
        {
          n: 3,
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          issuer: 'https://id.example.com',
        },
        ({ issuer }) =>
          `compare the issuer ${brief(issuer)} with iss of a token: other usual places have no metadata either; if they are the same, let the reverse proxy forward /.well-known`,
      ),
      elsewhere: says(
        ({ issuer, place, named }: Texts<'issuer' | 'place' | 'named'>) =>
          `No metadata for ${issuer}; ${place} has the metadata of ${named}`,
        {
          issuer: 'https://id.example.com/dev',
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          named: 'https://id.example.com',
        },
        ({ named }) =>
          `the issuer is "${brief(named)}": use exactly that in issuer (--issuer), and in authorization_servers where an MCP server names it`,
      ),
      misplaced: says(
        ({ issuer, place }: Texts<'issuer' | 'place' | 'standard'>) =>
          `The metadata of ${issuer} is at ${place}, where clients do not look`,
        {
          issuer: 'https://id.example.com/dev',
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          standard: 'https://id.example.com/.well-known/oauth-authorization-server/dev',
        },
        ({ standard }) => `serve the same document at ${brief(standard)}`,
      ),
      'misplaced-keys': says(
        ({ issuer, place }: Texts<'issuer' | 'place' | 'standard' | 'jwks'>) =>
          `The metadata of ${issuer} is at ${place}, where clients do not look`,
        {
          issuer: 'https://id.example.com/dev',
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          standard: 'https://id.example.com/.well-known/oauth-authorization-server/dev',
          jwks: 'https://id.example.com/dev/jwks',
        },
        ({ standard, jwks }) =>
          `serve the same document at ${brief(standard)}; until then set auth.jwks_uri (--jwks-uri) to "${brief(jwks)}"`,
      ),
      orphan: says(
        ({ issuer, place, named }: Texts<'issuer' | 'place' | 'named' | 'standard'>) =>
          `No metadata for ${issuer}; ${place} has the metadata of ${named}, which itself did not return any`,
        {
          issuer: 'https://id.example.com/dev',
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          named: 'https://internal.example.com',
          standard: 'https://internal.example.com/.well-known/oauth-authorization-server',
        },
        ({ issuer, named, standard }) =>
          `if "${brief(issuer)}" is in the tokens (iss), configure it as the issuer of the authorization server; if "${brief(named)}" is, serve the document at ${brief(standard)} too`,
      ),
      guarded: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 401',
          issuer: 'https://id.example.com',
        },
        'exempt /.well-known from authentication: clients ask there before they have a token',
      ),
      failing: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 503',
          issuer: 'https://id.example.com',
        },
        'repeat the command when the authorization server is up again: it answers with an error of its own now',
      ),
      unreachable: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) => `None of ${n} locations answered: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: connection refused (ECONNREFUSED)',
          issuer: 'https://id.example.com',
        },
        'check host and port of the issuer: nothing answers there; run mcp-proxy doctor where the proxy runs',
      ),
      untrusted: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: certificate not trusted (SELF_SIGNED_CERT_IN_CHAIN)',
          issuer: 'https://id.example.com',
        },
        'correct the certificate of the authorization server, or make this machine trust its authority (NODE_EXTRA_CA_CERTS)',
      ),
      refused: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://10.0.0.5: 10.0.0.5 is a private address',
          issuer: 'https://10.0.0.5',
        },
        'if this issuer in a private network is meant, allow it with --allow-private (allow_private); link-local addresses are never asked',
      ),
      redirected: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: redirect to another origin',
          issuer: 'https://id.example.com',
        },
        'serve the metadata there without a redirect; or configure the issuer that it leads to',
      ),
      garbled: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to discover auth server at https://id.example.com: not a readable HTTP answer (HPE_INVALID_CONSTANT)',
          issuer: 'https://id.example.com',
        },
        'make the authorization server answer there with JSON over plain HTTP: the answer cannot be read',
      ),
      page: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: the document is HTML or XML, not JSON (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'make the authorization server serve its metadata as JSON there: a page or a login form answers now',
      ),
      empty: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: the document is empty (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'make the authorization server serve its metadata there: an empty answer comes now',
      ),
      syntax: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: the document is not JSON: unexpected end (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'correct the document: it has to be one JSON object',
      ),
      'no-issuer': says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: missing field `issuer` (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        ({ issuer }) =>
          `put "issuer": "${brief(issuer)}" into the document: clients compare it with the address they asked`,
      ),
      twice: says(
        ({ n, why }: Texts<'n' | 'why' | 'issuer'>) =>
          `None of ${n} locations has the metadata: ${why}`,
        {
          n: 3,
          why: 'failed to parse auth server metadata: "issuer" appears twice (https://id.example.com/.well-known/openid-configuration)',
          issuer: 'https://id.example.com',
        },
        'remove one of the two members: parsers disagree about which value counts',
      ),
      'not-http': states(
        'There is no location to ask: the issuer is not an http URL',
        'write the issuer as an https URL',
      ),
      failed: says(
        ({ why }: Texts<'why' | 'remedy'>) => `${why}`,
        {
          why: 'auth server discovery failed: https://id.example.com/.well-known/openid-configuration returned 404',
          remedy:
            'compare the issuer https://id.example.com with iss of a token, or let the reverse proxy forward /.well-known',
        },
        ({ remedy }) => String(remedy),
      ),
      unpublished: says(
        ({ address }: Texts<'address'>) =>
          `${address} publishes no metadata of an authorization server`,
        { address: 'https://mcp.example.com/mcp' },
        ({ address }) => `mcp-proxy discover ${address} shows every attempt`,
      ),
      login: says(
        ({ why }: Texts<'address' | 'why'>) => `${why}`,
        {
          address: 'https://mcp.example.com/mcp',
          why: 'auth server discovery failed: https://mcp.example.com/.well-known/oauth-authorization-server returned 404',
        },
        ({ address }) => `mcp-proxy discover ${address} shows every attempt`,
      ),
      pending: says(
        ({ issuer }: Texts<'issuer'>) => `no metadata of ${issuer} yet`,
        { issuer: 'https://id.example.com' },
        'wait: the metadata is being fetched',
      ),
    },
    hint: 'run mcp-proxy discover with the issuer: it shows each location that was asked',
    spec: 'RFC 8414 section 3.1, MCP authorization',
  },
  'asm-form': {
    ...serverAdvice,
    severity: 'low',
    title: 'the metadata is served in an unusual place',
    cases: {
      appended: states(
        'Only oauth-appended answers: standard clients do not ask there',
        'serve the metadata at /.well-known/oauth-authorization-server followed by the path of the issuer (the inserted path)',
      ),
      openid: says(
        ({ forms }: Texts<'forms'>) => `Only ${forms}: clients that know only RFC 8414 fail`,
        { forms: 'openid-appended answers' },
      ),
    },
    hint: 'serve the metadata at /.well-known/oauth-authorization-server with the inserted path too',
    spec: 'RFC 8414 section 3.1, RFC 8414 section 5, MCP authorization',
  },
  'asm-first': {
    ...serverAdvice,
    severity: 'high',
    title: 'another answer comes before the metadata',
    cases: {
      page: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server/dev',
          status: 200,
          what: 'HTML',
        },
        'exempt /.well-known from the pages of the application: serve the metadata there, or answer 404',
      ),
      empty: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          status: 204,
          what: 'an empty body',
        },
        'serve the metadata there, or answer 404: an empty success is no "not found"',
      ),
      other: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          status: 200,
          what: 'something that is no metadata',
        },
        'serve the metadata there, or answer 404 with whatever body you like',
      ),
      redirect: says(
        ({ place, status, what }: Texts<'place' | 'status' | 'what'>) =>
          `${place} answers ${status} with ${what}: clients stop there`,
        {
          place:
            'https://id.example.com/.well-known/oauth-authorization-server redirects (302) to https://id.example.com/login, which',
          status: 200,
          what: 'HTML',
        },
        'exempt /.well-known from the redirect to the login page: serve the metadata there, or answer 404',
      ),
      issuer: says(
        ({ place, named }: Texts<'place' | 'named'>) =>
          `${place} has the metadata of ${named}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server/dev',
          named: 'https://id.example.com',
        },
        'serve the metadata of the issuer that was asked for there, or answer 404',
      ),
      error: says(
        ({ place, status }: Texts<'place' | 'status'>) =>
          `${place} answers ${status}: clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          status: 503,
        },
        'answer 404 where there is no metadata: an error of the server is no "not found"',
      ),
      silent: says(
        ({ place, why }: Texts<'place' | 'why'>) => `${place}: ${why}; clients stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          why: 'the connection was closed before the answer was complete',
        },
        'let the server answer 404 there: a closed connection or a time-out is no "not found"',
      ),
      broken: says(
        ({ place, why }: Texts<'place' | 'why'>) => `${place}: ${why}; clients may stop there`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          why: 'the answer is called JSON and is not valid UTF-8',
        },
        'serve readable metadata there, or answer 404',
      ),
      detour: says(
        ({ place, target }: Texts<'place' | 'target'>) =>
          `${place} redirects to ${target}: clients that follow it find no metadata`,
        {
          place: 'https://id.example.com/.well-known/oauth-authorization-server',
          target: 'https://login.example.com/',
        },
        'serve the metadata there, or answer 404 instead of a redirect',
      ),
    },
    hint: 'serve the metadata at the first location that clients ask, or answer 404 there',
    spec: 'MCP authorization, RFC 8414 section 3.2',
  },
} as const satisfies Record<string, ProblemSpec>
