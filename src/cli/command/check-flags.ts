// What is wrong with the flags of a command line, in our words: found by what the flags say of themselves, never by
// what the parser says of its errors, whose sentences repeat the words of the command line.
import type { FlagInput } from '@oclif/core/interfaces'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

/** The flag that a word is, as the parser finds it: `--name` as a whole, a short one by its letter. */
const nameOf = (word: string, flags: FlagInput): string | undefined => {
  if (word.startsWith('--')) return Object.hasOwn(flags, word.slice(2)) ? word.slice(2) : undefined
  if (!word.startsWith('-') || word === '-') return undefined
  return Object.keys(flags).find((name) => flags[name]?.char === word[1])
}

interface Given {
  readonly name: string
  /** Undefined where the command line ends before it. */
  readonly value: string | undefined
}

/** The flags of a command line that take a value, each with the word that the parser would take. */
function* flagsWithValues(argv: readonly string[], flags: FlagInput): Generator<Given> {
  const words = [...argv]
  for (let word = words.shift(); word !== undefined && word !== '--'; word = words.shift()) {
    const isLong = word.startsWith('--')
    const equals = isLong ? word.indexOf('=') : -1
    const name = nameOf(equals === -1 ? word : word.slice(0, equals), flags)
    if (name === undefined) continue
    if (flags[name]?.type !== 'option') {
      // `-qc file`: letters that take no value may stand before one that does.
      if (!isLong && word.length > 2) words.unshift(`-${word.slice(2)}`)
      continue
    }
    const joined = isLong
      ? equals === -1
        ? undefined
        : word.slice(equals + 1)
      : word.length > 2
        ? word.slice(word[2] === '=' ? 3 : 2)
        : undefined
    yield { name, value: joined ?? words.shift() }
  }
}

/** Before parsing: a flag without its value, given twice, or with a value that is none of its choice. */
export const checkValues = (argv: readonly string[], flags: FlagInput, command: string): void => {
  const seen = new Set<string>()
  for (const { name, value } of flagsWithValues(argv, flags)) {
    const flag = flags[name]
    const options = flag?.type === 'option' ? flag.options : undefined
    const choices = options?.join(', ')
    if (value === undefined || nameOf(value, flags) !== undefined) {
      throw usageError(
        choices === undefined
          ? problemOf('usage-flag', 'needs-value', { flag: name, command })
          : problemOf('usage-flag', 'needs-choice', { flag: name, choices, command }),
      )
    }
    if (seen.has(name) && !(flag?.type === 'option' && flag.multiple === true)) {
      throw usageError(problemOf('usage-flag', 'flag-twice', { flag: name }))
    }
    seen.add(name)
    if (choices !== undefined && options?.includes(value) === false) {
      throw usageError(problemOf('usage-flag', 'not-a-choice', { flag: name, choices, command }))
    }
  }
}

/** What is wrong with flags that were given together: `exclusive` and `dependsOn`. */
export const conflictOf = (given: ReadonlySet<string>, flags: FlagInput): Problem | undefined => {
  for (const name of given) {
    const { exclusive = [], dependsOn = [] } = flags[name] ?? {}
    const other = exclusive.find((entry) => given.has(entry))
    if (other !== undefined) return problemOf('usage-flag', 'exclusive', { flag: name, other })
    const missing = dependsOn.find((entry) => !given.has(entry))
    if (missing !== undefined) {
      return problemOf('usage-flag', 'needs-companion', { flag: name, other: missing })
    }
  }
  return undefined
}
