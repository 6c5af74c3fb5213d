// mcp-proxy explain: the page of a check, offline.
import { string as stringArg } from '@oclif/core/args'
import { explain } from '../cli/explain/explain-check.ts'
import type { ExplainReport } from '../cli/explain/explain-report.ts'
import { ReportCommand } from '../cli/command/report-command.ts'

export default class Explain extends ReportCommand {
  static override id = 'explain'
  static override strict = false
  static override summary = 'Explain a check: what it looks at, what it means, what to do'
  static override description = `The page of one check, from the catalogue that every command and the proxy speak by. Without a word it lists all checks by group; with words that are no id it searches ids, titles, messages and remedies. Reads nothing and asks nobody.`
  static override examples = [
    { description: 'One check:', command: '<%= config.bin %> explain claim-aud-near-miss' },
    { description: 'All of them:', command: '<%= config.bin %> explain' },
    {
      description: 'Those that speak of something:',
      command: '<%= config.bin %> explain audience',
    },
    {
      description: 'For a script:',
      command: "<%= config.bin %> explain time-exp --json | jq -r '.checks[0].hint'",
    },
  ]
  static override args = {
    check: stringArg({
      description: 'the id of a check, or words to look for',
      ignoreStdin: true,
    }),
  }

  async run(): Promise<ExplainReport> {
    const { argv } = await this.parse(Explain)
    return this.conclude(explain(argv as string[], this.narrator()))
  }
}
