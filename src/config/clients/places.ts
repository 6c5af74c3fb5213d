// Where MCP clients keep their lists of servers, on each platform.
import { posix, win32 } from 'node:path'

export interface ClientPlace {
  /** As people call it. */
  readonly client: string
  /** Stands behind the name of a backend that is taken. */
  readonly label: string
  readonly file: string
  /** Whether it belongs to the folder the person is in, or to the person. */
  readonly scope: 'folder' | 'user'
  /** What `${workspaceFolder}` means there. */
  readonly folder: string
}

export interface Machine {
  readonly platform: NodeJS.Platform
  readonly home: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Where programs keep what they know of a person. */
const settingsFolder = ({ platform, home, env }: Machine): string => {
  if (platform === 'win32') return env['APPDATA'] ?? win32.join(home, 'AppData', 'Roaming')
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support')
  const xdg = env['XDG_CONFIG_HOME'] ?? ''
  return posix.isAbsolute(xdg) ? xdg : posix.join(home, '.config')
}

export const clientPlaces = (machine: Machine): readonly ClientPlace[] => {
  const { platform, home, cwd, env } = machine
  const join = (...path: string[]): string =>
    platform === 'win32' ? win32.join(...path) : posix.join(...path)
  const settings = settingsFolder(machine)
  const claudeFolder = env['CLAUDE_CONFIG_DIR'] ?? ''
  const codexFolder = env['CODEX_HOME'] ?? ''
  const inFolder = (client: string, label: string, ...path: string[]): ClientPlace => ({
    client,
    label,
    file: join(cwd, ...path),
    scope: 'folder',
    folder: cwd,
  })
  const ofUser = (client: string, label: string, ...path: string[]): ClientPlace => ({
    client,
    label,
    file: join(...path),
    scope: 'user',
    folder: cwd,
  })
  return [
    inFolder('Claude Code', 'claude', '.mcp.json'),
    inFolder('Cursor', 'cursor', '.cursor', 'mcp.json'),
    inFolder('VS Code', 'vscode', '.vscode', 'mcp.json'),
    ofUser('Claude Code', 'claude', claudeFolder === '' ? home : claudeFolder, '.claude.json'),
    ofUser('Claude Desktop', 'desktop', settings, 'Claude', 'claude_desktop_config.json'),
    ofUser('Cursor', 'cursor', home, '.cursor', 'mcp.json'),
    ofUser('VS Code', 'vscode', settings, 'Code', 'User', 'mcp.json'),
    ofUser('VS Code Insiders', 'insiders', settings, 'Code - Insiders', 'User', 'mcp.json'),
    inFolder('Gemini CLI', 'gemini', '.gemini', 'settings.json'),
    inFolder('opencode', 'opencode', 'opencode.json'),
    inFolder('Zed', 'zed', '.zed', 'settings.json'),
    ofUser(
      'Codex',
      'codex',
      codexFolder === '' ? join(home, '.codex') : codexFolder,
      'config.toml',
    ),
    ofUser('Gemini CLI', 'gemini', home, '.gemini', 'settings.json'),
    ofUser('opencode', 'opencode', home, '.config', 'opencode', 'opencode.json'),
    ofUser('Windsurf', 'windsurf', home, '.codeium', 'windsurf', 'mcp_config.json'),
    ofUser(
      'Zed',
      'zed',
      platform === 'darwin' ? join(home, '.config') : settings,
      'zed',
      'settings.json',
    ),
  ]
}

/** The clients by the words that name them, with the labels of their places. */
const labels = {
  'claude-code': ['claude'],
  'claude-desktop': ['desktop'],
  cursor: ['cursor'],
  vscode: ['vscode', 'insiders'],
  codex: ['codex'],
  gemini: ['gemini'],
  opencode: ['opencode'],
  windsurf: ['windsurf'],
  zed: ['zed'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type ClientName = keyof typeof labels

export const clientNames = Object.keys(labels) as readonly ClientName[]

/** Where one client keeps its servers. */
export const placesOf = (client: ClientName, machine: Machine): readonly ClientPlace[] => {
  const own: readonly string[] = labels[client]
  return clientPlaces(machine).filter(({ label }) => own.includes(label))
}

/** A folder that is there once the client has run, where its files are not. */
const settledIn = ({ file }: ClientPlace, { platform, home }: Machine): string => {
  const paths = platform === 'win32' ? win32 : posix
  const folder = paths.dirname(file)
  return folder === home ? paths.join(home, '.claude') : folder
}

export interface FoundClient {
  readonly client: ClientName
  /** As people call it. */
  readonly called: string
  /** The file that an entry is written to. */
  readonly place: ClientPlace
}

/**
 * Where one client would be given one more server: in the file of the person that is there, else in that of the folder,
 * else in a new one of the person, where the client has settled. Undefined: there is no sign of the client.
 */
export const findClient = (
  client: ClientName,
  machine: Machine,
  exists: (file: string) => boolean,
): FoundClient | undefined => {
  const places = placesOf(client, machine)
  const there = places.filter(({ file }) => exists(file))
  const ofUser = places.filter(({ scope }) => scope === 'user')
  const place =
    there.find(({ scope }) => scope === 'user') ??
    there[0] ??
    ofUser.find((one) => exists(settledIn(one, machine)))
  return place === undefined ? undefined : { client, called: place.client, place }
}
