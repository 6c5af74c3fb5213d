// mcp-proxy serve: the proxy itself, from one configuration file.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { join } from 'node:path'
import { boolean, string } from '@oclif/core/flags'
import { configFlag, endpointFlag } from '../cli/flags/config-flag.ts'
import type { DoctorReport } from '../cli/doctor/report.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { checkConfiguration, serveConfiguration } from '../cli/serve/serve-proxy.ts'
import type { AgainstReport, ServeReport } from '../cli/serve/serve-report.ts'
import { wholeNumber } from '../cli/flags/whole-number.ts'

export default class Serve extends ReportCommand {
  /** Drains on the first signal and ends at once on the second. */
  static isServer = true

  static override id = 'serve'
  static override summary = 'Run the MCP proxy'
  static override description = `Serves every backend of the configuration at one endpoint, with authorization, limits, logs and metrics. SIGINT or SIGTERM lets the calls in flight finish; a second one ends at once. SIGHUP reads the configuration again and serves it without losing a call; one that cannot be used, or that accepts more than before, changes nothing. --stdio serves the one client that started it, without a listener and without [auth].

Exit codes: 0 ended as asked, or the configuration is good; 1 with --dry-run something was found, or with --against the change would be refused; 3 with --dry-run, could not establish.`
  static override examples = [
    {
      description: 'With ./proxy.toml:',
      command: '<%= config.bin %> serve',
    },
    {
      description: 'Check a configuration without opening anything:',
      command: '<%= config.bin %> serve --check --config proxy.toml',
    },
    {
      description: 'Show what it would change in a running proxy:',
      command:
        '<%= config.bin %> serve --check --against https://mcp.example.com --config proxy.toml',
    },
    {
      description: 'Run all checks without serving:',
      command: '<%= config.bin %> serve --dry-run',
    },
    {
      description: 'On another port:',
      command: '<%= config.bin %> serve --config proxy.toml --port 9090',
    },
    {
      description:
        'For a client that starts its servers itself (Claude Desktop, .mcp.json): this command, with an absolute path:',
      command: '<%= config.bin %> serve --stdio --config /home/me/proxy.toml',
    },
    {
      description: 'The same with what one profile offers:',
      command: '<%= config.bin %> serve --stdio --endpoint readers --config /home/me/proxy.toml',
    },
  ]
  static override flags = {
    ...configFlag,
    check: boolean({
      description: 'check the configuration without opening anything, report and exit',
    }),
    against: string({
      description:
        'with --check: ask the proxy that runs there whether it would serve the configuration, and what that would change; its admin token, with the right to configure, comes from MCP_PROXY_ADMIN_TOKEN',
      helpValue: '<url>',
      dependsOn: ['check'],
      exclusive: ['host', 'port', 'env-file'],
    }),
    'dry-run': boolean({
      description: 'run the checks of doctor and exit without serving',
      exclusive: ['check'],
    }),
    host: string({ description: 'listen on this address instead', helpValue: '<address>' }),
    port: wholeNumber({
      description: 'listen on this port instead; 0 picks a free one',
      helpValue: '<port>',
      min: 0,
      max: 65_535,
    }),
    'allow-weaker': boolean({
      description:
        'let reloads accept more callers, tokens or addresses than the configuration that is served',
      exclusive: ['check', 'dry-run', 'stdio'],
    }),
    stdio: boolean({
      description:
        'serve one client on stdin and stdout instead of HTTP, until it closes stdin; logs go to stderr',
      exclusive: ['check', 'dry-run', 'host', 'port', 'json', 'allow-weaker'],
    }),
    endpoint: {
      ...endpointFlag.endpoint,
      description: 'with --stdio: serve what the endpoint of this profile offers',
      dependsOn: ['stdio'],
    },
  }

  async run(): Promise<ServeReport | AgainstReport | DoctorReport | undefined> {
    const { flags } = await this.parse(Serve)
    const { against } = flags
    if (against !== undefined) {
      const { checkAgainst } = await import('../cli/serve/check-against.ts')
      return this.conclude(await checkAgainst({ ...flags, against }, this.narrator()))
    }
    if (flags.check) return this.conclude(await checkConfiguration(flags, this.narrator()))
    if (flags['dry-run']) {
      const { doctorConfiguration } = await import('../cli/doctor/doctor-config.ts')
      const asked = { ...flags, 'fail-on': 'high', timeout: 30 } as const
      return this.conclude(await doctorConfiguration(asked, this.narrator()))
    }
    if (flags.stdio) {
      const { serveOverStdio } = await import('../cli/serve/serve-stdio.ts')
      await serveOverStdio(flags, { narrator: this.narrator(), log: this.logOptions() })
      return undefined
    }
    await serveConfiguration(flags, {
      narrator: this.narrator(),
      log: this.logOptions(),
      page: join(this.config.root, 'dist', 'page', 'index.html'),
      announce: (finding) => {
        this.conclude(finding)
        if (this.jsonEnabled()) this.logJson(finding.report)
      },
    })
    return undefined
  }
}
