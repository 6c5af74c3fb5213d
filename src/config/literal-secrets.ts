// Secrets that stand in the file itself, where backups, repositories and other users meet them.
import { problemOf } from '../problems/problem.ts'
import { Secret } from '../base/secret.ts'
import { findingAt, type Finding } from './finding.ts'
import type { KeyPath } from './key-path.ts'
import { PathMap } from './path-map.ts'
import type { Config } from './schema.ts'

const secretPaths = (value: unknown, path: KeyPath = []): KeyPath[] => {
  if (value instanceof Secret) return [path]
  if (Array.isArray(value)) return value.flatMap((entry, at) => secretPaths(entry, [...path, at]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => secretPaths(member, [...path, key]))
}

const telling = /(?:^|_)(?:token|secret|password|passwd|api_?key|access_?key|private_?key)$/i

/** Whether programs expect a credential under this name in their environment. */
export const isTellingName = (name: string): boolean => telling.test(name)

const environmentPaths = ({ backends }: Config): KeyPath[] =>
  backends.flatMap(({ env }, index) =>
    Object.keys(env)
      .filter((name) => isTellingName(name) && env[name] !== '')
      .map((name) => ['backends', index, 'env', name]),
  )

/** The secrets of which no part comes from a variable. */
export const literalSecrets = (config: Config, filled: readonly KeyPath[]): Finding[] => {
  const fromVariable = PathMap.of(filled)
  return [...secretPaths(config), ...environmentPaths(config)]
    .filter((path) => fromVariable.get(path) === undefined)
    .map((path) => findingAt(path, (key) => problemOf('config-secret-literal', { key })))
}
