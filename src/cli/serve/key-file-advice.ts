// What is to be said of the key file before a proxy is started with it, and at each reload.
import { duration } from '../../base/duration.ts'
import { keyState, readKeyFile, isKeyFile, type KeyEntry } from '../../core/api-keys/key-file.ts'
import type { AccessConfig } from '../../core/auth-config/access-keys.ts'
import type { AuthConfig } from '../../core/auth-config/auth-config.ts'
import { keysFileOf } from '../../core/auth-config/auth-kinds.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

const soonMs = 14 * 86_400_000
const mostNamed = 5

const othersMayRead = 0o044

const modeAdvice = (file: string, mode: number): readonly Problem[] => {
  if (process.platform === 'win32' || (mode & othersMayRead) === 0) return []
  const shown = (mode & 0o777).toString(8).padStart(3, '0')
  return [problemOf('key-advice', 'readable', { file, mode: shown })]
}

const namesOf = (keys: readonly KeyEntry[], shown: (key: KeyEntry) => string): string => {
  const more = keys.length - mostNamed
  const names = keys.slice(0, mostNamed).map(shown)
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

const endAdvice = (file: string, keys: readonly KeyEntry[], now: number): readonly Problem[] => {
  const active = keys.filter((key) => keyState(key, now) === 'active')
  const over = keys.filter((key) => keyState(key, now) === 'expired')
  const left = ({ expires = '' }: KeyEntry): number => Date.parse(expires) - now
  const ending = active.filter((key) => left(key) < soonMs)
  // A key that was replaced under its name is no news.
  const missed = over.filter(({ name }) => !active.some((key) => key.name === name))
  return [
    ...(active.length === 0 ? [problemOf('key-advice', 'none', { file })] : []),
    ...(missed.length === 0
      ? []
      : [
          problemOf('key-advice', 'expired', {
            n: missed.length,
            file,
            names: namesOf(missed, ({ name }) => name),
          }),
        ]),
    ...(ending.length === 0
      ? []
      : [
          problemOf('key-advice', 'ending', {
            n: ending.length,
            file,
            names: namesOf(ending, (key) => `${key.name} (in ${duration(left(key) / 1000)})`),
          }),
        ]),
  ]
}

const roleAdvice = (
  { roles }: AccessConfig,
  keys: readonly KeyEntry[],
  now: number,
): readonly Problem[] => {
  if (roles === undefined) return []
  const known = new Set(roles.map(({ name }) => name))
  return keys
    .filter((key) => keyState(key, now) === 'active')
    .flatMap((key) =>
      key.roles
        .filter((role) => !known.has(role))
        .map((role) =>
          problemOf('key-advice', 'role-unknown', { name: key.name, role: JSON.stringify(role) }),
        ),
    )
    .slice(0, mostNamed)
}

/** Throws a UsageError where the file cannot be used at all. */
export const keyFileAdvice = (auth: AuthConfig, now: number): readonly Problem[] => {
  const file = keysFileOf(auth)
  if (file === undefined) return []
  const read = readKeyFile(file)
  if (!isKeyFile(read)) throw usageError(read)
  return [
    ...modeAdvice(file, read.mode),
    ...endAdvice(file, read.keys, now),
    ...roleAdvice(auth, read.keys, now),
  ]
}
