// mcp-proxy logout: takes a login back at the authorization server, and forgets it here.
import { string as stringArg } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import type { LogoutReport } from '../cli/login/logout-report.ts'
import { logOut } from '../cli/login/logout.ts'
import { networkFlags } from '../cli/flags/network-flags.ts'
import { ReportCommand } from '../cli/command/report-command.ts'

export default class Logout extends ReportCommand {
  static override id = 'logout'
  static override summary = 'Revoke and delete a stored login'
  static override description = `Asks the authorization server to revoke the refresh token and the access token (RFC 7009) where it can, and removes the login in any case.

Exit codes: 0 revoked and removed; 3 removed, and the authorization server did not confirm the revocation.`
  static override examples = [
    { description: 'The only login:', command: '<%= config.bin %> logout' },
    { description: 'One of several:', command: '<%= config.bin %> logout mcp.example.com' },
    {
      description: 'Everything, including dynamic client registrations:',
      command: '<%= config.bin %> logout --all',
    },
  ]
  static override args = {
    name: stringArg({
      description: 'the name of a login, or the address it was made with',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    all: boolean({ description: 'all logins, and every registration of a client' }),
    ...networkFlags,
    'no-revoke': boolean({ description: 'contact no server: only remove what is stored here' }),
  }

  async run(): Promise<LogoutReport> {
    const { args, flags } = await this.parse(Logout)
    return this.conclude(await logOut(args.name, flags, this.narrator()))
  }
}
