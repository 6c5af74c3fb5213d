// Files of MCP clients that are read or changed.
import { usage } from './usage-words.ts'
import { says, type ProblemSpec, type Texts } from './spec.ts'

export const clientFileProblems = {
  'client-file': {
    ...usage,
    title: 'the file of a client was left as it is',
    cases: {
      'not-found': says(
        ({ client }: Texts<'client'>) =>
          `There is no sign of ${client} here: neither a file nor a folder of it`,
        { client: 'cursor' },
        'start it once, or add the entry that mcp-proxy init shows to its file by hand',
      ),
      'name-taken': says(
        ({ client, name, file }: Texts<'client' | 'name' | 'file'>) =>
          `${client} has another server called ${name} (${file})`,
        { client: 'Cursor', name: 'desk', file: '~/.cursor/mcp.json' },
        'choose another name with --name, or remove that server there',
      ),
      syntax: says(
        ({ file, why }: Texts<'file' | 'why'>) => `${file} cannot be added to: ${why}`,
        {
          file: '~/.cursor/mcp.json',
          why: 'it is not well-formed JSON (close brace expected, line 4, column 1)',
        },
        'correct it there; its client does not read it either',
      ),
      shape: says(
        ({ file, why }: Texts<'file' | 'why'>) => `${file} cannot be added to: ${why}`,
        { file: '~/.codex/config.toml', why: '"mcp_servers" is no object' },
        'add the entry that mcp-proxy init shows by hand',
      ),
      'literal-token': says(
        ({ client }: Texts<'client'>) =>
          `${client} takes no token from a variable, and no token is written into a file`,
        { client: 'Zed' },
        'add the proxy in the client itself, with the token as a header',
      ),
      unreadable: says(
        ({ file, why }: Texts<'file' | 'why'>) => `Cannot read ${file}: ${why}`,
        { file: '~/.cursor/mcp.json', why: 'permission denied' },
        'check its permissions; nothing was written',
      ),
      unwritable: says(
        ({ file, why }: Texts<'file' | 'why'>) => `Cannot write ${file}: ${why}`,
        { file: '~/.cursor/mcp.json', why: 'it is read-only' },
        'check the permissions of the file and of its folder; it is as it was',
      ),
      busy: says(
        ({ file }: Texts<'file' | 'lock'>) => `Another program is writing ${file}`,
        { file: '~/.claude.json', lock: '~/.claude.json.lock' },
        ({ lock }) => `try again when it is done; ${lock} is its lock`,
      ),
      changed: says(
        ({ file }: Texts<'file'>) => `${file} was changed while the change was shown`,
        { file: '~/.claude.json' },
        'close the client, and try again',
      ),
      'no-backup': says(
        ({ client }: Texts<'client'>) => `There is no backup of a file of ${client}`,
        { client: 'cursor' },
        'mcp-proxy init --write-client makes one; nothing else is undone',
      ),
      'changed-since': says(
        ({ file }: Texts<'file'>) => `${file} was changed after the proxy was added to it`,
        { file: '~/.cursor/mcp.json' },
        'remove the entry by hand, or restore the backup with --force: what was changed since is lost',
      ),
    },
  },
} as const satisfies Record<string, ProblemSpec>
