// mcp-proxy config: a configuration as it is used, its layout, and the schema of all of them.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import { ReportCommand } from '../cli/command/report-command.ts'
import type { ConfigReport } from '../cli/config/config-report.ts'
import { workOnConfig } from '../cli/config/work-on-config.ts'
import { configFlag } from '../cli/flags/config-flag.ts'

export default class ConfigCommand extends ReportCommand {
  static override id = 'config'
  static override summary = 'Show the effective configuration, format a file, or print the schema'
  static override description = `\`show\` prints every setting that \`serve\` would use, with its origin: a line of the file, an environment variable, or a default. Secrets are shown as [secret].

\`fmt\` lays out a TOML file: spaces, blank lines and nothing else; comments and order stay, and what the file says does not change. \`schema\` prints the JSON Schema of configurations, for editors.

Exit codes: 0 done; 1 with fmt --check, the file is not formatted; 2 the configuration cannot be read or used.`
  static override examples = [
    {
      description: 'The effective settings and their origins:',
      command: '<%= config.bin %> config show',
    },
    {
      description: 'Without the defaults:',
      command: '<%= config.bin %> config show --written --config proxy.toml',
    },
    {
      description: 'For a script:',
      command: `<%= config.bin %> config show --json | jq -r '.settings[] | select(.key == "proxy.listen.port").value'`,
    },
    { description: 'Format a file:', command: '<%= config.bin %> config fmt' },
    { description: 'In CI:', command: '<%= config.bin %> config fmt --check' },
    {
      description: 'For an editor that reads #:schema ./proxy.schema.json in the first line:',
      command: '<%= config.bin %> config schema > proxy.schema.json',
    },
  ]
  static override args = {
    action: stringArg({ description: 'show, fmt or schema', ignoreStdin: true }),
  }
  static override flags = {
    ...configFlag,
    written: boolean({ description: 'show: without defaults' }),
    check: boolean({ description: 'fmt: change nothing; exit 1 if the file is not formatted' }),
  }

  async run(): Promise<ConfigReport> {
    const { args, flags } = await this.parse(ConfigCommand)
    return this.conclude(await workOnConfig(args.action, flags, this.narrator()))
  }
}
