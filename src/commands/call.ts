// mcp-proxy call: one tool, resource or prompt of an MCP server, from the command line.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import { serverFlags } from '../cli/backend/server-flags.ts'
import { splitCommand } from '../cli/backend/target.ts'
import type { CallReport } from '../cli/call/call-report.ts'
import { callServer } from '../cli/call/call-server.ts'
import { timeoutFlag } from '../cli/flags/network-flags.ts'
import { ReportCommand } from '../cli/command/report-command.ts'

export default class CallCommand extends ReportCommand {
  /** Children are running: they are ended first. */
  static endsItself = true

  static override id = 'call'
  static override strict = false
  static override summary = 'Call one tool of an MCP server, read a resource or get a prompt'
  static override description = `Connects as a client does, over whatever transport and in whatever protocol era the server speaks. Arguments are name=value, converted to the type that the schema of the tool names (a list by repetition), name:=JSON, or all of them as one JSON object: '{...}', @file or "-". Names and arguments are checked before anything is sent. The result is on stdout, with control characters escaped; progress, logs and timing are on stderr. A question of the server (elicitation) is asked at the terminal, and declined where there is none. Ctrl-C cancels the call.

Exit codes: 0 a result; 1 the tool reports an error, or the server answered with one or refused; 2 a name or an argument is wrong; 3 the server could not be reached; 4 a login is needed; 130 cancelled.`
  static override examples = [
    {
      description: 'A tool of a server behind an address:',
      command: '<%= config.bin %> call https://mcp.example.com/mcp echo text=hello',
    },
    {
      description: 'Numbers, lists and raw JSON, with the token of a login:',
      command:
        '<%= config.bin %> call https://mcp.example.com/mcp search limit=5 tag=a tag=b filter:=\'{"open":true}\' --store mcp.example.com',
    },
    {
      description: 'All arguments as one object, and the report as JSON:',
      command: '<%= config.bin %> call https://mcp.example.com/mcp search --json \'{"limit":5}\'',
    },
    {
      description: 'A tool of a backend of ./proxy.toml:',
      command: '<%= config.bin %> call files read_text_file path=README.md',
    },
    {
      description: 'A server that is a program:',
      command:
        '<%= config.bin %> call echo message=hello -- npx -y @modelcontextprotocol/server-everything',
    },
    {
      description: 'A resource, written to a file:',
      command:
        '<%= config.bin %> call https://mcp.example.com/mcp --resource file:///logo.png --output logo.png',
    },
    {
      description: 'A prompt:',
      command: '<%= config.bin %> call https://mcp.example.com/mcp --prompt greet name=Ada',
    },
  ]
  static override args = {
    server: stringArg({
      description:
        'the address of an MCP server, or a backend of the configuration; left out before "-- command"',
      ignoreStdin: true,
    }),
    tool: stringArg({
      description: 'the tool; left out with --resource and --prompt',
      ignoreStdin: true,
    }),
    arguments: stringArg({
      description: "name=value, name:=JSON, or one object: '{...}', @file, or - for stdin",
      ignoreStdin: true,
    }),
  }
  static override flags = {
    resource: string({
      description: 'read the resource of this URI',
      helpValue: '<uri>',
      exclusive: ['prompt'],
    }),
    prompt: string({ description: 'get the prompt of this name', helpValue: '<name>' }),
    output: string({
      char: 'o',
      description:
        'write data (or else the text) of the result to this file; several pieces get numbers, or names in a folder',
      helpValue: '<file>',
    }),
    unchecked: boolean({
      description: 'send names and arguments unchanged, without checking them against the lists',
    }),
    ...serverFlags,
    ...timeoutFlag(300, 'a call'),
  }

  async run(): Promise<CallReport> {
    const { own, command } = splitCommand(this.argv)
    const { argv, flags } = await this.parse(CallCommand, own)
    const words = argv.map(String)
    return this.conclude(await callServer(words, command, flags, this.narrator()))
  }
}
