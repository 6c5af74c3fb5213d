// What no single key can tell: rules between the values of a configuration. Pure; each finding has its path.
import { hasIssuer } from '../core/auth-config/auth-kinds.ts'
import { isLoopbackHost } from '../net/address.ts'
import { issuersOf } from '../core/auth-config/issuer-config.ts'
import { cacheRules } from './cache-rules.ts'
import { adminRules } from './admin-rules.ts'
import { backendRules } from './backend-rules.ts'
import { browserRules } from './browser-rules.ts'
import { limitRules } from './limit-rules.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { showPath } from './key-path.ts'
import { callerTokens, policyRules } from './policy-rules.ts'
import { endpointPath, publicUrlOf } from './public-url.ts'
import type { Config } from './schema.ts'
import { profileRules } from './profile-rules.ts'
import { compositeRules } from './composite-rules.ts'
import { forwardRules } from './forward-rules.ts'
import { sharedRules } from './shared-rules.ts'
import { shapingRules } from './shaping-rules.ts'
import { trafficRules } from './traffic-rules.ts'
import { senderRules } from './sender-rules.ts'
import { tlsRules } from './tls-rules.ts'
import { verifyRules } from './verify-rules.ts'

const duplicateTokens = (tokens: ReturnType<typeof callerTokens>): ConfigFinding[] => {
  const known = new Map<string, string>()
  return tokens.flatMap(({ token, path }) => {
    const twin = known.get(token.reveal())
    if (twin === undefined) {
      known.set(token.reveal(), showPath(path))
      return []
    }
    return [
      findingAt(path, (key) => problemOf('config-value', 'token-twice', { key, other: twin })),
    ]
  })
}

const tokenRules = (config: Config): Findings => {
  const tokens = callerTokens(config)
  return {
    problems: duplicateTokens(tokens),
    warnings: tokens.flatMap(({ token, path }) =>
      token.reveal().length < 16
        ? [findingAt(path, (key) => problemOf('config-advice', 'short-token', { key }))]
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
  if (!hasIssuer(auth)) return { problems: [], warnings: [] }
  const issuers =
    auth.type === 'jwt' ? [{ auth: { ...auth, issuer: auth.issuer }, path: [] }] : issuersOf(auth)
  return {
    problems: [],
    warnings: issuers.flatMap(({ auth: one, path }) =>
      one.allow_any_audience && one.audience === undefined
        ? [
            findingAt(['auth', ...path, 'allow_any_audience'], () =>
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
        findingAt(['proxy', 'listen', 'host'], (key) =>
          problemOf('config-value', 'open-listener', { key }),
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
  if (publicUrlOf(config) !== undefined || !hasIssuer(auth)) {
    return { problems: [], warnings: [] }
  }
  return !namesAudience
    ? {
        problems: [
          findingAt(['proxy', 'public_url'], (key) =>
            problemOf('config-value', 'public-url', { key, path: endpointPath }),
          ),
        ],
        warnings: [],
      }
    : {
        problems: [],
        warnings: [
          findingAt(['proxy', 'public_url'], (key) =>
            problemOf('config-advice', 'public-url', { key, path: endpointPath }),
          ),
        ],
      }
}

const publicUrlRules = ({ proxy }: Config): Findings => {
  const path = ['proxy', 'public_url']
  const problems: ConfigFinding[] = []
  const warnings: ConfigFinding[] = []
  if (proxy.public_url === undefined) return { problems, warnings }
  const url = new URL(proxy.public_url)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    problems.push(findingAt(path, (key) => problemOf('config-value', 'public-url-scheme', { key })))
  } else if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    problems.push(findingAt(path, (key) => problemOf('config-value', 'public-url-plain', { key })))
  }
  // RFC 9728 section 1.2 and RFC 8707 section 2: an identifier of a resource has no fragment.
  if (proxy.public_url.includes('#')) {
    problems.push(findingAt(path, (key) => problemOf('config-value', 'fragment', { key })))
  }
  if (url.username !== '' || url.password !== '') {
    problems.push(
      findingAt(path, (key) => problemOf('config-value', 'public-url-credential', { key })),
    )
  }
  if (problems.length === 0 && url.pathname === '/') {
    warnings.push(
      findingAt(path, (key) =>
        problemOf('config-advice', 'public-url-root', { key, path: endpointPath }),
      ),
    )
  }
  return { problems, warnings }
}

const rules = [
  backendRules,
  shapingRules,
  trafficRules,
  cacheRules,
  sharedRules,
  publicUrlRules,
  listenRules,
  tokenRules,
  adminRules,
  audienceRules,
  senderRules,
  forwardRules,
  browserRules,
  policyRules,
  tlsRules,
  verifyRules,
  limitRules,
  compositeRules,
  profileRules,
]

export const crossRules = (config: Config): Findings => {
  const found = rules.map((rule) => rule(config))
  return {
    problems: found.flatMap(({ problems }) => problems),
    warnings: found.flatMap(({ warnings }) => warnings),
  }
}
