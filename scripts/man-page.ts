// man/mcp-proxy.1: every command with its flags and examples, for man(1).
import { outputFlags } from '../src/cli/command/report-command.ts'
import type { CommandClass } from '../src/cli/command/program.ts'
import { commands } from './cli-page.ts'

type Flag = CommandClass['flags'][string]

/** What roff would read as a request, an escape or a hyphen that may be broken stays text. */
const roff = (text: string): string =>
  text
    .replaceAll('<%= config.bin %>', 'mcp-proxy')
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1')

const valueOf = (flag: Flag): string => {
  if ('options' in flag && flag.options) return ` ${flag.options.join('|')}`
  return 'helpValue' in flag && flag.helpValue !== undefined ? ` ${String(flag.helpValue)}` : ''
}

const flagLines = ([name, flag]: readonly [string, Flag]): string[] => {
  const short = flag.char === undefined ? '' : `\\fB\\-${flag.char}\\fR, `
  return [
    '.TP',
    `${short}\\fB${roff(`--${name}`)}\\fR${roff(valueOf(flag))}`,
    roff(flag.description ?? ''),
  ]
}

const exampleLines = ({ examples }: CommandClass): string[] =>
  examples.flatMap((example) =>
    typeof example === 'string'
      ? []
      : ['.PP', roff(example.description), '.PP', '.nf', roff(`    $ ${example.command}`), '.fi'],
  )

const section = (command: CommandClass): string[] => {
  const { id, summary = '', description = '', args, flags } = command
  const words = Object.keys(args ?? {})
  const usage = [id, ...words.map((word) => `[${word.toUpperCase()}]`), '[flags]'].join(' ')
  return [
    `.SS ${roff(`mcp-proxy ${usage}`)}`,
    `${roff(summary)}.`,
    ...description.split('\n\n').flatMap((paragraph) => ['.PP', roff(paragraph)]),
    ...Object.entries((flags as CommandClass['flags'] | undefined) ?? {}).flatMap(flagLines),
    ...exampleLines(command),
  ]
}

export const manPage = (): string =>
  `${[
    '.\\" Generated from src/commands by scripts/generate.ts. Do not edit.',
    '.TH MCP\\-PROXY 1',
    '.SH NAME',
    'mcp\\-proxy \\- explain why a token, an issuer or an MCP server is refused, and serve MCP servers',
    '.SH SYNOPSIS',
    '\\fBmcp\\-proxy\\fR [COMMAND] [flags]',
    '.SH DESCRIPTION',
    roff(
      'Without a command, in a terminal, it takes what you have (a token, an address, an error, a curl command) and runs the command for it.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH FLAGS OF EVERY COMMAND',
    ...Object.entries(outputFlags).flatMap(flagLines),
    '.SH FILES',
    '.TP',
    roff('./proxy.toml'),
    'the configuration, where no other is named',
    '.SH SEE ALSO',
    'curl(1), jq(1)',
  ].join('\n')}\n`
