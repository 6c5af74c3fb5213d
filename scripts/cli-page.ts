// docs/cli.md: every command as it describes itself, with what all of them share.
import CallCommand from '../src/commands/call.ts'
import ConfigCommand from '../src/commands/config.ts'
import Completion from '../src/commands/completion.ts'
import Discover from '../src/commands/discover.ts'
import Doctor from '../src/commands/doctor.ts'
import Explain from '../src/commands/explain.ts'
import Init from '../src/commands/init.ts'
import Introspect from '../src/commands/introspect.ts'
import Key from '../src/commands/key.ts'
import Login from '../src/commands/login.ts'
import Logout from '../src/commands/logout.ts'
import Migrate from '../src/commands/migrate.ts'
import Pins from '../src/commands/pins.ts'
import Replay from '../src/commands/replay.ts'
import Serve from '../src/commands/serve.ts'
import Tail from '../src/commands/tail.ts'
import Tools from '../src/commands/tools.ts'
import Validate from '../src/commands/validate.ts'
import WhoCan from '../src/commands/who-can.ts'
import Whoami from '../src/commands/whoami.ts'
import Why from '../src/commands/why.ts'
import type { CommandClass } from '../src/cli/command/program.ts'
import { outputFlags } from '../src/cli/command/report-command.ts'

/** In the order of the page; test/docs says that none is missing. */
export const commands: readonly CommandClass[] = [
  Discover,
  Introspect,
  Validate,
  Login,
  Logout,
  Whoami,
  Tools,
  CallCommand,
  WhoCan,
  Serve,
  Why,
  Tail,
  ConfigCommand,
  Pins,
  Replay,
  Key,
  Init,
  Migrate,
  Doctor,
  Explain,
  Completion,
]

type Flag = CommandClass['flags'][string]

const filled = (text: string): string => text.replaceAll('<%= config.bin %>', 'mcp-proxy')

const cell = (text: string): string => text.replaceAll('|', '\\|')

const flagRow = ([name, flag]: readonly [string, Flag]): string => {
  const value =
    'helpValue' in flag && flag.helpValue !== undefined ? ` ${String(flag.helpValue)}` : ''
  const options = 'options' in flag && flag.options ? ` ${flag.options.join('\\|')}` : ''
  const char = flag.char === undefined ? '' : `, \`-${flag.char}\``
  const written = options === '' ? value : options
  return `| \`--${name}${written}\`${char} | ${cell(flag.description ?? '')} |`
}

const examplesOf = ({ examples }: CommandClass): string[] =>
  examples.flatMap((example) =>
    typeof example === 'string'
      ? []
      : [example.description, '', '```sh', filled(example.command), '```', ''],
  )

const section = (command: CommandClass): string => {
  const { id, summary = '', description = '', args, flags } = command
  const words = Object.entries((args as CommandClass['args'] | undefined) ?? {})
  const rows = Object.entries((flags as CommandClass['flags'] | undefined) ?? {}).map(flagRow)
  return [
    `## ${id}`,
    '',
    `${summary}.`,
    '',
    filled(description),
    '',
    ...words.map(([name, arg]) => `- \`${name}\`: ${arg.description ?? ''}`),
    ...(words.length === 0 ? [] : ['']),
    ...(rows.length === 0 ? [] : ['| Flag | Meaning |', '| --- | --- |', ...rows, '']),
    ...examplesOf(command),
  ].join('\n')
}

const shared = `<!-- Generated from src/commands by scripts/generate.ts. Do not edit. -->
<!-- prettier-ignore-start -->

# Command line

## All commands

stdout has the result, stderr the narration. \`--json\` prints one document that conforms to the schema of the command in
[schemas](../schemas); with \`--json\`, errors are a document as well (\`error.schema.json\`).

| Flag | Meaning |
| --- | --- |
${Object.entries(outputFlags).map(flagRow).join('\n')}

| Exit code | Meaning |
| --- | --- |
| 0 | accepted, or nothing found |
| 1 | rejected, or findings; of several tokens: one is rejected |
| 2 | wrong usage or configuration |
| 3 | could not establish: network, time-out, the authorization server in trouble |
| 4 | a login is needed, was declined, or was not finished in time |
| 70 | internal error |
| 130 | interrupted |

| Other name | Command |
| --- | --- |
| \`verify\` | \`validate\` |
| \`decode\`, \`inspect\` | \`validate --decode-only\` |
| \`status\` | \`doctor\` |
| \`check\` | \`serve --check\` |
| \`version\`, \`-V\`, \`-v\` | \`--version\` |

## Where a token comes from

\`-\` is standard input, \`@file\` a file, any other word the token itself (with a warning: others can see it). Without a word:
\`MCP_PROXY_TOKEN\`, else a pipe, else a question without echo. \`--store\` takes the token of a login
([login.md](login.md)) and goes with no other. What pasting does to a token is mended and named (a
\`Bearer\` prefix, quotes, wrapped lines, URL-encoding, a whole token response, invisible characters); \`serve\` mends nothing.

A token or a secret has at most 1 MiB; a folder, a device or a socket is refused. A pipe is read, so a secret need not become a file:
\`@<(command)\` for the token or a DPoP proof, \`<(command)\` for a configuration, a client secret, a key, a certificate, a key
set or authorities. A pipe that nobody writes to is given up after 5 seconds, one whose writer is silent after 30. Files of
other clients, and reports for \`--diff\`, have to be files.

A text with several lines of JWTs is several tokens: one verdict a line, and in \`--json\` one document with \`results\`. With
\`--lines\` every line is a token; empty lines and lines that begin with \`#\` are left out. One run judges at most 10,000.

## How an address is read

Every command that takes the address of a server, an issuer or a proxy reads it as people paste it. Where only one meaning is
possible, the address is used and one line on stderr says what was changed: quotes, angle brackets, a Markdown or HTML link,
punctuation at the end, a label or a line of a configuration around it, invisible or full-width characters, escapes of JSON,
HTML and URLs, \`https:/host\`, \`https//host\`, \`https://https://host\`. A host without a scheme is asked over https, this
machine over http. The address of a metadata document means the server or the issuer that the document belongs to.

Where more than one meaning is possible (other words around it, a line break inside of it, two addresses, a misspelt scheme),
the command ends with 2 and prints the line that is probably meant; so it does for the address of a WebSocket server, except
for \`tools\` and \`call\`. An address with a user, a password or a token is refused and never shown. \`--issuer\` is compared
character by character: no scheme is added to it.
`

export const cliPage = (): string =>
  `${[shared, ...commands.map(section)].join('\n').trimEnd()}\n\n<!-- prettier-ignore-end -->\n`
