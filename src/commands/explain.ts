// mcp-proxy explain: the page of a check, or what a pasted error means; offline.
import { string as stringArg } from '@oclif/core/args'
import { explain } from '../cli/explain/explain-check.ts'
import type { ExplainReport } from '../cli/explain/explain-report.ts'
import { ReportCommand } from '../cli/command/report-command.ts'

export default class Explain extends ReportCommand {
  static override id = 'explain'
  static override strict = false
  static override summary = 'Explain a check or a pasted error, and how to fix it'
  static override description = `The page of one check, from the catalogue that every command and the proxy speak by. A pasted text leads to the pages that fit it, the likeliest first: an OAuth error code, a WWW-Authenticate challenge, an error of Entra, Okta, Auth0, Keycloak, Cognito or Google, a JSON-RPC error, the JSON body of a token endpoint, a status line, a log line of serve, a message of a library. It says what in the text decided, and shows nothing else of it. Without a word it lists all checks by group; with words that are none of these it searches ids, titles, messages and remedies. Asks no server.

Exit codes: 0 explained.`
  static override examples = [
    { description: 'One check:', command: '<%= config.bin %> explain claim-aud-near-miss' },
    { description: 'An error code:', command: '<%= config.bin %> explain invalid_target' },
    {
      description: 'What a server answered:',
      command: `<%= config.bin %> explain 'Bearer error="insufficient_scope", scope="files:write"'`,
    },
    {
      description: 'Whatever a client or a log says, from a file or a pipe:',
      command: '<%= config.bin %> explain @answer.txt',
    },
    { description: 'All of them:', command: '<%= config.bin %> explain' },
    {
      description: 'Checks about a topic:',
      command: '<%= config.bin %> explain audience',
    },
    {
      description: 'For a script:',
      command: "<%= config.bin %> explain time-exp --json | jq -r '.checks[0].hint'",
    },
  ]
  static override args = {
    check: stringArg({
      description: 'the id of a check, an error code or text, "-", @file, or search words',
      ignoreStdin: true,
    }),
  }

  async run(): Promise<ExplainReport> {
    const { argv } = await this.parse(Explain)
    return this.conclude(await explain(argv as string[], this.narrator()))
  }
}
