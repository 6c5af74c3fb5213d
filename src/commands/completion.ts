// mcp-proxy completion: a script that teaches a shell the commands, their flags and the ids of the checks.
import { string as stringArg } from '@oclif/core/args'
import { problemCodes } from '../problems/problem.ts'
import {
  completionScript,
  shellOf,
  shells,
  surfaceOf,
  type Shell,
} from '../cli/command/completion-script.ts'
import { exitCodes } from '../cli/command/exit-codes.ts'
import { configActions } from '../cli/config/config-actions.ts'
import { keyActions } from '../cli/key/key-actions.ts'
import { pinsActions } from '../cli/pins/pins-actions.ts'
import { ReportCommand } from '../cli/command/report-command.ts'

interface CompletionReport {
  readonly schema_version: 1
  readonly command: 'completion'
  readonly shell: Shell
  readonly script: string
}

export default class Completion extends ReportCommand {
  static override id = 'completion'
  static override summary = 'Print a completion script for bash, zsh or fish'
  static override description = `Completes commands, flags, the values of flags that have a choice, and the ids of checks.

Exit codes: 0 printed.`
  static override examples = [
    {
      description: 'bash, for this shell:',
      command: 'source <(<%= config.bin %> completion bash)',
    },
    {
      description: 'zsh, for good:',
      command: '<%= config.bin %> completion zsh > "${fpath[1]}/_<%= config.bin %>"',
    },
    {
      description: 'fish, for good:',
      command:
        '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
  ]
  static override args = {
    shell: stringArg({
      description: 'the shell that shall complete: bash, zsh or fish',
      ignoreStdin: true,
    }),
  }

  async run(): Promise<CompletionReport> {
    const { args } = await this.parse(Completion)
    const words = {
      explain: problemCodes,
      completion: shells,
      key: keyActions,
      config: configActions,
      pins: pinsActions,
    }
    const shell = shellOf(args.shell)
    const { bin, commands } = this.config
    const script = completionScript(shell, bin, surfaceOf(commands, words))
    return this.conclude({
      report: { schema_version: 1, command: 'completion', shell, script },
      exitCode: exitCodes.accepted,
      text: () => script.trimEnd(),
    })
  }
}
