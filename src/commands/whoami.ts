// mcp-proxy whoami: what `login --list` and `login --check` say, under the name that people try first.
import { string as stringArg } from '@oclif/core/args'
import type { LoginCheckReport, LoginListReport } from '../cli/login/login-report.ts'
import { listLogins } from '../cli/login/login.ts'
import { checkStoredLogin } from '../cli/login/stored-state.ts'
import { ReportCommand } from '../cli/command/report-command.ts'

export default class Whoami extends ReportCommand {
  static override id = 'whoami'
  static override summary = 'List the stored logins, or check whether one is still valid'
  static override description = `Without a name as \`login --list\`, with one as \`login --check\`. No server is asked: a token that was revoked is shown as valid.

Exit codes: 0 the login is good, or the list; 4 a login is needed.`
  static override examples = [
    { description: 'Every login:', command: '<%= config.bin %> whoami' },
    { description: 'One of them:', command: '<%= config.bin %> whoami mcp.example.com' },
  ]
  static override args = {
    name: stringArg({ description: 'the name of a login', ignoreStdin: true }),
  }

  async run(): Promise<LoginListReport | LoginCheckReport> {
    const { args } = await this.parse(Whoami)
    return args.name === undefined
      ? this.conclude(listLogins(this.narrator()))
      : this.conclude(checkStoredLogin(args.name, this.narrator()))
  }
}
