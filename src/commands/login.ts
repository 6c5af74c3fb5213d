// mcp-proxy login: a token, got the way an MCP client would get it.
import { string as stringArg } from '@oclif/core/args'
import { confirm } from '../cli/terminal/ask.ts'
import { loginFlags } from '../cli/login/login-flags.ts'
import type {
  LoginCheckReport,
  LoginListReport,
  LoginReport,
  LoginResetReport,
} from '../cli/login/login-report.ts'
import { checkStoredLogin, resetStoredLogin } from '../cli/login/stored-state.ts'
import { listLogins, logIn } from '../cli/login/login.ts'
import type { Narrator } from '../cli/terminal/narrator.ts'
import { ReportCommand, type CommandResult } from '../cli/command/report-command.ts'

export default class Login extends ReportCommand {
  static override id = 'login'
  static override summary = 'Log in to an MCP server or an issuer, and store the token'
  static override description = `Follows the address from the MCP server to its authorization server, finds a client to log in as (--client-id, a client ID metadata document, a registration), and logs in by browser with PKCE, by device code, or as the client itself. The login is kept in a file that only you can read; \`validate\` and \`introspect\` take the token from there with --store, renewed when it is about to end. A client secret is never a flag: MCP_PROXY_CLIENT_SECRET, --client-secret-file or --client-secret-stdin.

Exit codes: 0 logged in; 1 the authorization server refused, or cannot be used; 3 it did not answer; 4 the login was declined, or not finished in time.`
  static override examples = [
    {
      description: 'In the browser, at the authorization server that the MCP server names:',
      command: '<%= config.bin %> login https://mcp.example.com/mcp',
    },
    {
      description: 'Then, with the token of that login:',
      command: '<%= config.bin %> validate --store mcp.example.com',
    },
    {
      description: 'On a machine without a browser:',
      command: '<%= config.bin %> login https://mcp.example.com/mcp --device --store work',
    },
    {
      description: 'In CI, as a client of its own:',
      command:
        'MCP_PROXY_CLIENT_SECRET=... <%= config.bin %> login https://mcp.example.com/mcp --client-credentials --client-id ci',
    },
    {
      description: 'One call with curl, and nothing kept:',
      command:
        '<%= config.bin %> login https://mcp.example.com/mcp --header | curl -H @- https://mcp.example.com/mcp',
    },
    {
      description: 'At Entra, which takes no resource and does not advertise PKCE:',
      command:
        '<%= config.bin %> login https://login.microsoftonline.com/<tenant>/v2.0 --client-id <id> --redirect-uri http://localhost --scope api://<app>/.default --no-resource --assume-s256',
    },
    {
      description: 'Over SSH: open the address at home, then paste where the browser ended:',
      command: 'ssh -t host <%= config.bin %> login https://mcp.example.com/mcp',
    },
    {
      description: 'See each step and parameter of the flow:',
      command: '<%= config.bin %> login https://mcp.example.com/mcp --explain',
    },
    { description: 'List the stored logins:', command: '<%= config.bin %> login --list' },
    {
      description: 'In a script: log in only where it is needed:',
      command:
        '<%= config.bin %> login --check work || <%= config.bin %> login https://mcp.example.com/mcp --store work',
    },
  ]
  static override args = {
    address: stringArg({
      description: 'the URL of an MCP server, or an issuer',
      ignoreStdin: true,
    }),
  }
  static override flags = loginFlags

  async run(): Promise<LoginReport | LoginListReport | LoginCheckReport | LoginResetReport> {
    const { args, flags } = await this.parse(Login)
    const narrator = this.narrator()
    if (flags.list) return this.conclude(listLogins(narrator))
    if (flags.check !== undefined) return this.conclude(checkStoredLogin(flags.check, narrator))
    if (flags.reset !== undefined) return this.conclude(resetStoredLogin(flags.reset, narrator))
    const report = this.conclude(await logIn(args.address, flags, narrator))
    const judged = await offerValidation(report, narrator)
    if (judged !== undefined) this.conclude(judged)
    return report
  }
}

/** On a terminal: whether the token is good for what it is for, before anybody depends on it. */
export const offerValidation = async (
  { stored, token, resource }: LoginReport,
  narrator: Narrator,
): Promise<CommandResult<unknown> | undefined> => {
  if (stored === null || token.kind !== 'jwt' || resource === null || narrator.quiet)
    return undefined
  if (!(await confirm('Validate the token now?', narrator.canAsk()))) return undefined
  await import('../cli/command/plain-schemas.ts')
  const { validateToken } = await import('../cli/validate/validate-token.ts')
  narrator.note(`mcp-proxy validate --store ${stored.name}`)
  return validateToken(undefined, { store: stored.name, timeout: 20 }, narrator)
}
