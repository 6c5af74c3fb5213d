// The section config: what is said of the file that could be read, and the defaults that decide much.
import { hasIssuer, keysFileOf } from '../../core/auth-config/auth-kinds.ts'
import { problemFromUsage } from '../../problems/usage-error.ts'
import { problemOf } from '../../problems/problem.ts'
import { endpointPath } from '../../config/public-url.ts'
import type { Config } from '../../config/schema.ts'
import { pass, warn, type Check } from '../../core/verdict/check.ts'
import { duration } from '../../base/duration.ts'
import { issuersOf } from '../../core/auth-config/issuer-config.ts'
import { placeOf } from '../command/failure.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

const seconds = (n: number): string => duration(n)

const keysFacts = (auth: Config['auth']): Fact[] => {
  const file = keysFileOf(auth)
  return file === undefined ? [] : [['keys_file', file]]
}

const authFacts = ({ auth }: Config): Fact[] => {
  if (!hasIssuer(auth)) return keysFacts(auth)
  const introspects = auth.type === 'oauth' && auth.token_validation !== 'jwt'
  return [
    ['token_validation', auth.type === 'oauth' ? auth.token_validation : 'jwt'],
    ['profile', auth.profile],
    ['clock_tolerance', seconds(auth.clock_tolerance)],
    ['max_lifetime', auth.max_lifetime === undefined ? 'no limit' : seconds(auth.max_lifetime)],
    ['sender_constraint', auth.sender_constraint],
    ['jwks_max_stale', seconds(auth.jwks_max_stale)],
    ...(auth.roles === undefined
      ? []
      : [['roles', auth.roles.map(({ name }) => name).join(', ')] as const]),
    ...keysFacts(auth),
    ...(introspects ? [['cache_ttl', seconds(auth.cache_ttl)] as const] : []),
  ]
}

const backendFacts = ({ backends }: Config): Fact[] => {
  const unlimited = backends.filter(({ timeout }) => timeout === undefined)
  return unlimited.length === 0
    ? []
    : [['no timeout', unlimited.map(({ name }) => name).join(', ')]]
}

/** What a running proxy says in its log only. */
const authAdvice = ({ auth }: Config): Check[] => {
  if (!hasIssuer(auth)) return []
  const open =
    auth.type === 'jwt' ? auth.allow_http : issuersOf(auth).some((one) => one.auth.allow_http)
  return [
    ...(open ? [warn(problemOf('config-advice', 'allow-http'))] : []),
    ...(auth.sender_constraint === 'ignore'
      ? [warn(problemOf('config-advice', 'ignored-constraint'))]
      : []),
  ]
}

/** A path of the root is told by the rules of the file already. */
const pathAdvice = ({ proxy }: Config): Check[] => {
  const { pathname } = new URL(proxy.public_url ?? `http://localhost${endpointPath}`)
  return pathname === '/' || pathname === endpointPath
    ? []
    : [
        warn(
          problemOf('config-advice', 'public-url-path', {
            key: 'proxy.public_url',
            path: pathname,
            answered: endpointPath,
          }),
        ),
      ]
}

const authText = ({ auth }: Config): string => {
  if (auth.type === 'none') return 'no auth'
  if (auth.type === 'keys') return 'API keys'
  if (auth.type === 'bearer')
    return plural(auth.tokens.length + (auth.scoped_tokens ?? []).length, 'static token')
  return auth.type === 'jwt' ? 'one issuer' : plural(issuersOf(auth).length, 'issuer')
}

export const configuration = ({ loaded }: DoctorContext): ReportSection => {
  const { config, file, warnings } = loaded
  const told = warnings.map((warning) => warn(problemFromUsage(warning, placeOf(warning))))
  return {
    section: 'config',
    summary: `${file}: ${authText(config)}, ${plural(config.backends.length, 'backend')}`,
    facts: [...authFacts(config), ...backendFacts(config)],
    checks: [pass('config-value'), ...told, ...authAdvice(config), ...pathAdvice(config)],
  }
}
