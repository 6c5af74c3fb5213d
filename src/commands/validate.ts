// mcp-proxy validate: every reason why a token is accepted or refused, by the code that serve runs.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { boolean, string } from '@oclif/core/flags'
import type { ValidateToolsReport } from '../cli/access/access-report.ts'
import { authFlags, forFlag, storeFlag, tokenArgument } from '../cli/flags/auth-flags.ts'
import { requestFlags } from '../cli/token/captured-request.ts'
import { formatFlag } from '../cli/report/formats.ts'
import { networkFlags, timeoutFlag } from '../cli/flags/network-flags.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import type { ValidateLinesReport, ValidateReport } from '../cli/validate/validate-report.ts'
import { validateToken } from '../cli/validate/validate-token.ts'

export default class Validate extends ReportCommand {
  static override id = 'validate'
  static override summary = 'Explain why a token is accepted or rejected'
  static override description = `Decodes the token, runs every check that \`serve\` runs and prints each with its evidence, then what \`serve\` would answer. Without expectations the issuer is the one that the token names, and the audience is not judged. The token comes from "-" (stdin), "@file", MCP_PROXY_TOKEN, a pipe, or a question without echo. With --tools the backends of the configuration are asked for their lists, and the policy that \`serve\` asks says of each item what the caller of the token gets; a backend that cannot be asked is named and changes no exit code.

Exit codes: 0 accepted; 1 rejected, or of several tokens one is; 3 could not establish: network, time-out, the authorization server in trouble.`
  static override examples = [
    {
      description: 'A token alone: genuine, and until when? Its issuer is asked for the keys:',
      command: '<%= config.bin %> validate @token.txt',
    },
    {
      description: 'With the expectations that an MCP server publishes:',
      command: '<%= config.bin %> validate @token.txt --for https://mcp.example.com/mcp',
    },
    {
      description: 'Judge a token as the proxy of this folder would:',
      command: '<%= config.bin %> validate --config proxy.toml @token.txt',
    },
    {
      description: 'Judge what a pipe brings, without a configuration:',
      command:
        'pbpaste | <%= config.bin %> validate - --issuer https://id.example.com --audience https://mcp.example.com/mcp',
    },
    {
      description: 'Against a key set in a file, without any network:',
      command:
        '<%= config.bin %> validate @token.txt --issuer https://id.example.com --audience api --jwks-file jwks.json',
    },
    {
      description: 'The token of a login, against the server it was issued for:',
      command: '<%= config.bin %> validate --store mcp.example.com',
    },
    {
      description: 'As sent with a DPoP proof that was captured with it:',
      command:
        '<%= config.bin %> validate @token.txt --dpop-proof @proof.txt --now 2026-11-23T17:40:00Z',
    },
    {
      description: 'Is it a token of another issuer or tenant?',
      command: '<%= config.bin %> validate --follow-iss @token.txt',
    },
    {
      description: 'Many tokens, one on each line:',
      command: '<%= config.bin %> validate --lines @tokens.txt',
    },
    {
      description: 'What may its caller do? The backends are asked for what they offer:',
      command: '<%= config.bin %> validate --config proxy.toml --tools @token.txt',
    },
    {
      description: 'For a CI server:',
      command: '<%= config.bin %> validate --format junit @token.txt > validate.xml',
    },
    {
      description: 'Only look inside:',
      command: '<%= config.bin %> validate --decode-only @token.txt',
    },
    {
      description: 'For a script:',
      command: "<%= config.bin %> validate --json @token.txt | jq -r '.problem.code'",
    },
  ]
  static override args = tokenArgument
  static override flags = {
    ...authFlags,
    ...forFlag,
    ...requestFlags,
    ...storeFlag,
    'follow-iss': boolean({
      description: 'also try the keys of the issuer that a refused token names',
    }),
    lines: boolean({
      description: 'treat each line as a separate token (automatic for JWTs)',
    }),
    'decode-only': boolean({ description: 'show the content of the token without verifying it' }),
    tools: boolean({
      description:
        'also list the tools, resources and prompts that its caller sees and may use, and the rule for each',
      exclusive: ['decode-only', 'lines', 'for', 'format'],
    }),
    ...timeoutFlag(20),
    ...formatFlag,
    ...networkFlags,
    now: string({
      description: 'validate as of this time (ISO 8601 or seconds since 1970)',
      helpValue: '<time>',
    }),
  }

  async run(): Promise<ValidateReport | ValidateLinesReport | ValidateToolsReport> {
    const { args, flags } = await this.parse(Validate)
    if (flags.tools) {
      const { validateTools } = await import('../cli/access/validate-tools.ts')
      return this.conclude(await validateTools(args.token, flags, this.narrator()))
    }
    return this.conclude(await validateToken(args.token, flags, this.narrator()))
  }
}
