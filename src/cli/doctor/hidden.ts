// The values that no report may show, and the names that stand in their place.
import { Secret } from '../../base/secret.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { isSecretPath } from '../../config/json-schema.ts'
import type { KeyPath } from '../../config/key-path.ts'

/** Shorter values ("true", a port) say nothing when hidden and would hide much. */
const shortest = 6

const secretsIn = (value: unknown): readonly string[] => {
  if (value instanceof Secret) return [value.reveal()]
  if (Array.isArray(value)) return value.flatMap((entry: unknown) => secretsIn(entry))
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((member) => secretsIn(member))
}

/** A backend may repeat whatever it was started with. */
const reachesBackend = ([section]: KeyPath): boolean => section === 'backends'

type Hidden = readonly (readonly [value: string, shown: string])[]

/** Longest first, so that none is hidden only in part. */
const hiddenValues = ({ config, variables }: LoadedConfig, env: NodeJS.ProcessEnv): Hidden => {
  const named = variables
    .filter(({ path }) => reachesBackend(path) || isSecretPath(path))
    .map(({ name }) => [(env[name] ?? '').replace(/[\r\n]+$/, ''), `\${${name}}`] as const)
  const written = [
    ...secretsIn(config),
    ...config.backends.flatMap(({ env: given }) => Object.values(given)),
  ].map((value) => [value, '[secret]'] as const)
  return [...named, ...written]
    .filter(([value]) => value.length >= shortest)
    .toSorted(([a], [b]) => b.length - a.length)
}

/** A copy of plain data in which no string holds any of the values. */
export const withoutSecrets = <Data>(
  data: Data,
  loaded: LoadedConfig,
  env: NodeJS.ProcessEnv,
): Data => {
  const hidden = hiddenValues(loaded, env)
  const clean = (text: string): string =>
    hidden.reduce((rest, [value, shown]) => rest.replaceAll(value, shown), text)
  const copy = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value)
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [clean(name), copy(member)]),
    )
  }
  return copy(data) as Data
}
