// What popular MCP clients are known to need of a server and its authorization server: facts with their sources, no code.

/** `unknown`: no source says it either way. */
export type Known = 'yes' | 'no' | 'unknown'

export interface Fact {
  readonly known: Known
  /** Undefined where nothing is known. */
  readonly source?: Source
}

export interface Source {
  readonly url: string
  /** The day of the source where it has one, else the day on which it was read (ISO 8601). */
  readonly date: string
}

export interface KnownClient {
  readonly id: string
  readonly name: string
  /** Whether it connects from the cloud of its maker, so that an address of this machine or network is out of reach. */
  readonly hosted: Fact
  /** It identifies itself by the URL of a client ID metadata document. */
  readonly document: Fact
  /** It registers itself (RFC 7591). */
  readonly dynamic: Fact
  /** Its user can configure a client ID that was registered beforehand. */
  readonly given: Fact
  /** It refuses metadata whose `resource` is not the address that it calls (RFC 9728 section 3.3). */
  readonly exactResource: Fact
  /** It refuses an authorization server that does not advertise S256. */
  readonly pkce: Fact
  /** Its user can configure a header with a token, and then no login happens. */
  readonly header: Fact
  /** The redirect URIs that an authorization server has to allow. */
  readonly redirects: readonly string[]
}

const yes = (source: Source): Fact => ({ known: 'yes', source })
const no = (source: Source): Fact => ({ known: 'no', source })
const unknown: Fact = { known: 'unknown' }

const claudeCode = { url: 'https://code.claude.com/docs/en/mcp', date: '2026-10-19' }
const claude = {
  url: 'https://claude.com/docs/connectors/building/authentication',
  date: '2026-11-30',
}
const chatgpt = { url: 'https://developers.openai.com/plugins/build/auth', date: '2026-11-30' }
const cursor = { url: 'https://cursor.com/docs/mcp', date: '2026-11-30' }
const vscode = {
  url: 'https://code.visualstudio.com/api/extension-guides/ai/mcp',
  date: '2026-11-30',
}
const mcpRemote = { url: 'https://github.com/geelen/mcp-remote', date: '2026-11-30' }

export const knownClients: readonly KnownClient[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    hosted: no(claudeCode),
    document: yes({
      url: 'https://github.com/anthropics/claude-code/issues/36861',
      date: '2026-03-20',
    }),
    dynamic: yes(claudeCode),
    given: yes(claudeCode),
    exactResource: yes({
      url: 'https://github.com/anthropics/claude-code/issues/76096',
      date: '2026-07-31',
    }),
    pkce: unknown,
    header: yes(claudeCode),
    redirects: ['http://localhost:<port>/callback', 'http://127.0.0.1:<port>/callback'],
  },
  {
    id: 'claude',
    name: 'Claude Desktop and web',
    hosted: yes(claude),
    document: yes(claude),
    dynamic: yes(claude),
    given: yes({
      url: 'https://support.claude.com/en/articles/11503834-building-custom-connectors-via-remote-mcp-servers',
      date: '2026-11-30',
    }),
    exactResource: yes({
      url: 'https://claude.com/docs/connectors/building/troubleshooting',
      date: '2026-11-30',
    }),
    pkce: unknown,
    header: no(claude),
    redirects: ['https://claude.ai/api/mcp/auth_callback'],
  },
  {
    id: 'chatgpt',
    name: 'ChatGPT',
    hosted: yes(chatgpt),
    document: yes(chatgpt),
    dynamic: yes(chatgpt),
    given: yes(chatgpt),
    exactResource: unknown,
    pkce: yes(chatgpt),
    header: no(chatgpt),
    redirects: [
      'https://chatgpt.com/connector_platform_oauth_redirect',
      'https://chatgpt.com/connector/oauth/<id>',
    ],
  },
  {
    id: 'cursor',
    name: 'Cursor',
    hosted: no(cursor),
    document: no({
      url: 'https://forum.cursor.com/t/mcp-oauth-cimd-support-plans-and-timelines/148096',
      date: '2026-08-28',
    }),
    dynamic: yes(cursor),
    given: yes(cursor),
    exactResource: unknown,
    pkce: unknown,
    header: yes(cursor),
    redirects: ['http://localhost:8787/callback', 'cursor://anysphere.cursor-mcp/oauth/callback'],
  },
  {
    id: 'vscode',
    name: 'VS Code',
    hosted: no(vscode),
    document: yes({
      url: 'https://github.com/microsoft/vscode/pull/271403',
      date: '2025-10-14',
    }),
    dynamic: yes(vscode),
    given: yes(vscode),
    exactResource: unknown,
    pkce: unknown,
    header: yes(vscode),
    redirects: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
  },
  {
    id: 'mcp-remote',
    name: 'mcp-remote',
    hosted: no(mcpRemote),
    document: unknown,
    dynamic: yes(mcpRemote),
    given: yes(mcpRemote),
    exactResource: unknown,
    pkce: unknown,
    header: yes(mcpRemote),
    redirects: ['http://localhost:<port>/oauth/callback'],
  },
]
