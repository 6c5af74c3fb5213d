// Files of MCP clients that are read or changed.
import { usage } from './usage-words.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

export const clientFileProblems = {
  'client-file': {
    ...usage,
    title: 'the configuration file of the client was not changed',
    cases: {
      'not-found': says(
        ({ client }: Texts<'client'>) =>
          `${client} was not found here: it has neither a file nor a folder`,
        { client: 'cursor' },
        'start it once, or add the entry that mcp-proxy init shows to its file by hand',
      ),
      'name-taken': says(
        ({ client, name, file }: Texts<'client' | 'name' | 'file'>) =>
          `${client} has another server called ${name} (${file})`,
        { client: 'Cursor', name: 'desk', file: '~/.cursor/mcp.json' },
        'choose another name with --name, or remove that server from the file',
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
        { file: '~/.codex/config.toml', why: '"mcp_servers" is not an object' },
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
      unread: says(
        ({ file, why }: Texts<'file' | 'why'>) => `${file} cannot be read: ${why}`,
        {
          file: '~/.cursor/mcp.json',
          why: 'it is not well-formed JSON (close brace expected, line 4, column 1)',
        },
        'correct the file: its client cannot read it either',
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
  'client-server': {
    ...usage,
    severity: 'info',
    refuses: 'never',
    title: 'a server of a client was not taken',
    cases: {
      form: states('it is not a table', 'write its entry as a table with a command or a url'),
      disabled: states(
        'it is disabled in its file',
        'enable it in its file, or give it with --backend',
      ),
      extension: states(
        'it is an extension of Zed, which knows how to start it',
        'give the command that starts it: --backend "name=command"',
      ),
      bare: states('it has neither a command nor a url', 'write a command or a url into its entry'),
      'scheme-websocket': states(
        'its url is neither ws nor wss',
        'begin its url with wss:// (ws:// on this machine), or take "ws" out of its type',
      ),
      'scheme-http': states(
        'its url is neither http nor https',
        'begin its url with https:// (http:// on this machine), or set its type to "ws"',
      ),
      address: says(
        ({ scheme }: Texts<'scheme'>) => `its url is not a valid ${scheme} address`,
        { scheme: 'http' },
        'write the whole address into its url: scheme, host and path',
      ),
      arguments: states('args is not a list of strings', 'write its args as a list of strings'),
      empty: states(
        'its command is empty once its own variables are filled in',
        'write its command itself, or give the variable in its env a value',
      ),
      dollar: says(
        ({ key }: Texts<'key'>) => `${key} has a "$" right before a variable`,
        { key: 'args[0]' },
        'take that "$" out of its entry, or give the server with --backend',
      ),
      text: says(
        ({ key }: Texts<'key'>) => `${key} is not plain text`,
        { key: 'args[0]' },
        'remove null characters and unpaired surrogates from its entry',
      ),
      same: says(
        ({ name }: Texts<'name'>) => `it is the same server as ${name}`,
        { name: 'files' },
        'nothing to do: one of them is enough',
      ),
      itself: states('it is this proxy', 'nothing to do: a proxy cannot be its own backend'),
      'own-address': states(
        'it is the address of this proxy',
        'nothing to do: a proxy cannot be its own backend',
      ),
      personal: says<Texts<'file'>>(
        () => 'it belongs to you, not to this folder',
        { file: '~/.claude.json' },
        ({ file }) => `take it, with all others of that file: --from ${file}`,
      ),
      unchosen: states('you did not choose it', 'choose it when you run this again'),
      login: says(
        ({ url }: Texts<'url'>) =>
          `${url} wants a token of its own, and the proxy passes those of its callers to no one`,
        { url: 'https://mcp.example.com/mcp' },
        ({ url }) =>
          `give it with --backend "name=${url}", and its credential as bearer_token, headers or an oauth table in the configuration`,
      ),
    },
    hint: 'give the server with --backend',
  },
} as const satisfies Record<string, ProblemSpec>
