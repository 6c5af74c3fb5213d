// mcp-proxy replay: decisions of the past, judged again by another configuration.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string } from '@oclif/core/flags'
import { ReportCommand } from '../cli/command/report-command.ts'
import { configFlag } from '../cli/flags/config-flag.ts'
import { replay } from '../cli/replay/replay.ts'
import type { ReplayReport } from '../cli/replay/replay-report.ts'

export default class Replay extends ReportCommand {
  static override id = 'replay'
  static override summary = 'Show what another configuration would have decided'
  static override description = `Judges decisions that a proxy has written (observability.decisions.file and .redis) again, by the configuration of --config, and reports what would be decided otherwise, in groups with counts and request ids. No backend and no issuer is asked: tokens are judged by what was recorded of them. Decisions that cannot be judged are counted with the reason.

Exit codes: 0 nothing would be decided otherwise; 1 something would; 2 the configuration or the file cannot be used; 3 no decision could be judged.`
  static override examples = [
    {
      description: 'Before a new configuration is used:',
      command:
        '<%= config.bin %> replay --decisions /var/log/mcp-proxy/decisions.jsonl --config candidate.toml',
    },
    {
      description: 'What callers would lose, for a script:',
      command:
        '<%= config.bin %> replay --json --decisions decisions.jsonl --config candidate.toml | jq \'.changes[] | select(.change == "allow-to-deny")\'',
    },
  ]
  static override flags = {
    decisions: string({
      description:
        'the file of decisions, read with those that were renamed when they were full; or the Redis that has them',
      helpValue: '<file|redis-url>',
      required: true,
    }),
    ...configFlag,
  }

  async run(): Promise<ReplayReport> {
    const { flags } = await this.parse(Replay)
    return this.conclude(await replay(flags, this.narrator()))
  }
}
