import { expect, test } from 'vitest'
import { checkedAddress } from '../../../src/cli/address/checked-address.ts'

test.each([
  ['https://id.example.com/realms/dev', 'https://id.example.com/realms/dev'],
  ['http://127.0.0.1:8080/mcp', 'http://127.0.0.1:8080/mcp'],
  ['example.com', 'https://example.com'],
  ['mcp.example.com/mcp', 'https://mcp.example.com/mcp'],
  ['mcp.example.com:8443/mcp', 'https://mcp.example.com:8443/mcp'],
  ['Example.COM', 'https://Example.COM'],
  ['a-b.c1.example.co.uk/x?y=1', 'https://a-b.c1.example.co.uk/x?y=1'],
  ['intranet:8080/mcp', 'https://intranet:8080/mcp'],
  ['localhost', 'http://localhost'],
  ['localhost:4000', 'http://localhost:4000'],
  ['localhost/mcp', 'http://localhost/mcp'],
  ['127.0.0.1:9101/mcp', 'http://127.0.0.1:9101/mcp'],
  ['[::1]:9101/mcp', 'http://[::1]:9101/mcp'],
  ['10.0.0.7/mcp', 'https://10.0.0.7/mcp'],
  ['  example.com/mcp ', 'https://example.com/mcp'],
])('%s is read as %s', (given, read) => {
  expect(checkedAddress(given)).toBe(read)
})

test.each([
  ['a word', 'foo'],
  ['a path', '/mcp'],
  ['a relative path', './token.txt'],
  ['a mail address', 'me@example.com'],
  ['another scheme', 'ftp://example.com'],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln'],
  ['a dotted API key', `SG.${'aB3'.repeat(7)}.${'xY9'.repeat(14)}`],
  ['a Vault token', `hvs.${'a'.repeat(90)}`],
  ['a GitHub token', 'ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  ['nothing', ''],
  ['a port alone', ':8080'],
])('%s is no address, and is not repeated', (_, given) => {
  const read = () => checkedAddress(given)
  expect(read).toThrow('must be an http or https URL')
  // A placeholder for what is too short to be looked for.
  expect(read).not.toThrow(given.length > 8 ? given : 'not to be found')
})
