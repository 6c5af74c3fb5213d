// What no single key can tell: rules between the values of a configuration. Pure; each finding has its path.
import { isLoopbackHost } from '../net/address.ts'
import type { Secret } from '../base/secret.ts'
import { issuersOf } from '../core/auth-config/issuer-config.ts'
import { backendRules } from './backend-rules.ts'
import { browserRules } from './browser-rules.ts'
import { advice, type Finding, findingAt, type Findings, violation } from './finding.ts'
import { problemOf } from '../problems/problem.ts'
import { endpointPath, publicUrlOf } from './public-url.ts'
import type { Config } from './schema.ts'
import { senderRules } from './sender-rules.ts'

const duplicateTokens = (tokens: readonly Secret[]): Finding[] => {
  const known = new Map<string, number>()
  return tokens.flatMap((token, index) => {
    const twin = known.get(token.reveal())
    if (twin === undefined) {
      known.set(token.reveal(), index)
      return []
    }
    return [
      violation(
        ['auth', 'tokens', index],
        `is the same token as auth.tokens[${twin}]`,
        'remove one of them, or set the variable that was meant',
      ),
    ]
  })
}

const tokenRules = ({ auth, security }: Config): Findings => {
  if (auth.type !== 'bearer') return { problems: [], warnings: [] }
  const admin = security.admin_token
  return {
    problems: [
      ...duplicateTokens(auth.tokens),
      // A caller must not be able to administer the proxy with what lets it call.
      ...(admin !== undefined && auth.tokens.some((token) => token.equals(admin.reveal()))
        ? [
            violation(
              ['security', 'admin_token'],
              'is also a token of callers',
              'use a token of its own for administration',
            ),
          ]
        : []),
    ],
    warnings: auth.tokens.flatMap((token, index) =>
      token.reveal().length < 16
        ? [
            advice(
              ['auth', 'tokens', index],
              'is shorter than 16 characters and can be guessed',
              'use a random one, for example from: openssl rand -hex 32',
            ),
          ]
        : [],
    ),
  }
}

interface Audience {
  readonly audience?: readonly string[] | undefined
  readonly allow_any_audience: boolean
}

/** Each issuer whose tokens are accepted whomever they are for. */
const audienceRules = ({ auth }: Config): Findings => {
  if (auth.type === 'none' || auth.type === 'bearer') return { problems: [], warnings: [] }
  const issuers =
    auth.type === 'jwt' ? [{ auth: { ...auth, issuer: auth.issuer }, path: [] }] : issuersOf(auth)
  return {
    problems: [],
    warnings: issuers.flatMap(({ auth: one, path }) =>
      one.allow_any_audience && one.audience === undefined
        ? [
            findingAt(
              ['auth', ...path, 'allow_any_audience'],
              problemOf('policy-audience', { issuer: one.issuer }),
            ),
          ]
        : [],
    ),
  }
}

const listenRules = (config: Config): Findings => {
  const { auth, proxy, security } = config
  if (isLoopbackHost(proxy.listen.host)) return { problems: [], warnings: [] }
  if (auth.type === 'none' && !security.allow_insecure_listen) {
    return {
      problems: [
        violation(
          ['proxy', 'listen', 'host'],
          'listens beyond this machine, and nothing asks callers who they are',
          'add [auth], or set security.allow_insecure_listen = true where something else does',
        ),
      ],
      warnings: [],
    }
  }
  // Tokens are bound to an audience and clients are told where to get them: both need the address that callers
  // know, and nothing is derived from what a request says (RFC 8707 section 2, RFC 9728 section 3).
  const isNamed = (one: Audience): boolean => one.audience !== undefined || one.allow_any_audience
  const namesAudience =
    auth.type === 'oauth'
      ? issuersOf(auth).every((one) => isNamed(one.auth))
      : auth.type === 'jwt' && isNamed(auth)
  if (publicUrlOf(config) !== undefined || auth.type === 'none' || auth.type === 'bearer') {
    return { problems: [], warnings: [] }
  }
  return !namesAudience
    ? {
        problems: [
          violation(
            ['proxy', 'public_url'],
            'is required with auth.type = "jwt" or "oauth" beyond this machine',
            `set it to the URL that callers use, such as https://mcp.example.com${endpointPath}; it is also the audience of tokens, unless auth.audience names another`,
          ),
        ],
        warnings: [],
      }
    : {
        problems: [],
        warnings: [
          advice(
            ['proxy', 'public_url'],
            'is not set, so clients cannot be told where to get a token',
            `set it to the URL that callers use, such as https://mcp.example.com${endpointPath}`,
          ),
        ],
      }
}

const publicUrlRules = ({ proxy }: Config): Findings => {
  const path = ['proxy', 'public_url']
  const problems: Finding[] = []
  const warnings: Finding[] = []
  if (proxy.public_url === undefined) return { problems, warnings }
  const url = new URL(proxy.public_url)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    problems.push(violation(path, 'must begin with https://', 'give the URL that callers use'))
  } else if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    problems.push(
      violation(
        path,
        'must begin with https:// beyond this machine',
        'tokens must not travel in the clear; use https',
      ),
    )
  }
  // RFC 9728 section 1.2 and RFC 8707 section 2: an identifier of a resource has no fragment.
  if (proxy.public_url.includes('#')) {
    problems.push(violation(path, 'must not have a fragment', 'remove the # and what follows'))
  }
  if (url.username !== '' || url.password !== '') {
    problems.push(violation(path, 'must not hold a user name or a password', 'remove them'))
  }
  if (problems.length === 0 && url.pathname === '/') {
    warnings.push(
      advice(
        path,
        'has no path, but the endpoint has one',
        `end it with ${endpointPath}, unless something in front of the proxy maps the paths`,
      ),
    )
  }
  return { problems, warnings }
}

const rules = [
  backendRules,
  publicUrlRules,
  listenRules,
  tokenRules,
  audienceRules,
  senderRules,
  browserRules,
]

export const crossRules = (config: Config): Findings => {
  const found = rules.map((rule) => rule(config))
  return {
    problems: found.flatMap(({ problems }) => problems),
    warnings: found.flatMap(({ warnings }) => warnings),
  }
}
