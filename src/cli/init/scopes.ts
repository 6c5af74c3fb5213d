// The scopes that an MCP server asks its callers for.
import type { ResourceDiscovery } from '../../core/resource/resource-discovery.ts'

/** Scopes of logging in, not of calling a server: tokens are not refused for lack of them. */
const ofLogin = new Set(['openid', 'profile', 'email', 'address', 'phone', 'offline_access'])

/** RFC 6750 section 3: the challenge names what is needed; RFC 9728 section 2 what may be asked for. */
export const readScopes = ({ challenge, metadata }: ResourceDiscovery): readonly string[] => {
  const needed = challenge?.params['scope']
  const listed = metadata?.['scopes_supported']
  const scopes =
    typeof needed === 'string'
      ? needed.split(' ')
      : Array.isArray(listed)
        ? listed.filter((scope) => typeof scope === 'string')
        : []
  return [...new Set(scopes)].filter((scope) => scope !== '' && !ofLogin.has(scope))
}
