// mcp-proxy doctor: the configuration against the live issuer, the live backends and the public address.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { boolean, string } from '@oclif/core/flags'
import { clientNames } from '../config/clients/places.ts'
import { configFlag } from '../cli/flags/config-flag.ts'
import { doctorClient } from '../cli/doctor/doctor-client.ts'
import { doctorConfiguration } from '../cli/doctor/doctor-config.ts'
import type { DoctorReport } from '../cli/doctor/report.ts'
import { sectionNames } from '../cli/doctor/section.ts'
import { failOnFlag } from '../cli/flags/fail-on-flag.ts'
import { formatFlag } from '../cli/report/formats.ts'
import { timeoutFlag } from '../cli/flags/network-flags.ts'
import { badgeFlag } from '../cli/html/badge.ts'
import { ReportCommand } from '../cli/command/report-command.ts'

export default class Doctor extends ReportCommand {
  /** Children are running: they are ended first. */
  static endsItself = true

  static override id = 'doctor'
  static override summary = 'Check a configuration against its live issuer, backends and public URL'
  static override description = `Reads the configuration, then asks everything that it names: issuers and their keys, the introspection endpoint with the configured client, every backend (started for real, and ended again), the public address as clients see it, names, certificates and clocks. Opens no listener.

With --client it needs no configuration: it reads the servers of an MCP client from that client's own files, and says of each whether it can be reached, whether it needs a login, until when its token is good, and what it offers.

Exit codes: 0 nothing found; 1 findings; 2 the configuration is wrong; 3 nothing found, but something could not be established; 130 interrupted.`
  static override examples = [
    {
      description: 'With ./proxy.toml:',
      command: '<%= config.bin %> doctor',
    },
    {
      description: 'Only the backends, giving a first start of npx time to fetch its program:',
      command: '<%= config.bin %> doctor --only backends,names --timeout 120',
    },
    {
      description: 'The servers of a client, without any proxy.toml:',
      command: '<%= config.bin %> doctor --client claude-code',
    },
    {
      description: 'In CI, before anything is deployed at public_url:',
      command:
        '<%= config.bin %> doctor --except public,listen --format junit --config proxy.toml > doctor.xml',
    },
  ]
  static override flags = {
    ...configFlag,
    client: string({
      description: `the servers of this client (${clientNames.join(', ')}), or of a file with servers, instead of a configuration`,
      helpValue: '<client|file>',
      exclusive: ['config', 'only', 'except', 'probe'],
    }),
    yes: boolean({
      char: 'y',
      description: 'start the programs that the client starts without asking',
      dependsOn: ['client'],
    }),
    only: string({
      description: `run only these sections: ${sectionNames.join(', ')}`,
      helpValue: '<section,...>',
    }),
    except: string({ description: 'skip these sections', helpValue: '<section,...>' }),
    probe: boolean({
      description: 'also ask the introspection endpoint without credentials (intro-open)',
    }),
    ...failOnFlag,
    ...formatFlag,
    ...badgeFlag,
    ...timeoutFlag(30, 'each request'),
  }

  async run(): Promise<DoctorReport> {
    const { flags } = await this.parse(Doctor)
    const { client } = flags
    return this.conclude(
      client === undefined
        ? await doctorConfiguration(flags, this.narrator())
        : await doctorClient({ ...flags, client }, this.narrator()),
    )
  }
}
