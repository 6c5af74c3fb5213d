// mcp-proxy key: API keys of our own, for callers that have no authorization server.
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before any schema is made
import '../cli/command/plain-schemas.ts'
import { string as stringArg } from '@oclif/core/args'
import { string } from '@oclif/core/flags'
import { envFileFlag } from '../cli/flags/config-flag.ts'
import { ReportCommand } from '../cli/command/report-command.ts'
import type { KeyReport } from '../cli/key/key-report.ts'
import { workOnKeys } from '../cli/key/keys.ts'

const created = { helpGroup: 'A NEW KEY' } as const

export default class Key extends ReportCommand {
  static override id = 'key'
  static override summary = 'Create, list and revoke API keys'
  static override description = `Keys for callers that cannot log in: scripts, scheduled jobs, clients without OAuth. A configuration accepts them by auth.type = "keys", or beside other tokens by auth.keys_file (docs/keys.md).

\`create\` prints the key on stdout, once; the key file has only its SHA-256, and nothing shows the key again. \`revoke\` takes a name or an id; a running proxy sees the change within a second. The file is readable for its owner alone, and is replaced in one step.

Exit codes: 0 done; 2 the file, a name or a flag cannot be used.`
  static override examples = [
    {
      description: 'The first key; the file is the one that ./proxy.toml names:',
      command: '<%= config.bin %> key create ci --owner build@example.com > ci.key',
    },
    {
      description: 'For a year, with a scope and a role, in a file of its own:',
      command:
        '<%= config.bin %> key create nightly --expires 365d --scope mcp:read --role reader --file keys.json',
    },
    { description: 'List all keys:', command: '<%= config.bin %> key list' },
    { description: 'Revoke one:', command: '<%= config.bin %> key revoke ci' },
    {
      description: 'Check a key as the proxy would:',
      command: '<%= config.bin %> validate @ci.key --config proxy.toml',
    },
  ]
  static override args = {
    action: stringArg({ description: 'create, list or revoke', ignoreStdin: true }),
    name: stringArg({
      description: 'the name of the new key; or the name or the id of the one to revoke',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    file: string({
      description: 'the key file; default: auth.keys_file of the configuration',
      helpValue: '<file>',
      exclusive: ['config'],
    }),
    config: string({
      char: 'c',
      description: 'the configuration that names the key file (default: ./proxy.toml)',
      helpValue: '<file>',
    }),
    ...envFileFlag,
    owner: string({
      description: 'owner of the key: the subject in logs and policies (default: its name)',
      helpValue: '<who>',
      ...created,
    }),
    expires: string({
      description: 'when it expires: 90d, 12h, 2027-01-31, a time, or never (default: 90d)',
      helpValue: '<when>',
      ...created,
    }),
    scope: string({
      description: 'a scope of the key; may be repeated',
      helpValue: '<scope>',
      multiple: true,
      multipleNonGreedy: true,
      ...created,
    }),
    role: string({
      description: 'a role of the key, from auth.roles; may be repeated',
      helpValue: '<role>',
      multiple: true,
      multipleNonGreedy: true,
      ...created,
    }),
  }

  async run(): Promise<KeyReport> {
    const { args, flags } = await this.parse(Key)
    return this.conclude(await workOnKeys(args, flags, this.narrator()))
  }
}
