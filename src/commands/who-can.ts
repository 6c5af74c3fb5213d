// mcp-proxy who-can: which callers may call a tool, by the policy that serve asks.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import type { WhoCanReport } from '../cli/access/who-can-report.ts'
import { whoCan } from '../cli/access/who-can.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { configFlag, endpointFlag } from '../cli/flags/config-flag.ts'

export default class WhoCan extends ReportCommand {
  static override id = 'who-can'
  static override summary = 'Show who may call a tool, according to the configuration'
  static override description = `Asks the policy of the configuration, the one that \`serve\` asks, about one tool: what each value of the role claim, each static token and a caller without a role gets, and then every token list, role, rule and scope that is asked about the tool, in that order. Nothing is started and no server is asked, so a name that no backend lists gets an answer too. A condition about the caller or the arguments is not solved: it is shown as "depends". For one caller and all tools: \`mcp-proxy validate --tools\`.

Exit codes: 0 some caller can call it, with the scopes and the arguments that are shown; 1 no caller can; 2 the configuration cannot be used, or no backend of it can have such a tool.`
  static override examples = [
    {
      description: 'By the name that clients see:',
      command: '<%= config.bin %> who-can files__write_file',
    },
    {
      description: 'By the backend and its own name for the tool:',
      command: '<%= config.bin %> who-can files write_file --config proxy.toml',
    },
    {
      description: 'At the endpoint of a profile:',
      command: '<%= config.bin %> who-can files__write_file --endpoint readers',
    },
    {
      description: 'In CI: no caller may call it',
      command: '! <%= config.bin %> who-can --quiet files/delete_file',
    },
    {
      description: 'For a script:',
      command:
        '<%= config.bin %> who-can --json files/write_file | jq -r \'.tools[0].callers[] | select(.access != "denied") | .value\'',
    },
  ]
  static override args = {
    tool: stringArg({
      description: 'the tool: as clients see it, or backend/tool; before its own name, the backend',
      required: true,
      ignoreStdin: true,
    }),
    own: stringArg({
      description: "the backend's own name for the tool",
      ignoreStdin: true,
    }),
  }
  static override flags = { ...configFlag, ...endpointFlag }

  async run(): Promise<WhoCanReport> {
    const { args, flags } = await this.parse(WhoCan)
    return this.conclude(await whoCan(args.tool, args.own, flags, this.narrator()))
  }
}
