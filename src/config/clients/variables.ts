// The environment variables that an import asks for: one name for one secret, however often it stands somewhere.
import { createHash } from 'node:crypto'

export interface Variable {
  readonly name: string
  /** Where its value goes: `env.GITHUB_TOKEN of github`. */
  readonly usedBy: readonly string[]
  /** Whether the value stood in the file that was read; it is not kept. */
  readonly stood: boolean
  /** What the client calls it, where it is no environment variable there. */
  readonly was: string | undefined
}

export interface Variables {
  /** A name for a secret that was found: the wished one, unless another secret has it. */
  claim(secret: string, wished: readonly string[], usedBy: string): string
  /** A variable that the file refers to. */
  refer(name: string, usedBy: string, was?: string): void
  list(): readonly Variable[]
}

const digest = (secret: string): string => createHash('sha256').update(secret).digest('hex')

interface Known {
  readonly usedBy: Set<string>
  readonly stood: boolean
  readonly was: string | undefined
}

/** Is given each secret under its name, for a use that does not write it anywhere. */
export type KeepSecret = (name: string, secret: string) => void

/** `taken`: names that mean something else already. */
export const createVariables = (
  taken: Iterable<string> = [],
  keep: KeepSecret = () => undefined,
): Variables => {
  /** The digest of the secret that has the name; '' where the name is a reference or taken. */
  const owners = new Map<string, string>([...taken].map((name) => [name, '']))
  const known = new Map<string, Known>()
  /** The numbered names of a secret, and the number up to which all are taken. */
  const numbered = new Map<string, string>()
  const numbers = new Map<string, number>()
  const note = (name: string, usedBy: string, more: Pick<Variable, 'stood' | 'was'>): void => {
    const before = known.get(name)
    known.set(name, {
      usedBy: (before?.usedBy ?? new Set()).add(usedBy),
      stood: more.stood || before?.stood === true,
      was: before?.was ?? more.was,
    })
  }
  /** SECRET_2 and so on: the one that this secret has already, else the first that is free. */
  const numberedName = (wished: string, owner: string): string => {
    const key = `${owner} ${wished}`
    const own = numbered.get(key)
    if (own !== undefined) return own
    let number = numbers.get(wished) ?? 2
    const fits = (name: string): boolean => (owners.get(name) ?? owner) === owner
    while (!fits(`${wished}_${String(number)}`)) number += 1
    const name = `${wished}_${String(number)}`
    numbers.set(wished, number)
    numbered.set(key, name)
    return name
  }
  return {
    claim: (secret, wished, usedBy) => {
      const owner = digest(secret)
      const fits = (name: string): boolean => (owners.get(name) ?? owner) === owner
      const name = wished.find(fits) ?? numberedName(wished.at(-1) ?? 'SECRET', owner)
      owners.set(name, owner)
      keep(name, secret)
      note(name, usedBy, { stood: true, was: undefined })
      return name
    },
    refer: (name, usedBy, was) => {
      if (!owners.has(name)) owners.set(name, '')
      note(name, usedBy, { stood: false, was })
    },
    list: () =>
      [...known].map(([name, { usedBy, ...variable }]) => ({
        name,
        usedBy: [...usedBy],
        ...variable,
      })),
  }
}
