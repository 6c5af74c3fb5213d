// The values that no report may show, and the names that stand in their place.
import { credentialOf } from '../../backends/credential.ts'
import type { JsonObject } from '../../base/json.ts'
import { withoutLineEnds } from '../../base/trim.ts'
import { Secret } from '../../base/secret.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { isSecretPath } from '../../config/json-schema.ts'
import type { KeyPath } from '../../config/key-path.ts'
import type { DoctorReport } from './report.ts'

/** Shorter values ("true", a port) say nothing when hidden and would hide much. */
const shortest = 6

const secretsIn = (value: unknown): readonly string[] => {
  if (value instanceof Secret) return [value.reveal()]
  if (Array.isArray(value)) return value.flatMap((entry: unknown) => secretsIn(entry))
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((member) => secretsIn(member))
}

/** Names under which programs expect a credential in their environment. */
const telling = /(?:^|_)(?:token|secret|password|passwd|key)$/i

export type Hidden = readonly (readonly [value: string, shown: string])[]

/** Longest first, so that none is hidden only in part. */
const ordered = (hidden: Hidden): Hidden =>
  hidden.filter(([value]) => value.length >= shortest).toSorted(([a], [b]) => b.length - a.length)

const named = (
  { variables }: LoadedConfig,
  env: NodeJS.ProcessEnv,
  fits: (path: KeyPath) => boolean,
): Hidden =>
  variables
    .filter(({ path }) => fits(path))
    .map(({ name }) => [withoutLineEnds(env[name] ?? ''), `\${${name}}`])

const hideIn = <Data>(data: Data, hidden: Hidden): Data => {
  const clean = (text: string): string =>
    hidden.reduce((rest, [value, shown]) => rest.replaceAll(value, shown), text)
  const copy = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value)
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copy(member)]))
  }
  return copy(data) as Data
}

/**
 * A copy of the report in which no string holds a secret. A backend may repeat whatever it was started
 * with, secret or not: there the values of all its variables are hidden.
 */
export const withoutSecrets = (
  report: DoctorReport,
  loaded: LoadedConfig,
  env: NodeJS.ProcessEnv,
): DoctorReport => {
  const ofBackends = named(loaded, env, ([section]) => section === 'backends')
  const clean = hideIn(report, secretsOf(loaded, env))
  return {
    ...clean,
    sections: clean.sections.map((section) =>
      section.section === 'backends' ? hideIn(section, ordered(ofBackends)) : section,
    ),
  }
}

/** The same for what was asked and answered on the way. */
export const exchangesWithoutSecrets = (
  exchanges: readonly JsonObject[],
  loaded: LoadedConfig,
  env: NodeJS.ProcessEnv,
): readonly JsonObject[] => hideIn(exchanges, secretsOf(loaded, env))

/** A copy of the report in which these values do not appear. */
export const withoutValues = (report: DoctorReport, hidden: Hidden): DoctorReport =>
  hideIn(report, ordered(hidden))

const secretsOf = (loaded: LoadedConfig, env: NodeJS.ProcessEnv): Hidden => {
  const { config } = loaded
  const given = config.backends.flatMap((backend) => Object.entries(backend.env))
  const written = [
    ...secretsIn(config),
    ...config.backends.flatMap((backend) => credentialOf(backend).secrets),
    ...given.filter(([name]) => telling.test(name)).map(([, value]) => value),
  ]
  const secrets = [
    ...named(loaded, env, isSecretPath),
    ...written.map((value) => [value, '[secret]'] as const),
  ]
  return ordered(secrets)
}
