// mcp-proxy migrate: a configuration of mcp-proxy 0.4 for this one.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import { ReportCommand } from '../cli/command/report-command.ts'
import { migrateConfig } from '../cli/migrate/migrate-config.ts'
import type { MigrateReport } from '../cli/migrate/report.ts'

export default class Migrate extends ReportCommand {
  static override id = 'migrate'
  static override summary = 'Convert a configuration of mcp-proxy 0.4 to this version'
  static override description = `Reads a configuration of mcp-proxy 0.4 (TOML) and writes it for this version. Its comments, its order and its layout stay. Where a key means another thing now, a comment that begins with "mcp-proxy migrate:" says what; keys that mean nothing become comments; keys whose default changed are added where that keeps names as they were. What serve would still refuse, such as a key that 0.4 ignored, is listed and left for you. docs/migration.md has the reasons.

Exit codes: 0 serve takes the new file; 1 it is written, and serve refuses it for what is listed; 2 the file cannot be read or written.`
  static override examples = [
    {
      description: 'Look at it:',
      command: '<%= config.bin %> migrate old.toml',
    },
    {
      description: 'Write it to a file, and check that with the real variables:',
      command: [
        '<%= config.bin %> migrate old.toml --output proxy.toml',
        '<%= config.bin %> serve --check --config proxy.toml',
      ].join('\n'),
    },
    {
      description: 'What changes, for a script:',
      command: `<%= config.bin %> migrate old.toml --output proxy.toml --json | jq -r '.changes[] | "\\(.key): \\(.text)"'`,
    },
  ]
  static override args = {
    file: stringArg({
      description: 'the configuration of mcp-proxy 0.4',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    output: string({
      description: 'write to this file instead of stdout; without --force it must not exist',
      helpValue: '<file>',
    }),
    force: boolean({ description: 'replace the file of --output', dependsOn: ['output'] }),
  }

  async run(): Promise<MigrateReport> {
    const { args, flags } = await this.parse(Migrate)
    return this.conclude(await migrateConfig(args.file, flags, this.narrator()))
  }
}
