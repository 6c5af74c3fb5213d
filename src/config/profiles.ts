// The configuration that a profile is served by: that of the proxy with a part of its backends, and an address of its own.
import { hasIssuer } from '../core/auth-config/auth-kinds.ts'
import { endpointPath, publicUrlOf } from './public-url.ts'
import type { ProfileConfig } from './profile-schema.ts'
import type { BackendConfig, Config } from './schema.ts'
import { shownBackend } from './shown-backends.ts'

export const profilePath = ({ name }: Pick<ProfileConfig, 'name'>): string =>
  `${endpointPath}/${name}`

/** With what substitutes them. */
const backendsOf = ({ backends: names }: ProfileConfig, all: readonly BackendConfig[]) =>
  names === undefined
    ? [...all]
    : all.filter(
        (backend) =>
          names.includes(shownBackend(backend, all).name) ||
          (backend.mirror_of !== undefined && names.includes(backend.mirror_of)),
      )

const withScopes = (auth: Config['auth'], scopes: readonly string[]): Config['auth'] =>
  hasIssuer(auth) && scopes.length > 0
    ? { ...auth, required_scopes: [...new Set([...auth.required_scopes, ...scopes])] }
    : auth

/** `config`: with the port that the proxy listens on. */
export const profileConfig = (config: Config, profile: ProfileConfig): Config => {
  const { proxy, auth, composite_tools: composites } = config
  const base = publicUrlOf(config)
  const backends = backendsOf(profile, config.backends)
  return {
    ...config,
    profiles: [],
    backends,
    composite_tools: composites,
    auth: withScopes(auth, profile.required_scopes),
    proxy: {
      ...proxy,
      instructions: profile.instructions ?? proxy.instructions,
      tool_exposure: profile.tool_exposure ?? proxy.tool_exposure,
      ...(base === undefined ? {} : { public_url: `${base.replace(/\/$/, '')}/${profile.name}` }),
    },
  }
}
