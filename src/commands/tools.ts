// mcp-proxy tools: what an MCP server offers, over whatever transport and in whatever era it speaks.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { string } from '@oclif/core/flags'
import { serverFlags } from '../cli/backend/server-flags.ts'
import { splitCommand } from '../cli/backend/target.ts'
import { timeoutFlag } from '../cli/flags/network-flags.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { listTools } from '../cli/tools/list-tools.ts'
import type { ToolReport, ToolsReport } from '../cli/tools/tools-report.ts'

export default class Tools extends ReportCommand {
  /** Children are running: they are ended first. */
  static endsItself = true

  static override id = 'tools'
  static override summary = 'List the tools, resources and prompts of an MCP server'
  static override description = `Connects as a client does, over Streamable HTTP, HTTP+SSE, WebSocket or stdio, in the protocol era that the server speaks, and prints what it offers, its name and version, and how long that took. The server is an address, a backend of a configuration, or a command after "--"; without any, every backend of ./proxy.toml. A refusal is explained by the checks of \`discover\` and \`validate\`.

Exit codes: 0 all lists were fetched from every server; 1 a server refused or does not speak MCP; 3 a server could not be reached; 4 a login is needed.`
  static override examples = [
    {
      description: 'A server behind an address:',
      command: '<%= config.bin %> tools https://mcp.example.com/mcp',
    },
    {
      description: 'With the token of a login:',
      command: '<%= config.bin %> tools https://mcp.example.com/mcp --store mcp.example.com',
    },
    {
      description: 'A server that is a program:',
      command: '<%= config.bin %> tools -- npx -y @modelcontextprotocol/server-everything',
    },
    {
      description: 'Every backend of a configuration:',
      command: '<%= config.bin %> tools --config proxy.toml',
    },
    {
      description: 'The schemas of one tool:',
      command: '<%= config.bin %> tools files --schema read_text_file',
    },
    {
      description: 'For a script:',
      command:
        "<%= config.bin %> tools --json https://mcp.example.com/mcp | jq -r '.servers[0].lists[0].items[].name'",
    },
  ]
  static override args = {
    server: stringArg({
      description: 'the address of an MCP server, or a backend of the configuration',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    schema: string({
      description: 'print one tool with its schemas, as JSON',
      helpValue: '<tool>',
    }),
    ...serverFlags,
    ...timeoutFlag(60, 'each request'),
  }

  async run(): Promise<ToolsReport | ToolReport> {
    const { own, command } = splitCommand(this.argv)
    const { args, flags } = await this.parse(Tools, own)
    const words = args.server === undefined ? [] : [args.server]
    const finding = await listTools(words, command, flags, this.narrator())
    return this.conclude<ToolsReport | ToolReport>(finding)
  }
}
