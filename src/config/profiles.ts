// The configuration that a profile is served by: that of the proxy with a part of its backends, and an address of its own.
import { hasIssuer } from '../core/auth-config/auth-kinds.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'
import { nearest } from './nearest.ts'
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

/** What one endpoint of the proxy is served by. */
export interface Endpoint {
  readonly path: string
  readonly config: Config
  /** Undefined: that of the whole proxy. */
  readonly profile: ProfileConfig | undefined
}

/** Of every profile, after that of the whole proxy. */
export const endpointsOf = (config: Config): readonly Endpoint[] => [
  { path: endpointPath, config, profile: undefined },
  ...config.profiles.map((profile) => ({
    path: profilePath(profile),
    config: profileConfig(config, profile),
    profile,
  })),
]

/** `name`: that of a profile; undefined for the whole proxy. Throws a UsageError where no profile has it. */
export const endpointNamed = (config: Config, name: string | undefined): Endpoint => {
  const found = endpointsOf(config).find(({ profile }) => profile?.name === name)
  if (found !== undefined) return found
  const names = config.profiles.map((one) => one.name)
  const meant = nearest(name ?? '', names)
  const shown = JSON.stringify(name)
  if (meant !== undefined) {
    throw usageError(problemOf('usage-flag', 'similar-endpoint', { name: shown, meant }))
  }
  throw usageError(
    names.length === 0
      ? problemOf('usage-flag', 'no-endpoints', { name: shown })
      : problemOf('usage-flag', 'unknown-endpoint', { name: shown, names: names.join(', ') }),
  )
}
