// The flags that say what is expected of a token, and as whom to ask about it.
import { string as stringArg } from '@oclif/core/args'
import { boolean, custom, string } from '@oclif/core/flags'
import { endpointFlag, envFileFlag } from './config-flag.ts'
import { wholeNumber } from './whole-number.ts'

const group = { helpGroup: 'EXPECTATION' } as const
const client = { helpGroup: 'CLIENT' } as const

export const strategies = ['jwt', 'introspection', 'both'] as const
const profiles = ['strict', 'lenient', 'off'] as const

export const tokenArgument = {
  token: stringArg({
    description:
      '"-" for stdin, "@file", or the token itself (which others on this machine can see)',
    ignoreStdin: true,
  }),
}

export const storeFlag = {
  store: string({
    description: 'use the token of this login (mcp-proxy login)',
    helpValue: '<name>',
  }),
}

export const forFlag = {
  for: string({
    description:
      'take the expectations (issuer, audience, scopes) from the metadata of this MCP server',
    helpValue: '<mcp-url>',
    exclusive: ['config'],
    ...group,
  }),
  'allow-private': boolean({
    description: 'allow tokens and metadata to point to private IP addresses',
    ...group,
  }),
}

export const authFlags = {
  config: string({
    char: 'c',
    description:
      'take the expectations from the [auth] section of this file (default: proxy.toml if it exists and no --issuer is given)',
    helpValue: '<file>',
    ...group,
  }),
  ...envFileFlag,
  endpoint: { ...endpointFlag.endpoint, ...group },
  issuer: string({ description: 'the exact issuer string', helpValue: '<url>', ...group }),
  audience: string({
    description: 'an accepted audience; may be repeated',
    helpValue: '<aud>',
    multiple: true,
    multipleNonGreedy: true,
    ...group,
  }),
  'jwks-uri': string({ description: 'URL of the JWK Set', helpValue: '<url>', ...group }),
  'jwks-file': string({
    description: 'read the JWK Set from this file and fetch nothing',
    helpValue: '<file>',
    exclusive: ['jwks-uri'],
    ...group,
  }),
  strategy: custom<(typeof strategies)[number]>({
    options: [...strategies],
    description: 'how the token is validated',
    ...group,
  })(),
  'require-scope': string({
    description: 'a scope that the token must have; may be repeated',
    helpValue: '<scope>',
    multiple: true,
    multipleNonGreedy: true,
    ...group,
  }),
  'scope-claim': string({
    description: 'a claim that contains scopes (default scope and scp); may be repeated',
    helpValue: '<claim>',
    multiple: true,
    multipleNonGreedy: true,
    ...group,
  }),
  'audience-claim': string({
    description: 'a claim that contains the audience (default aud); may be repeated',
    helpValue: '<claim>',
    multiple: true,
    multipleNonGreedy: true,
    ...group,
  }),
  algorithm: string({
    description:
      'an accepted signature algorithm (default: all supported asymmetric ones); may be repeated',
    helpValue: '<alg>',
    multiple: true,
    multipleNonGreedy: true,
    ...group,
  }),
  profile: custom<(typeof profiles)[number]>({
    options: [...profiles],
    description: 'how strictly to apply RFC 9068 (default lenient)',
    ...group,
  })(),
  tolerance: wholeNumber({
    description: 'seconds of clock difference to allow (default 60)',
    helpValue: '<seconds>',
    min: 0,
    max: 300,
    ...group,
  }),
  'allow-http': boolean({ description: 'allow plain http beyond loopback', ...group }),
  'introspection-endpoint': string({
    description: 'URL of the introspection endpoint',
    helpValue: '<url>',
    ...client,
  }),
  'client-id': string({ description: 'client id for introspection', helpValue: '<id>', ...client }),
  'client-secret-file': string({
    description: 'read the client secret from this file (or set MCP_PROXY_CLIENT_SECRET)',
    helpValue: '<file>',
    exclusive: ['client-secret-stdin'],
    ...client,
  }),
  'client-secret-stdin': boolean({
    description: 'read the client secret from standard input',
    ...client,
  }),
  'client-auth': string({
    description:
      'how the client authenticates: client_secret_basic (default), client_secret_basic_raw, client_secret_post, private_key_jwt, tls_client_auth, bearer or none',
    helpValue: '<method>',
    ...client,
  }),
  'client-key-file': string({
    description: 'private key of the client (PEM or JWK): implies private_key_jwt',
    helpValue: '<file>',
    ...client,
  }),
  'client-cert-file': string({
    description: 'certificate of the client (PEM): implies tls_client_auth',
    helpValue: '<file>',
    dependsOn: ['client-cert-key-file'],
    ...client,
  }),
  'client-cert-key-file': string({
    description: 'private key of that certificate (PEM)',
    helpValue: '<file>',
    dependsOn: ['client-cert-file'],
    ...client,
  }),
}

export interface AuthFlagValues {
  readonly config?: string | undefined
  readonly endpoint?: string | undefined
  readonly issuer?: string | undefined
  readonly audience?: string[] | undefined
  readonly 'jwks-uri'?: string | undefined
  readonly 'jwks-file'?: string | undefined
  readonly strategy?: (typeof strategies)[number] | undefined
  readonly 'require-scope'?: string[] | undefined
  readonly 'scope-claim'?: string[] | undefined
  readonly 'audience-claim'?: string[] | undefined
  readonly algorithm?: string[] | undefined
  readonly profile?: (typeof profiles)[number] | undefined
  readonly tolerance?: number | undefined
  readonly 'allow-http'?: boolean | undefined
  readonly 'allow-private'?: boolean | undefined
  readonly 'introspection-endpoint'?: string | undefined
  readonly 'client-id'?: string | undefined
  readonly 'client-secret-file'?: string | undefined
  readonly 'client-secret-stdin'?: boolean | undefined
  readonly 'client-auth'?: string | undefined
  readonly 'client-key-file'?: string | undefined
  readonly 'client-cert-file'?: string | undefined
  readonly 'client-cert-key-file'?: string | undefined
}
