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

/** `taken`: names that mean something else already. */
export const createVariables = (taken: Iterable<string> = []): Variables => {
  /** The digest of the secret that has the name; '' where the name is a reference or taken. */
  const owners = new Map<string, string>([...taken].map((name) => [name, '']))
  const known = new Map<string, Variable>()
  const note = (name: string, usedBy: string, more: Pick<Variable, 'stood' | 'was'>): void => {
    const before = known.get(name)
    const users = [...new Set([...(before?.usedBy ?? []), usedBy])]
    known.set(name, {
      name,
      usedBy: users,
      stood: more.stood || before?.stood === true,
      was: before?.was ?? more.was,
    })
  }
  return {
    claim: (secret, wished, usedBy) => {
      const owner = digest(secret)
      const last = wished.at(-1) ?? 'SECRET'
      const numbered = Array.from(
        { length: owners.size + 2 },
        (_, at) => `${last}_${String(at + 2)}`,
      )
      const fits = (name: string) => (owners.get(name) ?? owner) === owner
      const name = [...wished, ...numbered].find(fits) ?? last
      owners.set(name, owner)
      note(name, usedBy, { stood: true, was: undefined })
      return name
    },
    refer: (name, usedBy, was) => {
      if (!owners.has(name)) owners.set(name, '')
      note(name, usedBy, { stood: false, was })
    },
    list: () => [...known.values()],
  }
}
