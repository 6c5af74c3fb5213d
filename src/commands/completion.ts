// mcp-proxy completion: a script that teaches a shell the commands, their flags and the ids of the checks.
import { string as stringArg } from '@oclif/core/args'
import { string } from '@oclif/core/flags'
import { sectionNames } from '../cli/doctor/section.ts'
import { liveKinds, liveNames } from '../cli/login/live-names.ts'
import { problemCodes } from '../problems/problem.ts'
import { completionScript, shellOf, shells, type Shell } from '../cli/command/completion-script.ts'
import { surfaceOf } from '../cli/command/completion-surface.ts'
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

const live = {
  '--store': 'stores',
  logout: 'stores',
  whoami: 'stores',
  tools: 'backends',
  call: 'backends',
}

const lists = { '<section,...>': sectionNames }

interface NamesReport {
  readonly schema_version: 1
  readonly command: 'completion'
  readonly names: readonly string[]
}

export default class Completion extends ReportCommand {
  static override id = 'completion'
  static override summary = 'Print a completion script for bash, zsh, fish or PowerShell'
  static override description = `Completes commands, flags, the values of flags that have a choice, the ids of checks, the names of stored logins, the backends of ./proxy.toml and the sections of doctor.

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
      description: 'PowerShell, for this session:',
      command: '<%= config.bin %> completion powershell | Out-String | Invoke-Expression',
    },
    {
      description: 'fish, for good:',
      command:
        '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
  ]
  static override flags = {
    names: string({
      description: 'print live names for the completion scripts instead, one per line',
      options: [...liveKinds],
      helpValue: '<kind>',
    }),
  }
  static override args = {
    shell: stringArg({
      description: 'the shell: bash, zsh, fish or powershell',
      ignoreStdin: true,
    }),
  }

  private async concludeNames(kind: string): Promise<NamesReport> {
    const wanted = liveKinds.find((one) => one === kind)
    const names = wanted === undefined ? [] : await liveNames(wanted, process.env)
    return this.conclude({
      report: { schema_version: 1, command: 'completion', names },
      exitCode: exitCodes.accepted,
      text: () => names.join('\n'),
    })
  }

  async run(): Promise<CompletionReport | NamesReport> {
    const { args, flags } = await this.parse(Completion)
    if (flags.names !== undefined) return this.concludeNames(flags.names)
    const words = {
      explain: problemCodes,
      completion: shells,
      key: keyActions,
      config: configActions,
      pins: pinsActions,
    }
    const shell = shellOf(args.shell)
    const { bin, commands } = this.config
    const script = completionScript(shell, bin, surfaceOf(commands, { words, live, lists }))
    return this.conclude({
      report: { schema_version: 1, command: 'completion', shell, script },
      exitCode: exitCodes.accepted,
      text: () => script.trimEnd(),
    })
  }
}
