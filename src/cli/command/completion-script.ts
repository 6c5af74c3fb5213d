// Completion scripts for bash, zsh, fish and PowerShell, written from what the commands say of themselves.
import { powershell } from './completion-powershell.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { bareFlags, type CommandSurface, type FlagSurface } from './completion-surface.ts'

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
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

const dashed = ({ name, char }: FlagSurface): readonly string[] => [
  `--${name}`,
  ...(char === undefined ? [] : [`-${char}`]),
]

const askFor = (bin: string, kind: string): string =>
  `$(${bin} completion --names ${kind} 2>/dev/null)`

/** Texts stand in single quotes; brackets and colons mean something to zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, String.raw`\$&`)

/** What is typed of a list already, and its last word. */
const listed = '${cur%"${cur##*,}"}'
const lastOf = '${cur##*,}'

const bashReply = (bin: string, { values, isList, live, takes }: FlagSurface): string => {
  const words = quoted(values.join(' '))
  if (isList) {
    return `COMPREPLY=($(compgen -P "${listed}" -W ${words} -- "${lastOf}")); compopt -o nospace 2>/dev/null`
  }
  if (live !== undefined) return `COMPREPLY=($(compgen -W "${askFor(bin, live)}" -- "$cur"))`
  if (values.length > 0) return `COMPREPLY=($(compgen -W ${words} -- "$cur"))`
  return takes === 'file' ? 'COMPREPLY=($(compgen -f -- "$cur"))' : 'COMPREPLY=()'
}

const bashCase = (bin: string, { id, flags, words, live, takesToken }: CommandSurface): string => {
  const valued = flags.filter(({ takes }) => takes !== 'nothing')
  const branches = valued.map((flag) => {
    const names = dashed(flag).join('|')
    return `        ${names}) ${bashReply(bin, flag)}; return ;;`
  })
  return `    ${id})
      case "$prev" in
${branches.join('\n')}
      esac
      case "$cur" in
        -*) COMPREPLY=($(compgen -W ${quoted(bareFlags(flags).join(' '))} -- "$cur")) ;;
${takesToken ? '        @*) COMPREPLY=($(compgen -P @ -f -- "${cur#@}")) ;;\n' : ''}        *) COMPREPLY=($(compgen -W ${live === undefined ? quoted(words.join(' ')) : `"${askFor(bin, live)}"`} -- "$cur")) ;;
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
${commands.map((command) => bashCase(bin, command)).join('\n')}
  esac
}
complete -o filenames -F ${name} ${bin}
`
}

const zshLive = (bin: string, kind: string): string => `{compadd -- ${askFor(bin, kind)}}`

const zshFlag = (bin: string, flag: FlagSurface): string => {
  const about = `[${zshText(flag.about)}]`
  const action = flag.isList
    ? `:value:_values -s , value ${flag.values.join(' ')}`
    : flag.live !== undefined
      ? `:value:${zshLive(bin, flag.live)}`
      : flag.values.length > 0
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

const zshCase = (bin: string, { id, flags, words, live, takesToken }: CommandSurface): string => {
  const argument =
    live !== undefined
      ? quoted(`1:name:${zshLive(bin, live)}`)
      : words.length > 0
        ? `'*:word:(${words.join(' ')})'`
        : takesToken
          ? "'1:token:_files -P @'"
          : ''
  const rest = argument === '' ? '' : ` \\\n      ${argument}`
  return `    ${id})
      _arguments \\
${flags.map((flag) => zshFlag(bin, flag)).join(' \\\n')}${rest} ;;`
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
${commands.map((command) => zshCase(bin, command)).join('\n')}
  esac
}
if [ "$funcstack[1]" = "${name}" ]; then ${name} "$@"; else compdef ${name} ${bin}; fi
`
}

const fishLive = (bin: string, kind: string): string =>
  quoted(`(${bin} completion --names ${kind} 2>/dev/null)`)

const fishFlag = (bin: string, id: string, flag: FlagSurface): string => {
  const value = flag.isList
    ? ` -xa ${quoted(`(__fish_append , ${flag.values.join(' ')})`)}`
    : flag.live !== undefined
      ? ` -xa ${fishLive(bin, flag.live)}`
      : flag.values.length > 0
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
  .flatMap(({ id, flags, words, live }) => [
    ...(live === undefined
      ? []
      : [`complete -c ${bin} -n '__fish_seen_subcommand_from ${id}' -a ${fishLive(bin, live)}`]),
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

const writers = { bash, zsh, fish, powershell } as const

export const completionScript = (
  shell: Shell,
  bin: string,
  commands: readonly CommandSurface[],
): string => writers[shell](bin, commands)
