// The completion script for PowerShell, whose completers get the words of the line and answer with results.
import { bareFlags, type CommandSurface } from './completion-surface.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const list = (words: readonly string[]): string => `@(${words.map(quoted).join(', ')})`

const table = (entries: readonly (readonly [string, string])[], indent: string): string =>
  `@{\n${entries.map(([name, value]) => `${indent}  ${quoted(name)} = ${value}`).join('\n')}\n${indent}}`

const commandTable = ({ flags, words, live }: CommandSurface): string =>
  table(
    [
      ['flags', list(bareFlags(flags))],
      ['words', list(words)],
      ['live', quoted(live ?? '')],
      [
        'values',
        table(
          flags
            .filter(({ values }) => values.length > 0)
            .map(({ name, values }) => [`--${name}`, list(values)] as const),
          '      ',
        ),
      ],
      [
        'names',
        table(
          flags.flatMap(({ name, live: kind }) =>
            kind === undefined ? [] : [[`--${name}`, quoted(kind)] as const],
          ),
          '      ',
        ),
      ],
    ],
    '    ',
  )

export const powershell = (bin: string, commands: readonly CommandSurface[]): string =>
  `# PowerShell completion for ${bin}: add it to the file that $PROFILE names.
Register-ArgumentCompleter -Native -CommandName ${quoted(bin)} -ScriptBlock {
  param($word, $line, $position)
  $commands = ${table(
    commands.map((command) => [command.id, commandTable(command)] as const),
    '  ',
  )}
  $typed = @($line.CommandElements | ForEach-Object { $_.ToString() })
  $before = if ($word -eq '') { $typed[-1] } else { $typed[-2] }
  $known = if ($typed.Count -gt 1) { $commands[$typed[1]] } else { $null }
  $found = if ($null -eq $known -or ($typed.Count -eq 2 -and $word -ne '')) {
    @($commands.Keys | Sort-Object) + 'help'
  } elseif ($known.values.ContainsKey($before)) {
    $known.values[$before]
  } elseif ($known.names.ContainsKey($before)) {
    & ${bin} completion --names $known.names[$before] 2>$null
  } elseif ($word.StartsWith('-')) {
    $known.flags
  } elseif ($known.live -ne '') {
    & ${bin} completion --names $known.live 2>$null
  } else {
    $known.words
  }
  $found | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
