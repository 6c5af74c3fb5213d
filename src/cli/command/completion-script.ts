// Completion scripts for bash, zsh and fish, written from what the commands say of themselves.
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Command } from '@oclif/core/command'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export const shellOf = (word: string | undefined): Shell => {
  const shell = shells.find((name) => name === word)
  if (shell !== undefined) return shell
  const values = { shells: shells.join(', or ') }
  throw usageError(
    word === undefined
      ? problemOf('usage-missing', 'shell', values)
      : problemOf('usage-flag', 'unknown-shell', values),
  )
}

interface FlagSurface {
  readonly name: string
  readonly char: string | undefined
  readonly about: string
  /** The allowed values; empty where anything goes. */
  readonly values: readonly string[]
  readonly takes: 'nothing' | 'file' | 'value'
}

export interface CommandSurface {
  readonly id: string
  readonly about: string
  readonly flags: readonly FlagSurface[]
  /** Words that its argument may be. */
  readonly words: readonly string[]
  /** Its argument may be `@file`. */
  readonly takesToken: boolean
}

const help: FlagSurface = {
  name: 'help',
  char: 'h',
  about: 'show help',
  values: [],
  takes: 'nothing',
}

const flagSurface = ([name, flag]: [string, Command.Flag.Cached]): FlagSurface => {
  const { char, description = '', type } = flag
  const options = 'options' in flag ? flag.options : undefined
  const value = 'helpValue' in flag ? flag.helpValue : undefined
  const isFile = value === '<file>'
  return {
    name,
    char,
    about: description,
    values: options ?? [],
    takes: type === 'boolean' ? 'nothing' : isFile ? 'file' : 'value',
  }
}

/** What there is to complete; `words` names the values that an argument can have, by command. */
export const surfaceOf = (
  commands: readonly Command.Loadable[],
  words: Readonly<Record<string, readonly string[]>>,
): readonly CommandSurface[] =>
  commands.map(({ id, summary = '', flags, args }) => ({
    id,
    about: summary,
    flags: [...Object.entries(flags).map(flagSurface), help],
    words: words[id] ?? [],
    takesToken: 'token' in args,
  }))

const dashed = ({ name, char }: FlagSurface): readonly string[] => [
  `--${name}`,
  ...(char === undefined ? [] : [`-${char}`]),
]

/** Texts stand in single quotes; brackets and colons mean something to zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, String.raw`\$&`)

const bashCase = ({ id, flags, words, takesToken }: CommandSurface): string => {
  const valued = flags.filter(({ takes }) => takes !== 'nothing')
  const branches = valued.map((flag) => {
    const names = dashed(flag).join('|')
    const reply =
      flag.values.length > 0
        ? `COMPREPLY=($(compgen -W ${quoted(flag.values.join(' '))} -- "$cur"))`
        : flag.takes === 'file'
          ? 'COMPREPLY=($(compgen -f -- "$cur"))'
          : 'COMPREPLY=()'
    return `        ${names}) ${reply}; return ;;`
  })
  return `    ${id})
      case "$prev" in
${branches.join('\n')}
      esac
      case "$cur" in
        -*) COMPREPLY=($(compgen -W ${quoted(flags.map(({ name }) => `--${name}`).join(' '))} -- "$cur")) ;;
${takesToken ? '        @*) COMPREPLY=($(compgen -P @ -f -- "${cur#@}")) ;;\n' : ''}        *) COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur")) ;;
      esac ;;`
}

const bash = (bin: string, commands: readonly CommandSurface[]): string => {
  const name = `_${bin.replaceAll('-', '_')}`
  const ids = [...commands.map(({ id }) => id), 'help'].join(' ')
  return `# bash completion for ${bin}: source it, or put it into a file that bash-completion reads.
${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ] || { [ "$COMP_CWORD" -eq 2 ] && [ "$prev" = help ]; }; then
    COMPREPLY=($(compgen -W ${quoted(`${ids} --help --version`)} -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map(bashCase).join('\n')}
  esac
}
complete -o filenames -F ${name} ${bin}
`
}

const zshFlag = (flag: FlagSurface): string => {
  const about = `[${zshText(flag.about)}]`
  const action =
    flag.values.length > 0
      ? `:value:(${flag.values.join(' ')})`
      : flag.takes === 'file'
        ? ':file:_files'
        : flag.takes === 'value'
          ? ':value: '
          : ''
  return dashed(flag)
    .map((name) => `      ${quoted(`*${name}${about}${action}`)}`)
    .join(' \\\n')
}

const zshCase = ({ id, flags, words, takesToken }: CommandSurface): string => {
  const argument =
    words.length > 0 ? `'*:word:(${words.join(' ')})'` : takesToken ? "'1:token:_files -P @'" : ''
  const rest = argument === '' ? '' : ` \\\n      ${argument}`
  return `    ${id})
      _arguments \\
${flags.map(zshFlag).join(' \\\n')}${rest} ;;`
}

const zsh = (bin: string, commands: readonly CommandSurface[]): string => {
  const name = `_${bin.replaceAll('-', '_')}`
  const list = commands.map(({ id, about }) => `    ${quoted(`${id}:${zshText(about)}`)}`)
  return `#compdef ${bin}
# zsh completion for ${bin}: put it into a folder of $fpath as "_${bin}", or source it after compinit.
${name}() {
  local -a commands
  commands=(
${list.join('\n')}
    'help:show help'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
    help) _describe command commands ;;
${commands.map(zshCase).join('\n')}
  esac
}
if [ "$funcstack[1]" = "${name}" ]; then ${name} "$@"; else compdef ${name} ${bin}; fi
`
}

const fishFlag = (bin: string, id: string, flag: FlagSurface): string => {
  const value =
    flag.values.length > 0
      ? ` -xa ${quoted(flag.values.join(' '))}`
      : flag.takes === 'file'
        ? ' -rF'
        : flag.takes === 'value'
          ? ' -x'
          : ''
  const short = flag.char === undefined ? '' : ` -s ${flag.char}`
  return `complete -c ${bin} -n '__fish_seen_subcommand_from ${id}' -l ${flag.name}${short}${value} -d ${quoted(flag.about)}`
}

const fish = (bin: string, commands: readonly CommandSurface[]): string => {
  const ids = commands.map(({ id }) => id).join(' ')
  return `# fish completion for ${bin}: put it into ~/.config/fish/completions/${bin}.fish
complete -c ${bin} -f
${commands.map(({ id, about }) => `complete -c ${bin} -n __fish_use_subcommand -a ${id} -d ${quoted(about)}`).join('\n')}
complete -c ${bin} -n __fish_use_subcommand -a help -d 'show help'
complete -c ${bin} -n '__fish_seen_subcommand_from help' -a ${quoted(ids)}
${commands
  .flatMap(({ id, flags, words }) => [
    ...flags.map((flag) => fishFlag(bin, id, flag)),
    ...(words.length === 0
      ? []
      : [
          `complete -c ${bin} -n '__fish_seen_subcommand_from ${id}' -a ${quoted(words.join(' '))}`,
        ]),
  ])
  .join('\n')}
`
}

const writers = { bash, zsh, fish } as const

export const completionScript = (
  shell: Shell,
  bin: string,
  commands: readonly CommandSurface[],
): string => writers[shell](bin, commands)
