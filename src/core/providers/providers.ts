// What is peculiar to single providers: a line of advice under a finding that their users meet.
import type { ProblemCode } from '../../problems/problem.ts'

/** All that is given has to fit. */
export interface FactCondition {
  /** The issuer that the token names, and the one that is configured. */
  readonly iss?: RegExp
  readonly issuer?: RegExp
  /** Both have the same path: only the host (or what is before it) differs. */
  readonly samePath?: true
  /** A member of the header, or a claim, and what it holds (lists: any of it). */
  readonly header?: readonly [name: string, value: RegExp]
  readonly claim?: readonly [name: string, value: RegExp]
  /** What the finding says. */
  readonly message?: RegExp
}

export interface ProviderFact {
  readonly id: string
  /** The findings it may stand under; the first one that is met gets it. */
  readonly under: readonly ProblemCode[]
  readonly when?: FactCondition
  /** `{audience}` and `{client}` are filled in. Never a verdict of its own. */
  readonly say: string
}

type OwnApi = readonly [aud: RegExp, name: string, remedy: string]

export interface Provider {
  readonly name: string
  /** Any one of these gives the provider away. */
  readonly issuer?: RegExp
  readonly prefix?: RegExp
  readonly introspection?: RegExp
  /** What its access tokens are unless somebody has set it otherwise; absent: JWTs, or it depends. */
  readonly tokens?: 'opaque' | 'jwt-only'
  /** Names in `aud` of its own pages, beside the resource that a token is for. */
  readonly ownAudiences?: readonly string[]
  /** APIs of the provider itself, by the `aud` of their tokens, which are accepted only there, and how to get another. */
  readonly ownApis?: readonly OwnApi[]
  /** Whether the facts were seen in a source; of the others one says "usually". */
  readonly confirmed: boolean
  readonly facts: readonly ProviderFact[]
}

const any = /./
const entraScope = 'request a scope of your own API (api://<app>/<scope>)'
const slash = /trailing slash/

export const providers: readonly Provider[] = [
  {
    name: 'Keycloak',
    issuer: /^https?:\/\/(?!.*\/oauth2\/).+\/realms\/[^/]+\/?$/,
    introspection: /\/protocol\/openid-connect\/token\/introspect$/,
    ownAudiences: ['account'],
    confirmed: true,
    facts: [
      {
        id: 'keycloak-audience',
        under: ['claim-aud', 'claim-aud-missing', 'intro-aud'],
        say: 'add an Audience mapper for {audience} to a client scope of the client; the resource parameter is ignored unless that experimental feature is on',
      },
      {
        id: 'keycloak-inactive',
        under: ['intro-inactive-valid', 'intro-active'],
        say: 'since 26.6.2 a token is inactive to every client that is not in its aud: add {client} to the audience',
      },
      {
        id: 'keycloak-hostname',
        under: ['claim-iss'],
        when: { samePath: true },
        say: 'iss follows the host of each request unless the hostname option of the server fixes it',
      },
      {
        id: 'keycloak-hostname-metadata',
        under: ['asm-issuer'],
        say: 'the document names the host that was asked unless the hostname option of the server fixes it',
      },
      {
        id: 'keycloak-kind',
        under: ['claim-token-kind'],
        when: { claim: ['typ', /^(?:ID|Refresh|Offline|Logout)$/] },
        say: 'the claim typ tells the tokens apart: Bearer is the access token',
      },
      {
        id: 'keycloak-roles',
        under: ['claim-scope'],
        when: { claim: ['realm_access', any] },
        say: 'roles stand in realm_access and resource_access and are no scopes: add a client scope to the client',
      },
      {
        id: 'keycloak-lightweight',
        under: ['claim-identity'],
        say: 'lightweight access tokens leave claims out: turn them off for the client, or introspect',
      },
      {
        id: 'keycloak-discovery',
        under: ['asm-found', 'asm-form'],
        say: 'the form of RFC 8414 is served since 26.4, and hidden by a reverse proxy that drops /.well-known',
      },
      {
        id: 'keycloak-signed-answer',
        under: ['intro-jwt'],
        say: 'the answer to Accept: application/jwt is a format of its own, not RFC 9701: leave introspection_response at json',
      },
    ],
  },
  {
    name: 'Microsoft Entra ID',
    issuer:
      /^https:\/\/(?:login\.microsoftonline\.(?:com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net)\//,
    ownApis: [
      [
        /^(?:00000003-0000-0000-c000-000000000000|https:\/\/graph\.microsoft\.com\/?)$/,
        'Microsoft Graph',
        entraScope,
      ],
      [
        /^https:\/\/management\.(?:core\.windows\.net|azure\.com)\/?$/,
        'Azure Resource Manager',
        entraScope,
      ],
      [
        /^(?:499b84ac-1321-427f-aa17-267ca6975798|https:\/\/app\.vssps\.visualstudio\.com\/?)$/,
        'Azure DevOps',
        entraScope,
      ],
      [
        /^(?:cfa8b339-82a2-471a-a3c9-0fc0be7a4093|https:\/\/vault\.azure\.net\/?)$/,
        'Azure Key Vault',
        entraScope,
      ],
      [/^https:\/\/[^/]+\.sharepoint\.com\/?$/, 'SharePoint', entraScope],
      [/^https:\/\/analysis\.windows\.net\/powerbi\/api$/, 'Power BI', entraScope],
    ],
    confirmed: true,
    facts: [
      {
        id: 'entra-template',
        under: ['asm-issuer-template', 'asm-issuer', 'claim-iss'],
        when: { issuer: /\/(?:common|organizations|consumers|\{tenantid\})\// },
        say: 'common and organizations publish a template issuer: put the tenant id in its place',
      },
      {
        id: 'entra-v1-issuer',
        under: ['claim-iss'],
        when: {
          iss: /^https:\/\/sts\.windows\.net\//,
          issuer: /\/v2\.0\/?$/,
          message: /^iss is /,
        },
        say: 'this is a v1 token and the v2 issuer is configured: set requestedAccessTokenVersion to 2 in the manifest of the API, or configure the sts.windows.net issuer',
      },
      {
        id: 'entra-graph',
        under: ['sig-verify', 'sig-kid-found'],
        when: {
          claim: [
            'aud',
            /^(?:00000003-0000-0000-c000-000000000000|https:\/\/graph\.microsoft\.com\/?)$/,
          ],
        },
        say: 'the token is for Microsoft Graph: request a scope of your own API, api://<app>/<scope>',
      },
      {
        id: 'entra-nonce',
        under: ['sig-verify'],
        when: { header: ['nonce', any] },
        say: 'a token with a nonce in its header verifies at Microsoft alone: request a scope of your own API',
      },
      {
        id: 'entra-v1-audience',
        under: ['claim-aud'],
        when: { claim: ['ver', /^1\.0$/] },
        say: 'v1 tokens name the application ID URI (api://...) in aud; the manifest of the API decides the version, not the endpoint that was called',
      },
      {
        id: 'entra-v2-audience',
        under: ['claim-aud'],
        when: { claim: ['ver', /^2\.0$/] },
        say: 'v2 tokens name the GUID of the app registration in aud: add it to auth.audience',
      },
      {
        id: 'entra-roles',
        under: ['claim-scope'],
        when: { claim: ['roles', any] },
        say: 'application permissions stand in roles, delegated ones in scp: add roles to auth.scope_claims if they are meant',
      },
      {
        id: 'entra-groups',
        under: ['claim-groups-overage'],
        say: 'users in many groups get a pointer to Graph instead of the list: use app roles, or only groups that are assigned to the application',
      },
      {
        id: 'entra-pkce',
        under: ['asm-pkce'],
        say: 'its metadata lacks code_challenge_methods_supported: clients that insist on the field need a switch, or a document of your own in front',
      },
      {
        id: 'entra-introspection',
        under: ['asm-introspection', 'intro-reach'],
        say: 'there is no introspection endpoint: use token_validation = "jwt"',
      },
      {
        id: 'entra-resource',
        under: ['prm-scopes'],
        say: 'a resource that does not match the scopes is refused with AADSTS9010010: publish scopes of this very resource, or let the client leave resource out',
      },
      {
        id: 'entra-discovery',
        under: ['asm-found', 'asm-form'],
        say: 'only the OpenID Connect document appended to the issuer is served',
      },
    ],
  },
  {
    name: 'Auth0',
    issuer: /^https:\/\/[^/]+\.auth0\.com\/?$/,
    ownApis: [
      [
        /^https:\/\/[^/]+\.auth0\.com\/api\/v2\/$/,
        'the Auth0 Management API',
        'make the client send the audience of your own API',
      ],
      [
        /^https:\/\/[^/]+\.auth0\.com\/userinfo$/,
        'the userinfo endpoint of Auth0',
        'make the client send the audience of your own API',
      ],
    ],
    confirmed: true,
    facts: [
      {
        id: 'auth0-encrypted',
        under: ['jose-encrypted'],
        say: 'no audience was asked for, so the token is encrypted for Auth0 itself: send the audience of the API, or turn on the compatibility profile for the resource parameter',
      },
      {
        id: 'auth0-opaque',
        under: ['jose-shape'],
        say: 'no audience was asked for, so the token is for userinfo alone: send the audience of the API',
      },
      {
        id: 'auth0-slash',
        under: ['claim-iss-near-miss', 'asm-issuer'],
        when: { message: slash },
        say: 'the issuer ends in a slash: write it so',
      },
      {
        id: 'auth0-client',
        under: ['claim-identity'],
        say: 'client_id is there only with the RFC 9068 token profile of the API; otherwise azp names the client',
      },
      {
        id: 'auth0-permissions',
        under: ['claim-scope'],
        when: { claim: ['permissions', any] },
        say: 'what roles grant stands in permissions: add it to auth.scope_claims',
      },
      {
        id: 'auth0-introspection',
        under: ['asm-introspection', 'intro-reach'],
        say: 'there is no public introspection endpoint: use token_validation = "jwt"',
      },
    ],
  },
  {
    name: 'Okta (org server)',
    issuer: /^https:\/\/[^/]+\.okta(?:preview|-emea)?\.com\/?$/,
    ownApis: [
      [
        /^https:\/\/[^/]+\.okta(?:preview|-emea)?\.com\/?$/,
        'Okta itself (its org authorization server)',
        'log in at a custom authorization server (https://<org>/oauth2/default)',
      ],
    ],
    confirmed: true,
    facts: [
      {
        id: 'okta-org-token',
        under: ['claim-aud', 'claim-iss', 'sig-verify', 'sig-kid-found'],
        say: 'a token of the org authorization server is meant for Okta alone, and its keys may change: use a custom authorization server',
      },
      {
        id: 'okta-org-introspection',
        under: ['intro-active', 'intro-client-auth'],
        say: 'the org authorization server introspects for its own clients only',
      },
    ],
  },
  {
    name: 'Okta (custom server)',
    issuer: /^https:\/\/[^/]+\.okta(?:preview|-emea)?\.com\/oauth2\/[^/]+\/?$/,
    confirmed: false,
    facts: [
      {
        id: 'okta-audience',
        under: ['claim-aud'],
        say: 'aud is usually the one audience of the authorization server, such as api://default: set it there, or add it to auth.audience',
      },
      {
        id: 'okta-scopes',
        under: ['claim-scope', 'claim-scope-shape'],
        say: 'scopes usually stand in scp as a list, and the client in cid: both are read as they come',
      },
      {
        id: 'okta-limits',
        under: ['intro-reach'],
        when: { message: /429/ },
        say: 'the rate limit usually holds for the whole organisation: raise cache_ttl, or use token_validation = "jwt"',
      },
      {
        id: 'okta-discovery',
        under: ['asm-found', 'asm-form'],
        say: 'both documents are usually served only appended to the issuer',
      },
    ],
  },
  {
    name: 'Google',
    tokens: 'opaque',
    issuer: /^https:\/\/accounts\.google\.com\/?$/,
    prefix: /^ya29\./,
    confirmed: true,
    facts: [
      {
        id: 'google-opaque',
        under: ['in-wrong-kind', 'jose-shape', 'asm-introspection', 'intro-reach', 'intro-active'],
        say: 'Google access tokens are opaque and tokeninfo is not RFC 7662, so they fit neither strategy: put an authorization server that issues tokens in between',
      },
      {
        id: 'google-id-token',
        under: ['claim-token-kind', 'claim-aud'],
        say: 'the only JWT that Google gives is the ID token, and that is for the client',
      },
      {
        id: 'google-slash',
        under: ['claim-iss-near-miss', 'asm-issuer'],
        when: { message: slash },
        say: 'the issuer has no slash at the end, although some resources list it with one',
      },
    ],
  },
  {
    name: 'Amazon Cognito',
    issuer: /^https:\/\/cognito-idp\.[^/]+\.amazonaws\.com(?:\.cn)?\/[^/]+\/?$/,
    confirmed: true,
    facts: [
      {
        id: 'cognito-audience',
        under: ['claim-aud-missing'],
        say: 'access tokens have no aud: bind the resource (plans Essentials and Plus), or set audience_claims = ["aud", "client_id"] and list the app client ids in audience',
      },
      {
        id: 'cognito-id-token',
        under: ['claim-token-kind'],
        when: { claim: ['token_use', /^id$/] },
        say: 'send the token with token_use "access"',
      },
      {
        id: 'cognito-typ',
        under: ['jose-typ'],
        say: 'access tokens have no typ, so profile strict cannot be met: use lenient',
      },
      {
        id: 'cognito-groups',
        under: ['claim-scope'],
        when: { claim: ['cognito:groups', any] },
        say: 'groups stand in cognito:groups and are no scopes: define a resource server with custom scopes',
      },
      {
        id: 'cognito-pkce',
        under: ['asm-pkce'],
        say: 'its metadata has no field for PKCE: clients that insist on it need a switch, or a document of your own in front',
      },
      {
        id: 'cognito-introspection',
        under: ['asm-introspection', 'intro-reach'],
        say: 'there is no introspection endpoint: use token_validation = "jwt"',
      },
      {
        id: 'cognito-discovery',
        under: ['asm-found', 'asm-form'],
        say: 'the issuer is cognito-idp.<region>.amazonaws.com/<pool> and serves the appended OpenID Connect document; the login pages are on another host',
      },
    ],
  },
  {
    name: 'PingFederate',
    tokens: 'opaque',
    introspection: /\/as\/introspect\.oauth2$/,
    confirmed: true,
    facts: [
      {
        id: 'pingfederate-reference',
        under: ['jose-shape'],
        say: 'access tokens are usually references: introspect them, or choose a JWT token manager for the client',
      },
      {
        id: 'pingfederate-manager',
        under: ['intro-active'],
        say: 'inactive may mean that another token manager issued it: pass the id of that one or the resource to the endpoint',
      },
      {
        id: 'pingfederate-nested',
        under: ['intro-aud', 'intro-claims'],
        say: 'the legacy validation grant nests the claims one level down: ask by RFC 7662',
      },
    ],
  },
  {
    name: 'PingOne',
    issuer: /^https:\/\/auth\.pingone\.[^/]+\/[^/]+\/as\/?$/,
    confirmed: true,
    facts: [
      {
        id: 'pingone-credentials',
        under: ['intro-client-auth', 'intro-active'],
        say: 'introspection wants the credentials of the resource itself, not those of an application',
      },
    ],
  },
  {
    name: 'PingAM (ForgeRock)',
    tokens: 'opaque',
    issuer: /\/oauth2(?:\/realms\/[^/]+)+\/?$/,
    confirmed: false,
    facts: [
      {
        id: 'pingam-port',
        under: ['claim-iss-near-miss', 'asm-issuer'],
        when: { message: /default port/ },
        say: 'a :443 in one of the two usually comes from the base URL source service: fix it there',
      },
      {
        id: 'pingam-opaque',
        under: ['jose-shape'],
        say: 'tokens are usually opaque until client-based tokens are turned on: turn them on, or introspect',
      },
      {
        id: 'pingam-audience',
        under: ['claim-aud'],
        say: 'aud is usually the client: map it in the access token modification script',
      },
      {
        id: 'pingam-realm',
        under: ['intro-active'],
        say: 'an endpoint usually knows the tokens of its own realm only: ask in the realm that issued it',
      },
    ],
  },
  {
    name: 'Ory Hydra',
    tokens: 'opaque',
    issuer: /\.projects\.oryapis\.com\/?$/,
    prefix: /^ory_at_/,
    introspection: /\/admin\/oauth2\/introspect$/,
    confirmed: true,
    facts: [
      {
        id: 'hydra-opaque',
        under: ['jose-shape'],
        say: 'ory_at_ tokens are opaque: introspect at the admin port, or set the strategy of access tokens to jwt',
      },
      {
        id: 'hydra-introspection',
        under: ['asm-introspection'],
        say: 'introspection is on the admin port and not in the metadata: set introspection_endpoint to the admin URL',
      },
      {
        id: 'hydra-audience',
        under: ['claim-aud-missing', 'intro-aud'],
        say: 'the resource parameter is ignored: register the audience with the client, and request it by the parameter audience',
      },
      {
        id: 'hydra-token-use',
        under: ['claim-token-kind', 'intro-claims'],
        when: { claim: ['token_use', /^(?!access_token$)/] },
        say: 'token_use has to be access_token',
      },
      {
        id: 'hydra-slash',
        under: ['claim-iss-near-miss', 'asm-issuer'],
        when: { message: slash },
        say: 'the issuer is what its configuration says, often with a slash at the end',
      },
    ],
  },
  {
    name: 'Authentik',
    issuer: /\/application\/o\/[^/]+\/?$/,
    introspection: /\/application\/o\/introspect\/?$/,
    confirmed: true,
    facts: [
      {
        id: 'authentik-signing-key',
        under: ['jose-alg-hmac', 'jwks-usable'],
        say: 'without a signing key the provider signs HS256 with the client secret and publishes an empty key set: assign a signing key to it',
      },
      {
        id: 'authentik-slash',
        under: ['claim-iss-near-miss', 'asm-issuer', 'asm-found'],
        say: 'the slash at the end of /application/o/<slug>/ belongs to the issuer',
      },
      {
        id: 'authentik-audience',
        under: ['claim-aud'],
        say: 'aud is the client id: add it to auth.audience, or set aud by a property mapping',
      },
      {
        id: 'authentik-introspection',
        under: ['intro-reach'],
        say: 'the path /application/o/introspect/ needs its slash at the end',
      },
    ],
  },
  {
    name: 'Zitadel',
    tokens: 'opaque',
    issuer: /^https:\/\/[^/]+\.zitadel\.cloud\/?$/,
    introspection: /\/oauth\/v2\/introspect$/,
    confirmed: true,
    facts: [
      {
        id: 'zitadel-inactive',
        under: ['intro-inactive-valid', 'intro-active'],
        say: 'a token is inactive to an API whose project is not in aud: request the scope urn:zitadel:iam:org:project:id:<id>:aud',
      },
      {
        id: 'zitadel-opaque',
        under: ['jose-shape'],
        say: 'tokens are opaque unless the application is set to JWT: set it, or introspect',
      },
      {
        id: 'zitadel-audience',
        under: ['claim-aud-broad', 'claim-aud'],
        say: 'aud lists every application of the project: accept the project id',
      },
      {
        id: 'zitadel-client',
        under: ['intro-client-auth'],
        say: 'introspection wants an API application, with Basic or private_key_jwt',
      },
      {
        id: 'zitadel-latency',
        under: ['intro-latency'],
        say: 'slow introspection has been reported: raise cache_ttl, or set the application to JWT',
      },
    ],
  },
  {
    name: 'Logto',
    issuer: /^https:\/\/[^/]+\.logto\.app\/oidc\/?$/,
    introspection: /\/oidc\/token\/introspection$/,
    confirmed: true,
    facts: [
      {
        id: 'logto-opaque',
        under: ['jose-shape'],
        say: 'the token is opaque because no resource was requested: send resource={audience}',
      },
      {
        id: 'logto-algorithm',
        under: ['jose-alg-allowed'],
        when: { header: ['alg', /^ES384$/] },
        say: 'tokens are usually signed with ES384: add it to auth.algorithms',
      },
      {
        id: 'logto-client',
        under: ['intro-client-auth'],
        say: 'introspection needs client authentication: use a machine-to-machine application',
      },
    ],
  },
  {
    name: 'WorkOS',
    issuer: /^https:\/\/(?:[^/]+\.authkit\.app\/?$|api\.workos\.com(?:\/|$))/,
    confirmed: true,
    facts: [
      {
        id: 'workos-session',
        under: ['claim-iss', 'claim-aud-missing', 'sig-kid-found'],
        when: { iss: /^https:\/\/api\.workos\.com\/user_management\// },
        say: 'a session token, not an MCP token: it has another issuer and another key set',
      },
      {
        id: 'workos-audience',
        under: ['claim-aud-missing', 'claim-aud'],
        when: { iss: /\.authkit\.app/ },
        say: 'aud is bound only if Resource Indicators are set up: register {audience} there',
      },
    ],
  },
  {
    name: 'Clerk',
    issuer: /^https:\/\/(?:clerk\.[^/]+|[^/]+\.clerk\.accounts\.dev)\/?$/,
    introspection: /\/oauth\/token_info$/,
    confirmed: true,
    facts: [
      {
        id: 'clerk-opaque',
        under: ['jose-shape'],
        say: 'the token is opaque by setting: switch to introspection, or enable JWT access tokens',
      },
      {
        id: 'clerk-session',
        under: ['time-exp'],
        when: { claim: ['sid', any] },
        say: 'session tokens live about a minute: send an OAuth access token',
      },
      {
        id: 'clerk-audience',
        under: ['claim-aud-missing'],
        say: 'its JWTs may come without aud: set it by a custom claim, or introspect',
      },
      {
        id: 'clerk-introspection',
        under: ['asm-introspection', 'intro-reach'],
        say: 'introspection is at /oauth/token_info: set introspection_endpoint to it',
      },
    ],
  },
  {
    name: 'Descope',
    issuer: /^https:\/\/[^/]*\bdescope\.[^/]+\/(?:v1\/apps\/)?/,
    confirmed: true,
    facts: [
      {
        id: 'descope-issuer',
        under: ['claim-iss'],
        say: 'one project has several issuer forms (project, MCP server, tenant): list those you accept in auth.issuers',
      },
      {
        id: 'descope-audience',
        under: ['claim-aud'],
        say: 'aud is the project id: add it to auth.audience',
      },
    ],
  },
  {
    name: 'GitHub',
    tokens: 'opaque',
    issuer: /^https:\/\/github\.com\/login\/oauth\/?$/,
    prefix: /^gh[ou]_/,
    confirmed: true,
    facts: [
      {
        id: 'github-audience',
        under: ['jose-shape', 'asm-introspection', 'asm-jwks-uri', 'intro-reach', 'intro-active'],
        say: 'its tokens are opaque, cannot prove an audience and may never expire: not usable as MCP access tokens; put an authorization server that issues tokens in between',
      },
      {
        id: 'github-discovery',
        under: ['asm-found'],
        say: 'the metadata is served at the inserted form of RFC 8414 alone',
      },
    ],
  },
  {
    name: 'Stytch',
    issuer: /^https:\/\/(?:[^/]+\.)?stytch\.com(?:\/|$)|^stytch\.com\//,
    confirmed: true,
    facts: [
      {
        id: 'stytch-audience',
        under: ['claim-aud'],
        say: 'aud is a client id or the project id, by product and settings: read it from a real token, or set a custom audience',
      },
      {
        id: 'stytch-introspection',
        under: ['asm-introspection', 'intro-reach'],
        say: 'introspection is on the project domain',
      },
    ],
  },
  {
    name: 'Supabase',
    issuer: /^https:\/\/[^/]+\/auth\/v1\/?$/,
    confirmed: true,
    facts: [
      {
        id: 'supabase-audience',
        under: ['claim-aud', 'claim-aud-broad'],
        when: { claim: ['aud', /^authenticated$/] },
        say: 'aud is "authenticated" whatever resource was asked for: add a token hook that sets it',
      },
      {
        id: 'supabase-signing-key',
        under: ['jose-alg-hmac', 'jwks-usable'],
        say: 'older projects sign HS256 and publish an empty key set: migrate to asymmetric signing keys',
      },
      {
        id: 'supabase-introspection',
        under: ['asm-introspection', 'intro-reach'],
        say: 'there is no introspection endpoint: use token_validation = "jwt"',
      },
    ],
  },
  {
    name: 'Better Auth',
    tokens: 'jwt-only',
    issuer: /^https?:\/\/[^/]+\/api\/auth\/?$/,
    introspection: /\/api\/auth\/oauth2\/introspect$/,
    confirmed: true,
    facts: [
      {
        id: 'better-auth-opaque',
        under: ['jose-shape', 'intro-aud'],
        say: 'without a resource parameter its tokens are opaque and name no audience: list {audience} among its resources and request resource={audience} to get a JWT',
      },
      {
        id: 'better-auth-inactive',
        under: ['intro-inactive-valid', 'intro-active'],
        say: 'a token is active only to the client that it was issued to: verify its JWTs by their signature, token_validation = "jwt"',
      },
      {
        id: 'better-auth-stranger',
        under: ['intro-reach'],
        when: { message: /returned 500/ },
        say: 'a JWT that another issuer signed is answered with 500: token_validation = "both" refuses it without asking',
      },
    ],
  },
  {
    name: 'Glewlwyd',
    issuer: /^https?:\/\/.+\/api\/(?:oidc|glwd)\/?$/,
    introspection: /\/api\/(?:oidc|glwd)\/introspect$/,
    confirmed: true,
    facts: [
      {
        id: 'glewlwyd-audience',
        under: ['claim-aud'],
        when: { claim: ['aud', /^(?!https?:)/] },
        say: 'aud holds the scopes when no resource was requested: allow resource indicators in the plugin and request resource={audience}',
      },
      {
        id: 'glewlwyd-client-secret',
        under: ['intro-client-auth'],
        say: 'it reads Basic credentials without decoding them: with characters such as % or + in the secret set client_auth = "client_secret_basic_raw"',
      },
      {
        id: 'glewlwyd-inactive',
        under: ['intro-inactive-valid', 'intro-active'],
        say: 'a client is told about its own tokens alone, unless the plugin demands scopes of who introspects: set them there, or ask as the client of the token',
      },
      {
        id: 'glewlwyd-signed-answer',
        under: ['intro-jwt'],
        say: 'its signed answers name the audience of the token, not the client that asked: leave introspection_response at json',
      },
      {
        id: 'glewlwyd-encrypted',
        under: ['jose-encrypted', 'intro-active'],
        when: { header: ['enc', any] },
        say: 'it encrypts the tokens of clients that ask for it, and introspects only the signed token inside: turn encrypt_at off for the client, or let it decrypt first',
      },
      {
        id: 'glewlwyd-discovery',
        under: ['asm-form', 'asm-found'],
        say: 'the metadata is at <issuer>/.well-known/openid-configuration alone, and the issuer ends in /api/<name of the plugin>',
      },
    ],
  },
  {
    name: 'node-oidc-provider',
    introspection: /\/token\/introspection$/,
    confirmed: true,
    facts: [
      {
        id: 'node-oidc-provider-jwt',
        under: ['intro-active'],
        when: { message: /unsupported_token_type/ },
        say: 'it keeps no record of its JWTs and can neither introspect nor revoke them: set token_validation to jwt or both',
      },
    ],
  },
]

/** The API of a provider for which a token is, by its `aud`: it is accepted only there. */
export const foreignApiOf = (
  aud: unknown,
): { readonly api: string; readonly remedy: string } | undefined => {
  const names = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud]
  if (names.length === 0) return undefined
  const found = providers
    .flatMap(({ ownApis = [] }) => ownApis)
    .find(([pattern]) =>
      names.every((name) => typeof name === 'string' && name.length < 200 && pattern.test(name)),
    )
  return found === undefined ? undefined : { api: found[1], remedy: found[2] }
}
