// What is wrong with the flags of a command line, in our words: found by what the flags say of themselves, never by
// what the parser says of its errors, whose sentences repeat the words of the command line.
import type { FlagInput } from '@oclif/core/interfaces'
import { UsageError, type UsageProblem } from '../../problems/usage-error.ts'

const problem = (message: string, hint: string): UsageProblem => ({
  code: 'usage-flag',
  message,
  hint,
})

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
export const checkValues = (argv: readonly string[], flags: FlagInput, seeHelp: string): void => {
  const seen = new Set<string>()
  for (const { name, value } of flagsWithValues(argv, flags)) {
    const flag = flags[name]
    const options = flag?.type === 'option' ? flag.options : undefined
    if (value === undefined || nameOf(value, flags) !== undefined) {
      const choice = options === undefined ? '' : `: one of ${options.join(', ')}`
      throw new UsageError(problem(`--${name} wants a value${choice}`, seeHelp))
    }
    if (seen.has(name) && !(flag?.type === 'option' && flag.multiple === true)) {
      throw new UsageError(problem(`--${name} is given more than once`, 'keep one of them'))
    }
    seen.add(name)
    if (options?.includes(value) === false) {
      throw new UsageError(problem(`--${name} has to be one of: ${options.join(', ')}`, seeHelp))
    }
  }
}

/** What is wrong with flags that were given together: `exclusive` and `dependsOn`. */
export const conflictOf = (
  given: ReadonlySet<string>,
  flags: FlagInput,
): UsageProblem | undefined => {
  for (const name of given) {
    const { exclusive = [], dependsOn = [] } = flags[name] ?? {}
    const other = exclusive.find((entry) => given.has(entry))
    if (other !== undefined) {
      return problem(`--${name} and --${other} exclude each other`, 'keep one of them')
    }
    const missing = dependsOn.find((entry) => !given.has(entry))
    if (missing !== undefined) {
      return problem(`--${name} goes with --${missing}, which is missing`, 'give both of them')
    }
  }
  return undefined
}
