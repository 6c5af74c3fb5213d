// mcp-proxy pins: what is pinned of the tools of backends, and what they are now.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { ReportCommand } from '../cli/command/report-command.ts'
import { configFlag } from '../cli/flags/config-flag.ts'
import { networkFlags, timeoutFlag } from '../cli/flags/network-flags.ts'
import type { PinsReport } from '../cli/pins/pins-report.ts'
import { workOnPins } from '../cli/pins/work-on-pins.ts'

export default class Pins extends ReportCommand {
  static override id = 'pins'
  static override summary = 'Show and accept the pinned definitions of tools'
  static override description = `For backends with pin_tools the proxy offers a tool only while its description, its schemas and its annotations are those that are pinned; a tool that has changed is quarantined: not listed, and unknown to callers (docs/pinning.md).

\`list\` shows what is pinned. \`diff\` asks the backends and shows how their tools differ from it. \`accept\` pins what they are now; a running proxy sees that within a second. A word names a backend, or one of its tools as backend/tool; without one all backends with pin_tools are meant.

Exit codes: 0 done, and with diff nothing differs; 1 with diff, something differs; 2 the configuration, the pin file or a word cannot be used, or a backend cannot be asked because of its configuration; 3 a backend does not answer.`
  static override examples = [
    { description: 'What has changed?', command: '<%= config.bin %> pins diff' },
    { description: 'Accept one tool:', command: '<%= config.bin %> pins accept files/read_file' },
    {
      description: 'In CI, with the pin file beside the configuration:',
      command: '<%= config.bin %> pins diff --config proxy.toml --quiet',
    },
    {
      description: 'For a script:',
      command: `<%= config.bin %> pins diff --json | jq -r '.backends[].tools[] | select(.state != "pinned").tool'`,
    },
  ]
  static override args = {
    action: stringArg({ description: 'list, diff or accept', ignoreStdin: true }),
    what: stringArg({
      description: 'a backend, or one of its tools as backend/tool; may be repeated',
      ignoreStdin: true,
    }),
  }
  static override strict = false
  static override flags = {
    ...configFlag,
    ...networkFlags,
    ...timeoutFlag(60, 'each request'),
  }

  async run(): Promise<PinsReport> {
    const { argv, flags } = await this.parse(Pins)
    return this.conclude(await workOnPins(argv as string[], flags, this.narrator()))
  }
}
