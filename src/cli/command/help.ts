// The help pages: one line of usage, the flags that are needed most before the others, what the exit codes mean, examples
// that can be typed. Without escape sequences where no terminal shows them.
import type { Command } from '@oclif/core/command'
import type { Config } from '@oclif/core/config'
import { CommandHelp, Help } from '@oclif/core/help'
import { stdout } from '../terminal/output.ts'

type Described = Pick<Command.Loadable, 'description'>

const exitCodeMark = 'Exit codes: '

/** The last paragraph of a description says what the exit codes mean, from one semicolon to the next. */
const isExitCodes = (paragraph: string): boolean => paragraph.startsWith(exitCodeMark)

const paragraphsOf = ({ description = '' }: Described): readonly string[] =>
  description.split('\n\n')

/** Of every command, whatever else it says. */
const always = ['2 wrong usage or configuration', '70 internal error', '130 interrupted']

const codeOf = (line: string): number => Number.parseInt(line, 10)

/** One line for each code, in their order. */
const exitCodeLines = (command: Described): readonly string[] => {
  const own =
    paragraphsOf(command)
      .find(isExitCodes)
      ?.slice(exitCodeMark.length)
      .replace(/\.$/, '')
      .split('; ') ?? []
  const codes = own.map(codeOf)
  return [...own, ...always.filter((line) => !codes.includes(codeOf(line)))].sort(
    (a, b) => codeOf(a) - codeOf(b),
  )
}

/** What a person needs first, and what is the same everywhere last. */
const groupOrder = ['EXPECTATION', 'SERVER', 'PROXY', 'TOKEN', '', '*', 'CI', 'OUTPUT', 'NETWORK']

const rankOf = (group: string): number => {
  const at = groupOrder.indexOf(group)
  return at === -1 ? groupOrder.indexOf('*') : at
}

type FlagList = Parameters<CommandHelp['groupFlags']>[0]

class CommandPage extends CommandHelp {
  protected override defaultUsage(): string {
    const words = Object.values(this.command.args)
      .filter(({ hidden }) => hidden !== true)
      .map((arg) => this.arg(arg))
    return ['<%= command.id %>', ...words, '[flags]'].join(' ')
  }

  protected override description(): string | undefined {
    const text = paragraphsOf(this.command).filter((paragraph) => !isExitCodes(paragraph))
    return text.join('').trim() === '' ? undefined : this.wrap(text.join('\n\n'))
  }

  /** oclif puts the sign of a prompt before its own program alone. */
  protected override examples(
    examples: Parameters<CommandHelp['examples']>[0],
  ): string | undefined {
    const list = Array.isArray(examples) ? examples : []
    return super.examples(
      list.map((example) =>
        typeof example === 'string' || example.command.startsWith('<%= config.bin %>')
          ? example
          : { ...example, command: `$ ${example.command}` },
      ),
    )
  }

  private flagSections(
    flags: FlagList,
  ): { header: string; body: [string, string | undefined][] }[] {
    const { mainFlags, flagGroups } = this.groupFlags(flags)
    return Object.entries({ '': mainFlags, ...flagGroups })
      .filter(([, some]) => some.length > 0)
      .sort(([a], [b]) => rankOf(a) - rankOf(b))
      .map(([group, some]) => ({
        header: `${group} FLAGS`.trim(),
        body: this.flags(some) ?? [],
      }))
  }

  protected override sections(): ReturnType<CommandHelp['sections']> {
    return [
      ...super
        .sections()
        .map((section) =>
          section.header === 'FLAGS'
            ? { ...section, generate: ({ flags }: { flags: FlagList }) => this.flagSections(flags) }
            : section,
        ),
      {
        header: 'EXIT CODES',
        generate: () =>
          exitCodeLines(this.command)
            .map((line) => line.replace(/^(\d+) /, (_, code: string) => `${code.padEnd(4)} `))
            .join('\n'),
      },
    ]
  }
}

export class HelpPages extends Help {
  protected override CommandHelpClass = CommandPage

  constructor(config: Config) {
    super(config, { stripAnsi: !stdout.isTTY })
  }
}
