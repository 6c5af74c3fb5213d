// One server more in the file of a client: everything else in it stays byte for byte, and our own import reads the entry.
import { expect, describe, test } from 'vitest'
import { importEntry } from '../../src/config/clients/entry.ts'
import { insertEntry } from '../../src/config/clients/insert-entry.ts'
import { knowsProxy } from '../../src/config/clients/knows-proxy.ts'
import { readServerList } from '../../src/config/clients/document.ts'
import { clientNames, placesOf, type ClientName } from '../../src/config/clients/places.ts'
import { proxyEntry, type ProxyAddress } from '../../src/config/clients/proxy-entry.ts'
import { createVariables } from '../../src/config/clients/variables.ts'

const machine = { platform: 'linux', home: '/home/ann', cwd: '/home/ann/desk', env: {} } as const

const proxy = (tokenVariable?: string): ProxyAddress => ({
  name: 'desk',
  url: 'http://127.0.0.1:8080/mcp',
  tokenVariable,
  start: {
    command: 'node',
    args: ['run.cjs', 'serve', '--stdio', '--config', '/home/ann/proxy.toml'],
    env: [],
  },
})

const placeOf = (client: ClientName) => {
  const place = placesOf(client, machine).find(({ scope }) => scope === 'user')
  if (place === undefined) throw new Error(client)
  return place
}

const entryOf = (client: ClientName, tokenVariable?: string) => {
  const entry = proxyEntry(client, proxy(tokenVariable))
  if (entry === undefined) throw new Error(client)
  return entry
}

const inserted = async (client: ClientName, text: string, tokenVariable?: string) => {
  const made = await insertEntry(text, placeOf(client).file, entryOf(client, tokenVariable))
  if (made.kind !== 'inserted') throw new Error(JSON.stringify(made))
  return made.text
}

const importOf = async (client: ClientName, text: string) => {
  const list = await readServerList(text, placeOf(client))
  if (!('servers' in list)) throw new Error(list.fault)
  const [, entry] = list.servers.find(([name]) => name === 'desk') ?? []
  return importEntry('desk', entry, {
    folder: machine.cwd,
    home: machine.home,
    inFolder: false,
    env: {},
    variables: createVariables(),
    names: new Set(),
    label: 'other',
    envFile: () => [],
  })
}

describe.each(clientNames)('%s', (client) => {
  test('what is written into an empty file is read by the import as the proxy', async () => {
    const text = await inserted(client, '')
    expect(await knowsProxy(text, placeOf(client), proxy())).toBe(true)
    const { start, url } = proxy()
    expect(await importOf(client, text)).toMatchObject({
      values:
        client === 'claude-desktop'
          ? { transport: 'stdio', command: start.command, args: start.args }
          : { transport: 'http', url },
      leftOut: [],
    })
  })

  test.skipIf(client === 'claude-desktop' || client === 'zed')(
    'a token is a variable of the client, and the import reads it as that variable',
    async () => {
      const text = await inserted(client, '', 'DESK_TOKEN')
      expect(await importOf(client, text)).toMatchObject({
        values: { bearer_token: '${DESK_TOKEN}' },
      })
    },
  )
})

test('zed takes no token from a variable, so there is no entry with one', () => {
  expect(proxyEntry('zed', proxy('DESK_TOKEN'))).toBeUndefined()
})

test('comments, a comma at the end, CRLF and a byte order mark of JSON stay', async () => {
  const before =
    '\ufeff{\r\n    // mine\r\n    "servers": {\r\n        "a": { "command": "x" }, // about a\r\n        // about nothing\r\n    },\r\n    "inputs": [],\r\n}\r\n'
  expect(await inserted('vscode', before)).toBe(
    before.replace(
      '// about a\r\n',
      '// about a\r\n        "desk": {\r\n            "type": "http",\r\n            "url": "http://127.0.0.1:8080/mcp"\r\n        },\r\n',
    ),
  )
})

test('a comment beside the last server stays beside it', async () => {
  const before = '{\n\t"mcpServers": {\n\t\t"a": { "command": "x" } /* about a */ // more\n\t}\n}\n'
  expect(await inserted('cursor', before)).toBe(
    '{\n\t"mcpServers": {\n\t\t"a": { "command": "x" }, /* about a */ // more\n\t\t"desk": {\n\t\t\t"url": "http://127.0.0.1:8080/mcp"\n\t\t}\n\t}\n}\n',
  )
})

test('a file in one line stays in one line', async () => {
  expect(await inserted('cursor', '{"mcpServers":{"a":{"command":"x"}},"b":1}')).toBe(
    '{"mcpServers":{"a":{"command":"x"}, "desk": {"url":"http://127.0.0.1:8080/mcp"}},"b":1}',
  )
})

test('settings without servers get the list behind their last member', async () => {
  expect(await inserted('zed', '// Zed\n{\n  "theme": "One", // dark\n}\n')).toBe(
    '// Zed\n{\n  "theme": "One", // dark\n  "context_servers": {\n    "desk": {\n      "url": "http://127.0.0.1:8080/mcp"\n    }\n  },\n}\n',
  )
})

test('an empty list gets its first server, and its comment stays', async () => {
  const text = await inserted('cursor', '{\n  "mcpServers": {\n    // none yet\n  }\n}\n')
  expect(text).toContain('// none yet')
  expect(text).toContain('"desk"')
})

test('TOML is added to at the end, whatever stands before', async () => {
  const before = '# mine\nmodel = "x"  # beside\n[mcp_servers.a]\ncommand = "x"'
  expect(await inserted('codex', before, 'DESK_TOKEN')).toBe(
    `${before}\n\n[mcp_servers.desk]\nurl = "http://127.0.0.1:8080/mcp"\nbearer_token_env_var = "DESK_TOKEN"\n`,
  )
})

test.each<[ClientName, string, string]>([
  ['cursor', '{"mcpServers":{"desk":{"url":"https://a.example"}}}', 'taken'],
  ['codex', '[mcp_servers.desk]\ncommand = "x"\n', 'taken'],
  ['cursor', '{"mcpServers": {', 'syntax'],
  ['codex', '[mcp_servers', 'syntax'],
  ['cursor', '{"mcpServers": []}', 'shape'],
  ['cursor', '[]', 'shape'],
  ['cursor', '{"mcpServers":{},"mcpServers":{"a":{"command":"x"}}}', 'shape'],
  ['codex', 'mcp_servers = { a = { command = "x" } }\n', 'shape'],
  ['cursor', '['.repeat(150), 'syntax'],
])('%s: %j is refused as %s', async (client, text, kind) => {
  const made = await insertEntry(text, placeOf(client).file, entryOf(client))
  expect(made).toMatchObject({ kind })
})

test('a name with a quote or a prototype in it is one key like any other', async () => {
  for (const name of ['a"b', '__proto__', 'constructor']) {
    const entry = { path: ['mcpServers', name], value: { url: 'u' }, command: undefined }
    const made = await insertEntry('{\n  "mcpServers": {}\n}', 'x.json', entry)
    expect(made.kind).toBe(name === '__proto__' ? 'shape' : 'inserted')
  }
})
