// mcp-proxy introspect: what the authorization server says about a token, and what that means.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { boolean } from '@oclif/core/flags'
import { authFlags, forFlag, storeFlag, tokenArgument } from '../cli/flags/auth-flags.ts'
import { formatFlag } from '../cli/report/formats.ts'
import type { IntrospectReport } from '../cli/introspect/introspect-report.ts'
import { introspectToken } from '../cli/introspect/introspect-token.ts'
import { networkFlags, timeoutFlag } from '../cli/flags/network-flags.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { wholeNumber } from '../cli/flags/whole-number.ts'

const { strategy: _strategy, 'jwks-uri': _uri, 'jwks-file': _file, ...introspectFlags } = authFlags

export default class Introspect extends ReportCommand {
  static override id = 'introspect'
  static override summary = 'Ask the authorization server about a token (RFC 7662)'
  static override description = `Prints the raw answer and the verdict that \`serve\` would reach. The client's secret comes from the configuration, MCP_PROXY_CLIENT_SECRET, a file, stdin, or a question without echo; never from a flag.

Exit codes: 0 accepted; 1 rejected; 3 could not establish: network, time-out, the authorization server in trouble.`
  static override examples = [
    {
      description: 'With the expectations that an MCP server publishes:',
      command:
        '<%= config.bin %> introspect @token.txt --for https://mcp.example.com/mcp --client-id mcp-proxy',
    },
    {
      description: 'With the credentials of a configuration:',
      command: '<%= config.bin %> introspect --config proxy.toml @token.txt',
    },
    {
      description: 'With a client of your own:',
      command:
        '<%= config.bin %> introspect - --issuer https://id.example.com --audience https://mcp.example.com/mcp --client-id mcp-proxy --client-secret-file secret.txt < token.txt',
    },
    {
      description: 'The answer itself, for other tools:',
      command: '<%= config.bin %> introspect --raw @token.txt | jq .',
    },
    {
      description: 'Measure latency, and check that the endpoint requires authentication:',
      command: '<%= config.bin %> introspect --count 20 --probe @token.txt',
    },
    {
      description: 'Only whether it is active:',
      command: "<%= config.bin %> introspect --json @token.txt | jq '.answer.active'",
    },
  ]
  static override args = tokenArgument
  static override flags = {
    ...introspectFlags,
    ...forFlag,
    ...storeFlag,
    ...formatFlag,
    ...networkFlags,
    raw: boolean({
      description: 'print only the raw answer on stdout',
      exclusive: ['json', 'format'],
    }),
    count: wholeNumber({
      description: 'ask N times, bypassing every cache, and report how long it takes',
      helpValue: '<n>',
      min: 1,
      max: 1000,
    }),
    probe: boolean({
      description: 'also ask about a random token without credentials; the server should refuse',
    }),
    ...timeoutFlag(20),
  }

  async run(): Promise<IntrospectReport> {
    const { args, flags } = await this.parse(Introspect)
    return this.conclude(await introspectToken(args.token, flags, this.narrator()))
  }
}
