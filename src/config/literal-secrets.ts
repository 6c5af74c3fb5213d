// Secrets that stand in the file itself, where backups, repositories and other users meet them.
import { problemOf } from '../problems/problem.ts'
import { Secret } from '../base/secret.ts'
import { isSecretName, isTellingName } from '../base/secret-name.ts'
import { findingAt, type ConfigFinding } from './finding.ts'
import type { KeyPath } from './key-path.ts'
import { PathMap } from './path-map.ts'
import type { Config } from './schema.ts'

const secretPaths = (value: unknown, path: KeyPath = []): KeyPath[] => {
  if (value instanceof Secret) return [path]
  if (Array.isArray(value)) return value.flatMap((entry, at) => secretPaths(entry, [...path, at]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => secretPaths(member, [...path, key]))
}

const environmentPaths = ({ backends }: Config): KeyPath[] =>
  backends.flatMap(({ env }, index) =>
    Object.keys(env)
      .filter((name) => isTellingName(name) && env[name] !== '')
      .map((name) => ['backends', index, 'env', name]),
  )

/** A header such as X-Team is no secret. */
const isPlain = ([section, , key, name]: KeyPath): boolean =>
  section === 'backends' && key === 'headers' && !isSecretName(String(name))

/** The name is the key where no password goes with it. */
const loneNames = ({ backends }: Config): KeyPath[] =>
  backends.flatMap(({ basic_auth: basic }, index) =>
    basic !== undefined && basic.password === undefined
      ? [['backends', index, 'basic_auth', 'username']]
      : [],
  )

/** The secrets of which no part comes from a variable. */
export const literalSecrets = (config: Config, filled: readonly KeyPath[]): ConfigFinding[] => {
  const fromVariable = PathMap.of(filled)
  return [...secretPaths(config), ...environmentPaths(config), ...loneNames(config)]
    .filter((path) => !isPlain(path))
    .filter((path) => fromVariable.get(path) === undefined)
    .map((path) => findingAt(path, (key) => problemOf('config-secret-literal', { key })))
}
