import { describe, expect, test } from 'vitest'
import { editBackends, type BackendEdit } from '../../src/config/edit-backends.ts'

const toml = `# who we are
[proxy]
name = "p" # the name

# files of the team
[[backends]]
name = "files"
transport = "stdio"
command = "npx"
[backends.env]
KEY = "\${KEY}"
[[backends.aliases]]
from = "a"
to = "b"

# the search
[[backends]]
name = "search"
transport = "http"
url = "https://search.example.com/mcp"

[observability]
log_level = "warn" # quiet
`

const yaml = `# who we are
proxy: { name: p }
backends:
  # files of the team
  - name: files
    transport: stdio
    command: npx
  - name: search # the search
    transport: http
    url: https://search.example.com/mcp
`

const json = JSON.stringify({
  proxy: { name: 'p' },
  backends: [{ name: 'files', transport: 'stdio', command: 'npx' }],
})

const section = { name: 'new', transport: 'http', url: 'https://new.example.com/mcp' }
const add: BackendEdit = { kind: 'add', section }

const textOf = async (...given: Parameters<typeof editBackends>): Promise<string> => {
  const found = await editBackends(...given)
  if (typeof found === 'string') throw new Error(found)
  return found.text
}

describe('TOML', () => {
  test('a backend is added at the end', async () => {
    expect(await textOf(toml, 'toml', add)).toBe(`${toml}
[[backends]]
name = "new"
transport = "http"
url = "https://new.example.com/mcp"
`)
  })

  test('a backend is removed with the tables below it, and comments stay', async () => {
    const text = await textOf(toml, 'toml', { kind: 'remove', name: 'files' })
    expect(text).not.toContain('KEY')
    expect(text).not.toContain('aliases')
    for (const kept of ['# who we are', '# the name', '# the search', '# quiet']) {
      expect(text).toContain(kept)
    }
  })

  test('a backend is replaced in its place', async () => {
    const text = await textOf(toml, 'toml', {
      kind: 'replace',
      section: { ...section, name: 'files', headers: { 'X-Key': '${KEY}' } },
    })
    expect(text.indexOf('new.example.com')).toBeLessThan(text.indexOf('# the search'))
    expect(text).toContain('# files of the team\n[[backends]]\nname = "files"')
  })

  test('an inline list is not edited', async () => {
    const inline = '[proxy]\nname = "p"\n[x]\nbackends = 1\n'
    expect(await editBackends(`backends = [{ name = "a" }]\n${inline}`, 'toml', add)).toBe('layout')
  })
})

test('YAML keeps its comments', async () => {
  const added = await textOf(yaml, 'yaml', add)
  expect(added).toContain('# files of the team')
  expect(added).toContain('- name: new\n')
  const removed = await textOf(yaml, 'yaml', { kind: 'remove', name: 'files' })
  expect(removed).toContain('# the search')
  expect(removed).not.toContain('npx')
})

test('JSON stays JSON', async () => {
  const text = await textOf(json, 'json', {
    kind: 'replace',
    section: { ...section, name: 'files' },
  })
  expect(JSON.parse(text)).toEqual({
    proxy: { name: 'p' },
    backends: [{ ...section, name: 'files' }],
  })
})

test('names that are taken or unknown are said', async () => {
  for (const [text, format] of [
    [toml, 'toml'],
    [yaml, 'yaml'],
    [json, 'json'],
  ] as const) {
    const taken: BackendEdit = { kind: 'add', section: { ...section, name: 'files' } }
    expect(await editBackends(text, format, taken)).toBe('taken')
    expect(await editBackends(text, format, { kind: 'replace', section })).toBe('unknown')
    expect(await editBackends(text, format, { kind: 'remove', name: 'none' })).toBe('unknown')
  }
})
