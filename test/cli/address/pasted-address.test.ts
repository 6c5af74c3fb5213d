import { expect, test } from 'vitest'
import { notedAddress, readAddress } from '../../../src/cli/address/checked-address.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { isPlainAddress } from '../../../src/cli/address/pasted-address.ts'

const url = 'https://mcp.example.com/mcp'

/** Of a usage error: what it says and what it advises. */
const refusal = (read: () => unknown): { readonly message: string; readonly hint: string } => {
  try {
    read()
  } catch (error) {
    const [problem] = error instanceof UsageError ? error.problems : []
    if (problem !== undefined) return { message: problem.message, hint: problem.hint ?? '' }
  }
  throw new Error('not refused')
}

const readAs = (given: string, sockets = false) => {
  const notes: string[] = []
  const example = 'mcp-proxy discover https://id.example.com'
  const { address } = notedAddress(
    given,
    { example, sockets },
    { note: (text) => void notes.push(text) },
  )
  return { address, notes }
}

test.each([
  ['double quotes', `"${url}"`],
  ['single quotes', `'${url}'`],
  ['typographic quotes', `“${url}”`],
  ['low quotes', `„${url}“`],
  ['guillemets', `«${url}»`],
  ['backticks', `\`${url}\``],
  ['half a quote', `${url}"`],
  ['angle brackets', `<${url}>`],
  ['half an angle bracket', `<${url}`],
  ['a link of a chat program', `<${url}|our server>`],
  ['a Markdown link', `[our server](${url})`],
  ['a Markdown link that shows its address', `[${url}](${url})`],
  ['a Markdown link with a title', `[our server](${url} "the server")`],
  ['a Markdown link at the end of a sentence', `[our server](${url}).`],
  ['an HTML link', `<a href="${url}" class="x">our server</a>`],
  ['a comma', `${url},`],
  ['a period', `${url}.`],
  ['a semicolon', `${url};`],
  ['a closing bracket', `${url})`],
  ['brackets around it', `(${url})`],
  ['brackets and a period', `(${url}).`],
  ['an opening bracket', `(${url}`],
  ['a label', `URL: ${url}`],
  ['a label of two words', `Server URL: ${url}`],
  ['a list entry', `- url: ${url}`],
  ['a line of TOML', `url = "${url}"`],
  ['a line of a shell', `export MCP_URL="${url}"`],
  ['a line of a shell without quotes', `MCP_URL=${url}`],
  ['a line of JSON', `"url": "${url}",`],
  ['a line of JSON with escaped slashes', `"url": "${url.replaceAll('/', '\\/')}",`],
  ['a line of JSON with a label before', `"serverUrl" : "${url}"`],
  ['an entry of a client', `{"type": "http", "url": "${url}"}`],
  ['a file of a client', `{"mcpServers": {"desk": {"type": "http", "url": "${url}"}}}`],
  ['a request line', `POST ${url} HTTP/1.1`],
  ['a zero-width space', `https://mcp.example.com/\u200bmcp`],
  ['a soft hyphen', 'https://mcp.exam\u00adple.com/mcp'],
  ['full-width characters', 'https：／／mcp.example.com／mcp'],
  ['backslashes', 'https:\\\\mcp.example.com/mcp'],
  ['percent-encoding', encodeURIComponent(url)],
  ['one slash', 'https:/mcp.example.com/mcp'],
  ['three slashes', 'https:///mcp.example.com/mcp'],
  ['no slash', 'https:mcp.example.com/mcp'],
  ['no colon', 'https//mcp.example.com/mcp'],
  ['two colons', 'https:://mcp.example.com/mcp'],
  ['a semicolon for a colon', 'https;//mcp.example.com/mcp'],
  ['a blank behind the scheme', 'https:// mcp.example.com/mcp'],
  ['two schemes', `https://${url}`],
  ['two different schemes', `http://${url}`],
  ['two schemes, one without a colon', 'https://https//mcp.example.com/mcp'],
  ['quotes in quotes and a comma', `'"${url}",'`],
  [
    'a member of a challenge',
    `resource_metadata="${url.replace(/mcp$/, '.well-known/oauth-protected-resource/mcp')}"`,
  ],
])('an address with %s is read, and the change is said', (_, given) => {
  const { address, notes } = readAs(given)
  expect(address).toBe(url)
  expect(notes).toHaveLength(1)
  expect(notes[0]).toMatch(/^address read as https:\/\/mcp\.example\.com\/mcp \(.+\)$/)
})

test.each([
  [url],
  ['https://[::1]:8080/mcp'],
  ['https://mcp.example.com/mcp?key=a&amp=b'],
  ['https://mcp.example.com/a_(b)'],
  ['https://mcp.example.com/mcp?next=https://other.example.com'],
  ['https://mcp.example.com/x%2Fy'],
  ["https://mcp.example.com/a&b='c'"],
])('%s is left as it is', (given) => {
  expect(readAs(given)).toStrictEqual({ address: given, notes: [] })
})

test.each([`${url}\n`, `  ${url}\t`, `\ufeff${url}`])(
  'blanks around it go without a word',
  (given) => {
    expect(readAs(given)).toStrictEqual({ address: url, notes: [] })
  },
)

test('a host without a scheme gets one, which is said', () => {
  expect(readAs('mcp.example.com/mcp,')).toStrictEqual({
    address: url,
    notes: [`address read as ${url} ("," at the end removed, https:// added)`],
  })
})

test.each([
  ['https://mcp.example.com/.well-known/oauth-protected-resource/mcp', url, 'mcp'],
  [
    'https://mcp.example.com/.well-known/oauth-protected-resource',
    'https://mcp.example.com',
    'mcp',
  ],
  ['https://mcp.example.com/mcp/.well-known/oauth-protected-resource', url, 'mcp'],
  [
    'https://id.example.com/.well-known/oauth-authorization-server',
    'https://id.example.com',
    'issuer',
  ],
  [
    'https://id.example.com/.well-known/oauth-authorization-server/realms/dev',
    'https://id.example.com/realms/dev',
    'issuer',
  ],
  [
    'https://id.example.com/realms/dev/.well-known/openid-configuration',
    'https://id.example.com/realms/dev',
    'issuer',
  ],
  [
    'id.example.com/realms/dev/.well-known/openid-configuration',
    'https://id.example.com/realms/dev',
    'issuer',
  ],
])('%s is the metadata document of %s (%s)', (given, address, about) => {
  expect(readAddress(given)).toMatchObject({ address, about })
  expect(readAs(given).notes[0]).toContain('of that metadata document')
})

test.each([
  ['words behind it', `${url} answers 401`, url],
  ['words before it', `why does ${url} answer 401?`, url],
  ['a log line', `2026-11-30T10:00:00Z level=info url=${url} status=401`, url],
  ['a line break in it', 'https://mcp.example.com/\n  mcp', url],
  ['a curl command', `curl -i ${url}`, url],
  ['a misspelt scheme', 'htps://mcp.example.com/mcp', url],
  ['a scheme without its first letter', 'ttps://mcp.example.com/mcp', url],
])('with %s it is not certain: refused with the line that is probably meant', (_, given, meant) => {
  expect(refusal(() => readAs(given))).toStrictEqual({
    message: 'It is not certain which address is meant',
    hint: `did you mean mcp-proxy discover ${meant}?`,
  })
})

test.each([
  ['two addresses', `${url} and https://other.example.com/mcp`],
  ['a Markdown link that shows another address', `[${url}](https://other.example.com)`],
  [
    'a file with two servers',
    `{"a": {"url": "${url}"}, "b": {"url": "https://other.example.com"}}`,
  ],
])('%s are refused with one of them', (_, given) => {
  expect(refusal(() => readAs(given))).toStrictEqual({
    message: 'The text contains 2 addresses',
    hint: `pass one of them: mcp-proxy discover ${url}`,
  })
})

test.each([
  ['a user and a password', 'https://user:hunter22@mcp.example.com/mcp'],
  ['a user alone', 'https://hunter22@mcp.example.com/mcp'],
  ['a token in the query', 'https://mcp.example.com/mcp?access_token=hunter22'],
  ['quotes around it', '"https://user:hunter22@mcp.example.com/mcp",'],
  ['words around it', 'see https://user:hunter22@mcp.example.com/mcp for more'],
  ['a misspelt scheme', 'htps://user:hunter22@mcp.example.com/mcp'],
])('a credential with %s is refused and never shown', (_, given) => {
  const said = refusal(() => readAs(given))
  expect(said.hint).toContain(`mcp-proxy discover ${url}`)
  expect(JSON.stringify(said)).not.toContain('hunter22')
})

test('a WebSocket server is named as one, with what to run instead', () => {
  expect(refusal(() => readAs('"wss://mcp.example.com/mcp"'))).toStrictEqual({
    message:
      'wss://mcp.example.com/mcp is the address of a WebSocket server, which is not asked over HTTP',
    hint: 'to try the server: mcp-proxy tools wss://mcp.example.com/mcp; for what its host publishes: mcp-proxy discover https://mcp.example.com/mcp',
  })
})

test('a command that opens WebSockets reads their addresses as others', () => {
  expect(readAs('<wss://mcp.example.com/mcp>', true).address).toBe('wss://mcp.example.com/mcp')
  expect(() => readAs('wss://user:hunter22@mcp.example.com/mcp', true)).toThrow('credential')
})

test('what is shown of a paste contains no more than an address', () => {
  expect(isPlainAddress(url)).toBe(true)
  expect(isPlainAddress('mcp.example.com/mcp')).toBe(true)
  expect(isPlainAddress(`{"url":"${url}","token":"hunter22"}`)).toBe(false)
})
