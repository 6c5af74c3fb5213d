// Which paths a configuration serves: those that a mounted proxy takes out of the requests of another server.
import { endpointPath } from '../../config/public-url.ts'
import { pathOf } from '../../net/request-path.ts'
import { isAdminPath, isOpenPath } from './admin.ts'
import type { WellKnown } from './metadata-document.ts'
import type { ServerState } from './state.ts'
import { suffixIn } from './verify-door.ts'

const wellKnownPrefix = '/.well-known/'

export const wellKnownAt = (state: ServerState, path: string): WellKnown | undefined => {
  if (!path.startsWith(wellKnownPrefix)) return undefined
  const all = [state, ...state.profiles.values()]
  return all.map((one) => one.wellKnown).find((one) => one?.paths.includes(path) === true)
}

/** A proxy that only verifies is no MCP server. */
export const isEndpoint = ({ generation }: ServerState, path: string): boolean =>
  path === endpointPath && generation.backends.length > 0

/** Endpoints, their metadata and the door for gateways; with `admin` health, readiness and the admin API as well. */
export const servesPath = (state: ServerState, url: string, admin: boolean): boolean => {
  const path = pathOf(url)
  return (
    isEndpoint(state, path) ||
    state.profiles.has(path) ||
    wellKnownAt(state, path) !== undefined ||
    (state.verify !== undefined && suffixIn(state.verify, url) !== undefined) ||
    (admin && (isOpenPath(path) || isAdminPath(path)))
  )
}
