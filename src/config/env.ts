// ${VAR} in string values: what it becomes, and what to say when it cannot.
import { isSecretName } from '../base/secret-name.ts'
import { withoutLineEnds } from '../base/trim.ts'
import { type ConfigFinding, findingAt } from './finding.ts'
import { problemOf } from '../problems/problem.ts'
import type { KeyPath } from './key-path.ts'
import { nearest } from './nearest.ts'
import { isOpenTable } from './open-tables.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** One place where a variable stands; its value is never kept. */
export interface UsedVariable {
  readonly name: string
  readonly path: KeyPath
  /** Of the value as it is used. */
  readonly length: number
  /** A line break at its end was left out. */
  readonly stripped: boolean
}

export interface Substitution {
  readonly tree: unknown
  readonly problems: readonly ConfigFinding[]
  readonly warnings: readonly ConfigFinding[]
  /** The values in which a variable stands. */
  readonly filled: readonly KeyPath[]
  /** In the order of the document. */
  readonly variables: readonly UsedVariable[]
}

// `$${` is a plain `${`; a `${` without its brace is a slip, not text.
const place = /\$(\$?)\{(?:([^{}]*)\})?/g
const variableName = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

const unset = (path: KeyPath, name: string, env: Environment): ConfigFinding => {
  const isUnset = env[name] === undefined
  return findingAt(path, (key) => {
    const present = Object.keys(env).filter((other) => (env[other] ?? '') !== '')
    const similar = nearest(name, present)
    if (similar === undefined) {
      return problemOf('config-variable', isUnset ? 'unset' : 'empty', { key, name })
    }
    const state = isUnset ? 'is not set' : 'is set, but empty'
    return problemOf('config-variable', 'similar', { key, name, state, similar })
  })
}

/** A file within its limit can name a long value often enough to fill the memory. */
const mostFilled = 4 * 1_048_576

const tooMuch = (path: KeyPath): ConfigFinding =>
  findingAt(path, (key) => problemOf('config-variable', 'too-much', { key, limit: mostFilled }))

const malformed = (path: KeyPath): ConfigFinding =>
  findingAt(path, (key) => problemOf('config-variable', 'malformed', { key }))

/**
 * Resolves the variables of every string in the tree: `${NAME}`, and `${NAME:-default}` where NAME may be unset or empty. A
 * secret has no default: that would be a literal one. `isSecret` is also asked where a variable ends with a line break, which
 * is nearly always left over from the file that it was read from.
 */
export const substitute = (
  tree: unknown,
  env: Environment,
  isSecret: (path: KeyPath) => boolean,
): Substitution => {
  const problems: ConfigFinding[] = []
  const warnings: ConfigFinding[] = []
  const filled: KeyPath[] = []
  const variables: UsedVariable[] = []
  let length = 0

  const mayBeSecret = (path: KeyPath): boolean =>
    isSecret(path) || (isOpenTable(path) && isSecretName(String(path.at(-1))))

  const used = (name: string, value: string, path: KeyPath): string => {
    const stripped = /[\r\n]$/.test(value) && isSecret(path)
    const text = stripped ? withoutLineEnds(value) : value
    variables.push({ name, path, length: text.length, stripped })
    if (!stripped) return text
    warnings.push(findingAt(path, (key) => problemOf('config-secret-newline', { key, name })))
    return text
  }

  const fill = (text: string, path: KeyPath): string => {
    let places = 0
    const result = text.replace(
      place,
      (whole: string, escape: string, name: string | undefined) => {
        if (escape === '$') return whole.slice(1)
        places += 1
        const [, variable, otherwise] = variableName.exec(name ?? '') ?? []
        if (variable === undefined) {
          problems.push(malformed(path))
          return whole
        }
        if (otherwise !== undefined && mayBeSecret(path)) {
          problems.push(
            findingAt(path, (key) => problemOf('config-variable', 'default-secret', { key })),
          )
          return whole
        }
        const value = (env[variable] ?? '') === '' ? otherwise : env[variable]
        if (value === undefined) {
          problems.push(unset(path, variable, env))
          return whole
        }
        const before = length
        length += value.length
        if (length > mostFilled) {
          if (before <= mostFilled) problems.push(tooMuch(path))
          return whole
        }
        return used(variable, value, path)
      },
    )
    if (places > 0) filled.push(path)
    return result
  }

  const walk = (value: unknown, path: KeyPath): unknown => {
    if (typeof value === 'string') return value.includes('${') ? fill(value, path) : value
    if (Array.isArray(value)) return value.map((entry, index) => walk(entry, [...path, index]))
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, walk(member, [...path, key])]),
    )
  }

  return { tree: walk(tree, []), problems, warnings, filled, variables }
}
