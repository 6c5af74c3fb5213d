// mcp-proxy init: asks, looks around and writes a configuration that serve takes.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { boolean, custom, string } from '@oclif/core/flags'
import { offeredMethods, type OfferedMethod, type Strategy } from '../cli/init/propose.ts'
import type { InitReport } from '../cli/init/report.ts'
import { initProxy } from '../cli/init/init-proxy.ts'
import { clientNames, type ClientName } from '../config/clients/places.ts'
import { networkFlags, timeoutFlag } from '../cli/flags/network-flags.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import { wholeNumber } from '../cli/flags/whole-number.ts'

const auth = { helpGroup: 'CALLERS' } as const
const address = { helpGroup: 'ADDRESS' } as const
const backends = { helpGroup: 'BACKENDS' } as const
const clients = { helpGroup: 'CLIENTS' } as const
const several = { multiple: true, multipleNonGreedy: true } as const

export default class Init extends ReportCommand {
  static override id = 'init'
  static override summary = 'Create a configuration interactively and explain each setting'
  static override description = `Asks the issuer (or the MCP server that names one) what it publishes, finds the MCP servers that Claude Code, Claude Desktop, Cursor, VS Code, Codex, Gemini CLI, opencode, Windsurf and Zed know, proposes every setting with its reason, shows the file and writes it. Secrets are never copied: they become variables, and the list of those to set is printed (--write-env: written to .env). At the end, each MCP client that is found is listed with the command or the entry that points it at the proxy; --write-client writes that entry. What is written passes \`serve --check\`. Every answer is a flag as well; where nobody can be asked, what is missing is exit code 2.

Exit codes: 0 written; 3 the issuer or the server could not be reached.`
  static override examples = [
    { description: 'Interactively:', command: '<%= config.bin %> init' },
    {
      description: 'In front of what this folder uses, with an issuer:',
      command: '<%= config.bin %> init https://id.example.com/realms/dev',
    },
    {
      description: 'Preview without writing:',
      command: '<%= config.bin %> init --yes --print',
    },
    {
      description: 'In a script:',
      command:
        '<%= config.bin %> init --yes --issuer https://id.example.com --public-url https://mcp.example.com/mcp --backend "files=npx -y @modelcontextprotocol/server-filesystem /srv/files" --backend search=https://search.example.com/mcp',
    },
    {
      description: 'From the file of a client, for this machine only:',
      command: '<%= config.bin %> init --yes --no-auth --from .vscode/mcp.json',
    },
    {
      description: 'Point clients at the proxy that ./proxy.toml describes, and take that back:',
      command: [
        '<%= config.bin %> init --write-client cursor --write-client codex',
        '<%= config.bin %> init --undo-client cursor',
      ].join('\n'),
    },
  ]
  static override args = {
    address: stringArg({
      description: 'an issuer, or the URL of an MCP server that names one',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    issuer: string({ description: 'the exact issuer string', helpValue: '<url>', ...auth }),
    'no-auth': boolean({
      description: 'require no token; listens on loopback only',
      exclusive: ['issuer', 'bearer'],
      ...auth,
    }),
    bearer: string({
      description: 'accept the static token in this environment variable; may be repeated',
      helpValue: '<VAR>',
      exclusive: ['issuer'],
      ...several,
      ...auth,
    }),
    strategy: custom<Strategy>({
      options: ['jwt', 'introspection', 'both'],
      description: 'how tokens are validated (default: from the metadata of the issuer)',
      ...auth,
    })(),
    'client-id': string({
      description: 'the client of the proxy at the issuer, for introspection',
      helpValue: '<id>',
      ...auth,
    }),
    'client-auth': custom<OfferedMethod>({
      options: [...offeredMethods],
      description: 'how that client authenticates (default: from the metadata)',
      ...auth,
    })(),
    audience: string({
      description: 'expected audience (default: the public URL); may be repeated',
      helpValue: '<aud>',
      ...several,
      ...auth,
    }),
    'require-scope': string({
      description: 'a required scope of every token; may be repeated',
      helpValue: '<scope>',
      ...several,
      ...auth,
    }),
    'allow-http': boolean({ description: 'allow plain http beyond loopback', ...auth }),
    ...networkFlags,
    'public-url': string({
      description: 'the URL that clients use, with its path',
      helpValue: '<url>',
      ...address,
    }),
    host: string({ description: 'address to listen on', helpValue: '<address>', ...address }),
    port: wholeNumber({
      description: 'port to listen on (default 8080)',
      helpValue: '<port>',
      min: 0,
      max: 65_535,
      ...address,
    }),
    name: string({ description: 'name of the server', helpValue: '<name>', ...address }),
    backend: string({
      char: 'b',
      description: 'an MCP server behind the proxy: a command or a URL; may be repeated',
      helpValue: '<name=target>',
      ...several,
      ...backends,
    }),
    from: string({
      description: 'import this file of another client',
      helpValue: '<file>',
      ...backends,
    }),
    'no-import': boolean({
      description: 'do not look for files of other clients',
      exclusive: ['from'],
      ...backends,
    }),
    output: string({
      char: 'o',
      description: 'the file to write',
      helpValue: '<file>',
      default: 'proxy.toml',
    }),
    force: boolean({
      description: 'replace the file if it exists; with --undo-client, discard later changes',
    }),
    print: boolean({ description: 'print the configuration on stdout, write nothing' }),
    yes: boolean({ char: 'y', description: 'accept all defaults without asking' }),
    'write-env': boolean({
      description:
        'add the names of the variables to .env beside the file (owner only), without values',
      exclusive: ['print'],
    }),
    'write-client': custom<ClientName>({
      options: [...clientNames],
      multiple: true,
      multipleNonGreedy: true,
      description:
        'also add the proxy to the file of this client, with a backup; may be repeated. With an existing --output and nothing else: that alone',
      exclusive: ['print'],
      ...clients,
    })(),
    'undo-client': custom<ClientName>({
      options: [...clientNames],
      description: 'restore the newest backup of the file of this client, and do nothing else',
      exclusive: ['print', 'write-client', 'write-env', 'env-template'],
      ...clients,
    })(),
    'env-template': boolean({
      description: 'also print a template of an .env file, without values',
    }),
    ...timeoutFlag(20),
  }

  async run(): Promise<InitReport> {
    const { args, flags } = await this.parse(Init)
    return this.conclude(await initProxy(args.address, flags, this.narrator()))
  }
}
