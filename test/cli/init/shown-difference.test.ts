// A change to the file of a client is shown without the secrets that the file has.
import { expect, test } from 'vitest'
import { shownDifference } from '../../../src/cli/init/shown-difference.ts'

const secret = 'a-secret-of-the-client'

const ours = { path: ['mcpServers', 'desk'], url: 'http://127.0.0.1:8080/mcp' }

test('our entry is shown, and of the line before it only what changed about it', () => {
  const before = '{\n  "mcpServers": {\n    "a": { "env": { "KEY": "x" } }\n  }\n}\n'
  const after =
    '{\n  "mcpServers": {\n    "a": { "env": { "KEY": "x" } },\n    "desk": {\n      "url": "http://127.0.0.1:8080/mcp"\n    }\n  }\n}\n'
  expect(shownDifference(before, after, ours)).toEqual([
    '@@ line 3 @@',
    '-    "a": { "env": { "KEY": "…" } }',
    '+    "a": { "env": { "KEY": "…" } },',
    '+    "desk": {',
    '+      "url": "http://127.0.0.1:8080/mcp"',
    '+    }',
  ])
})

test.each([
  [`{"a":{"env":{"KEY":"${secret}"}}}`],
  [`{"a":{"args":["${secret}","\\"${secret}"]}}`],
  [`{"a": 1} // ${secret}`],
  [`/* ${secret} */ {"a": 1}`],
  [`{"a": ${secret}}`],
  [`{"a": "${secret}`],
  [`[a]\nkey = '${secret}'`],
  [`[a]\nkey = """\n${secret}\n"""`],
  [`[a]\nkey = [\n  "${secret}",\n]\n# ${secret}`],
  [`# ${secret}`],
])('no value of others is shown, whether it is removed or added: %j', (text) => {
  for (const lines of [shownDifference(text, '', ours), shownDifference('', text, ours)]) {
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.join('\n')).not.toContain(secret)
  }
})

test('of a file in one long line the place of the change is shown', () => {
  const filler = `"x":${'1,"x":'.repeat(500)}1`
  const [, removed = '', added = ''] = shownDifference(
    `{${filler},"mcpServers":{}}`,
    `{${filler},"mcpServers":{"desk":{"url":"http://127.0.0.1:8080/mcp"}}}`,
    ours,
  )
  expect(added).toContain('"desk":{"url":"http://127.0.0.1:8080/mcp"}')
  expect(Math.max(removed.length, added.length)).toBeLessThan(210)
})
