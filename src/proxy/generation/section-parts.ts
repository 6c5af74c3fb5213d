// The part of a section that an open thing is made from: a change of the rest leaves it open.
import type { Config } from '../../config/schema.ts'
import type { AccessConfig } from '../../core/auth-config/access-keys.ts'
import { observabilityLayerKeys, proxyLayerKeys } from '../../layers/order.ts'
import { shapingKeys } from '../../shaping/shaping-config.ts'
import { trafficKeys } from '../../traffic/keys.ts'

/** [auth] without what accepted callers may do: another policy is no other authenticator. */
export const credentialsIn = (auth: Config['auth']): object => {
  const policy: AccessConfig = auth
  const { rules: _rules, roles: _roles, role_mapping: _mapping, ...rest } = policy
  const { tool_scopes: _scopes, roles_report_only: _only, ...credentials } = rest
  return credentials
}

const notOfTheProcess: ReadonlySet<string> = new Set([
  'hide_destructive',
  'read_only_only',
  'annotations_report_only',
  ...Object.keys(shapingKeys),
  ...Object.keys(trafficKeys),
])

/** A backend without what callers see and may use of it: another policy is no other process. */
export const processIn = (backend: Config['backends'][number]): object =>
  Object.fromEntries(Object.entries(backend).filter(([key]) => !notOfTheProcess.has(key)))

/** The settings of the layers around everything: a rate limit goes on while the log or the traces change. */
export const edgeIn = ({ proxy, observability }: Config): object => {
  const settings: Readonly<Record<string, unknown>> = { ...proxy, ...observability }
  const keys = Object.keys({ ...proxyLayerKeys, ...observabilityLayerKeys })
  return Object.fromEntries(keys.map((key) => [key, settings[key]]))
}
