// mcp-proxy discover: what an issuer or an MCP server publishes about its authorization, and what is wrong with it.
import { string as stringArg } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import type { ComparedReport } from '../cli/discover/compared-finding.ts'
import { discoverAddress } from '../cli/discover/discover-address.ts'
import type { DiscoverReport } from '../cli/discover/discover-report.ts'
import { failOnFlag } from '../cli/flags/fail-on-flag.ts'
import { formatFlag } from '../cli/report/formats.ts'
import { timeoutFlag } from '../cli/flags/network-flags.ts'
import { badgeFlag } from '../cli/html/badge.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { walkFlags } from '../cli/flags/walk-flags.ts'
import { watchAddress } from '../cli/discover/watch-address.ts'
import { watchFlag, withWatchSeconds } from '../cli/discover/watch-flag.ts'

export default class Discover extends ReportCommand {
  static override id = 'discover'
  static override summary = 'Grade what an issuer or an MCP server publishes about authorization'
  static override description = `Walks as an MCP client does: challenge, protected resource metadata, metadata of the authorization server, key set. Shows each attempt, grades what it finds from A to F, leads with the finding to mend first, and says which rules of MCP authorization are kept. No request carries a credential, unless --token or --store names one: then the server is shown that token, and it is judged by what the server publishes.

Exit codes: 0 no finding of --fail-on or above; 1 findings, or with --diff something got worse; 3 could not establish.`
  static override examples = [
    {
      description: 'From an MCP server to its authorization server:',
      command: '<%= config.bin %> discover https://mcp.example.com/mcp',
    },
    {
      description: 'An issuer:',
      command: '<%= config.bin %> discover https://id.example.com/realms/dev --as issuer',
    },
    {
      description:
        'Show the server a token, and see whether it and its own metadata agree about it:',
      command: '<%= config.bin %> discover https://mcp.example.com/mcp --token @token.txt',
    },
    {
      description: 'In CI, insisting on one issuer and on every SHOULD:',
      command:
        '<%= config.bin %> discover --strict --expect-issuer https://id.example.com https://mcp.example.com/mcp',
    },
    {
      description: 'In CI, failing on findings of medium severity too:',
      command: '<%= config.bin %> discover --json --fail-on medium https://id.example.com',
    },
    {
      description:
        'Fail a nightly job only when something got worse since the report of last time:',
      command: '<%= config.bin %> discover https://mcp.example.com/mcp --diff last-time.json',
    },
    {
      description: 'The whole exchange, redacted, for a bug report:',
      command: '<%= config.bin %> discover https://mcp.example.com/mcp --save exchange',
    },
    {
      description: 'The same as an archive that browsers open:',
      command: '<%= config.bin %> discover https://mcp.example.com/mcp --har exchange.har',
    },
    {
      description: 'A page to hand on, with who gets in and why, and a badge for a README:',
      command:
        '<%= config.bin %> discover https://mcp.example.com/mcp --format html --badge grade.svg > report.html',
    },
    {
      description: 'See a rotation or an outage as it happens:',
      command: '<%= config.bin %> discover https://id.example.com --watch 30',
    },
    {
      description: 'With a private certificate authority:',
      command: '<%= config.bin %> discover https://id.example.com --ca-file authority.pem',
    },
  ]
  static override args = {
    address: stringArg({
      description: 'an issuer, or the URL of an MCP server',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    ...walkFlags,
    'expect-issuer': string({
      description: 'fail unless exactly this issuer is found',
      helpValue: '<url>',
    }),
    strict: boolean({
      description: 'treat SHOULD-level rules and inconclusive checks as failures',
    }),
    ...failOnFlag,
    ...formatFlag,
    ...timeoutFlag(30),
    save: string({
      description:
        'write every request and answer, without credentials, and the report to this folder',
      helpValue: '<dir>',
      helpGroup: 'CI',
    }),
    har: string({
      description: 'write the same requests and answers, without credentials, as an HTTP Archive',
      helpValue: '<file>',
      helpGroup: 'CI',
    }),
    diff: string({
      description:
        'compare with an earlier --json report or --save folder; exit with 1 only if something got worse',
      helpValue: '<file>',
      helpGroup: 'CI',
    }),
    ...badgeFlag,
    ...watchFlag,
    token: string({
      description:
        'send the server this token and validate it too: "-" for stdin, "@file", "env" for MCP_PROXY_TOKEN',
      helpValue: '<token>',
      helpGroup: 'TOKEN',
      exclusive: ['store', 'watch'],
    }),
    store: string({
      description: 'send the server the token of this login (mcp-proxy login)',
      helpValue: '<name>',
      helpGroup: 'TOKEN',
      exclusive: ['token', 'watch'],
    }),
  }

  async run(): Promise<DiscoverReport | ComparedReport> {
    const { args, flags } = await this.parse(Discover, withWatchSeconds(this.argv))
    const { watch } = flags
    if (watch !== undefined) return watchAddress(args.address, { ...flags, watch }, this.stream())
    const asked = { ...flags, version: this.config.version }
    if (flags.token !== undefined || flags.store !== undefined) {
      await import('../cli/command/plain-schemas.ts')
      const { discoverToken } = await import('../cli/agreement/discover-token.ts')
      return this.conclude(await discoverToken(args.address, asked, this.narrator()))
    }
    return this.conclude(await discoverAddress(args.address, asked, this.narrator()))
  }
}
