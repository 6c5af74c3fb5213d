// What a shell can complete: the commands, their flags and values, as oclif knows them.
import type { Command } from '@oclif/core/command'

export interface FlagSurface {
  readonly name: string
  readonly char: string | undefined
  readonly about: string
  /** The allowed values; empty where anything goes. */
  readonly values: readonly string[]
  readonly takes: 'nothing' | 'file' | 'value'
  /** Several of the values, separated by commas. */
  readonly isList: boolean
  /** Names that the program is asked for when they are needed. */
  readonly live: string | undefined
}

export interface CommandSurface {
  readonly id: string
  readonly about: string
  readonly flags: readonly FlagSurface[]
  /** Words that its argument may be. */
  readonly words: readonly string[]
  /** Names that its argument may be, as `live` of a flag. */
  readonly live: string | undefined
  /** Its argument may be `@file`. */
  readonly takesToken: boolean
}

const help: FlagSurface = {
  name: 'help',
  char: 'h',
  about: 'show help',
  values: [],
  takes: 'nothing',
  isList: false,
  live: undefined,
}

/** What there is to complete beside what oclif knows. */
export interface KnownWords {
  /** Of arguments, by command. */
  readonly words: Readonly<Record<string, readonly string[]>>
  /** The same where the program has to be asked. */
  readonly live: Readonly<Record<string, string>>
  /** Of flags whose value is a list, by what the help calls the value. */
  readonly lists: Readonly<Record<string, readonly string[]>>
}

const flagSurface = (
  [name, flag]: [string, Command.Flag.Cached],
  { live, lists }: KnownWords,
): FlagSurface => {
  const { char, description = '', type } = flag
  const options = 'options' in flag ? flag.options : undefined
  const value = 'helpValue' in flag ? flag.helpValue : undefined
  const isFile = value === '<file>'
  const list = typeof value === 'string' ? lists[value] : undefined
  return {
    name,
    char,
    about: description,
    values: options ?? list ?? [],
    isList: list !== undefined,
    live: live[`--${name}`],
    takes: type === 'boolean' ? 'nothing' : isFile ? 'file' : 'value',
  }
}

export const surfaceOf = (
  commands: readonly Command.Loadable[],
  known: KnownWords,
): readonly CommandSurface[] =>
  commands.map(({ id, summary = '', flags, args }) => ({
    id,
    about: summary,
    flags: [...Object.entries(flags).map((flag) => flagSurface(flag, known)), help],
    words: known.words[id] ?? [],
    live: known.live[id],
    takesToken: 'token' in args,
  }))

/** With the dashes. */
export const bareFlags = (flags: readonly FlagSurface[]): readonly string[] =>
  flags.map(({ name }) => `--${name}`)
