// The page of clients: how each is given the proxy, and what each is known to need, from the same data as the commands.
import { clientNames, type ClientName } from '../src/config/clients/places.ts'
import { entryText, proxyEntry, type ProxyAddress } from '../src/config/clients/proxy-entry.ts'
import {
  knownClients,
  type Fact,
  type KnownClient,
} from '../src/core/known-clients/known-clients.ts'

const intro = `<!-- Generated from src/config/clients and src/core/known-clients by scripts/generate.ts. Do not edit. -->
<!-- prettier-ignore-start -->

# Clients

\`mcp-proxy init\` adds the proxy to the files of the clients that it finds ([init.md](init.md)), and \`mcp-proxy doctor --client
NAME\` tries every server that a client knows ([doctor.md](doctor.md)). By hand, for a proxy at \`http://127.0.0.1:8080/mcp\`:
`

const proxy: ProxyAddress = {
  name: 'desk',
  url: 'http://127.0.0.1:8080/mcp',
  tokenVariable: undefined,
  start: {
    command: 'npx',
    args: ['-y', '@mcp-proxy/cli', 'serve', '--stdio', '--config', 'proxy.toml'],
    env: [],
  },
}

const titles: Readonly<Record<ClientName, string>> = {
  'claude-code': 'Claude Code',
  'claude-desktop': 'Claude Desktop',
  cursor: 'Cursor',
  vscode: 'VS Code',
  codex: 'Codex',
  gemini: 'Gemini CLI',
  opencode: 'opencode',
  windsurf: 'Windsurf',
  zed: 'Zed',
}

/** The name says in which syntax the client's file is. */
const fileOf = (client: ClientName): string => (client === 'codex' ? 'config.toml' : 'mcp.json')

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)

const section = (client: ClientName): string => {
  const entry = proxyEntry(client, proxy)
  if (entry === undefined) return ''
  const file = fileOf(client)
  return [
    `## ${titles[client]}`,
    '',
    ...(entry.command === undefined
      ? []
      : ['```sh', entry.command.map(quoted).join(' '), '```', '', 'or in its file:', '']),
    `\`\`\`${file.endsWith('.toml') ? 'toml' : 'json'}`,
    entryText(file, entry),
    '```',
    '',
  ].join('\n')
}

const cell = ({ known, source }: Fact): string =>
  source === undefined ? 'not known' : `[${known}](${source.url}) (${source.date})`

const columns: readonly (readonly [string, (client: KnownClient) => Fact])[] = [
  ['Connects from a cloud', ({ hosted }) => hosted],
  ['Metadata document', ({ document }) => document],
  ['Registers itself', ({ dynamic }) => dynamic],
  ['Given client ID', ({ given }) => given],
  ['Compares resource', ({ exactResource }) => exactResource],
  ['Refuses without S256', ({ pkce }) => pkce],
  ['Header with a token', ({ header }) => header],
]

const needs = (): string =>
  [
    '## What each is known to need',
    '',
    'The table behind "which clients get in" ([report.md](report.md)): each answer has its source and the day of it.',
    '',
    `| Client | ${columns.map(([name]) => name).join(' | ')} | Redirect URIs |`,
    `|${' --- |'.repeat(columns.length + 2)}`,
    ...knownClients.map(
      (client) =>
        `| ${client.name} | ${columns.map(([, fact]) => cell(fact(client))).join(' | ')} | ${client.redirects.map((uri) => `\`${uri}\``).join(', ')} |`,
    ),
  ].join('\n')

export const clientsPage = (): string =>
  `${[intro, ...clientNames.map(section), needs()].join('\n')}\n\n<!-- prettier-ignore-end -->\n`
