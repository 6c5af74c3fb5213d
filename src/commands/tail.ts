// mcp-proxy tail: what a running proxy decides, as it decides it.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { custom, string } from '@oclif/core/flags'
import { runningProxyFlags } from '../cli/admin/running-proxy.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { networkFlags } from '../cli/flags/network-flags.ts'
import { wholeNumber } from '../cli/flags/whole-number.ts'
import { doorNames, type DoorName } from '../decisions/decision.ts'
import { tail } from '../cli/tail/tail.ts'

const outcomes = ['accepted', 'rejected', 'undecided', 'failed'] as const
const group = { helpGroup: 'FILTER' } as const

export default class Tail extends ReportCommand {
  static override id = 'tail'
  static override summary = 'Follow the decisions of a running proxy'
  static override description = `Prints one line for each decision as the proxy makes it: every refusal and failure, and the share of accepted calls that it keeps (observability.decisions.accepted). Columns on a terminal, JSON lines in a pipe or with --json. Goes on when the proxy is started again, until it is interrupted. \`mcp-proxy why <id>\` has all checks of one decision.

Exit codes: 2 the proxy refused access to its admin surface; 3 the proxy did not answer; 130 interrupted.`
  static override examples = [
    { description: 'With ./proxy.toml of the running proxy:', command: '<%= config.bin %> tail' },
    {
      description: 'The refusals of one client, with the latest ten first:',
      command: '<%= config.bin %> tail --outcome rejected --client claude-code --last 10',
    },
    {
      description: 'For a script:',
      command: '<%= config.bin %> tail --code claim-aud | jq -r .caller.address',
    },
  ]
  static override flags = {
    ...runningProxyFlags,
    last: wholeNumber({
      description: 'first show the latest N decisions',
      helpValue: '<n>',
      default: 0,
      min: 0,
      max: 1000,
    }),
    outcome: custom<(typeof outcomes)[number]>({
      options: [...outcomes],
      description: 'only decisions with this outcome',
      ...group,
    })(),
    status: string({ description: 'only this HTTP status', helpValue: '<status>', ...group }),
    code: string({ description: 'only this check or problem', helpValue: '<id>', ...group }),
    door: custom<DoorName>({
      options: [...doorNames],
      description: 'only decisions about requests that came by this door',
      ...group,
    })(),
    client: string({
      description: 'only this client id, or client programs with this in their name',
      helpValue: '<client>',
      ...group,
    }),
    sub: string({ description: 'only this subject', helpValue: '<sub>', ...group }),
    backend: string({ description: 'only calls to this backend', helpValue: '<name>', ...group }),
    name: string({
      description: 'only this tool, prompt or resource',
      helpValue: '<name>',
      ...group,
    }),
    ...networkFlags,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Tail)
    await tail(flags, this.stream())
  }
}
