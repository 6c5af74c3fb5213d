// A token as people paste it: what each accident looks like, and the checks that name it.

export interface Pasted {
  readonly name: string
  readonly text: string
  readonly ids: readonly string[]
  /** It is one line, so that it can be put into a header field. */
  readonly oneLine: boolean
}

const accident = (name: string, text: string, ...ids: readonly string[]): Pasted => ({
  name,
  text,
  ids,
  oneLine: !/[\r\n]/.test(text),
})

const wrapped = (jwt: string, width: number, end: string): string =>
  jwt.replace(new RegExp(`.{${String(width)}}(?!$)`, 'g'), `$&${end}`)

const percent = (text: string): string =>
  text.replace(/[^\w]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

export const pasted = (jwt: string): readonly Pasted[] => {
  const half = Math.floor(jwt.length / 2)
  const [head, tail] = [jwt.slice(0, half), jwt.slice(half)]
  const response = { access_token: jwt, token_type: 'Bearer', refresh_token: 'r', id_token: 'i' }
  return [
    accident('a prefix', `Bearer ${jwt}`, 'in-bearer-prefix'),
    accident('a small prefix', `bearer ${jwt}`, 'in-bearer-prefix'),
    accident('another scheme', `DPoP ${jwt}`, 'in-bearer-prefix'),
    accident('a header', `Authorization: Bearer ${jwt}`, 'in-bearer-prefix'),
    accident('a header without a scheme', `authorization:${jwt}`, 'in-bearer-prefix'),
    accident('a doubled prefix', `Bearer Bearer ${jwt}`, 'in-bearer-prefix'),
    accident('a prefix with a colon', `Bearer: ${jwt}`, 'in-bearer-prefix'),
    accident('straight quotes', `"${jwt}"`, 'in-quotes'),
    accident('single quotes', `'${jwt}'`, 'in-quotes'),
    accident('smart quotes', `\u201c${jwt}\u201d`, 'in-quotes'),
    accident('single smart quotes', `\u2018${jwt}\u2019`, 'in-quotes'),
    accident('low quotes', `\u201e${jwt}\u201c`, 'in-quotes'),
    accident('angled quotes', `\u00ab${jwt}\u00bb`, 'in-quotes'),
    accident('a backtick', `\`${jwt}\``, 'in-quotes'),
    accident('half a quote', `"${jwt}`, 'in-quotes'),
    accident('a quote and a comma', `"${jwt}",`, 'in-quotes'),
    accident('a quoted header', `"Bearer ${jwt}"`, 'in-quotes', 'in-bearer-prefix'),
    accident(
      'a command',
      `curl -s -H "Authorization: Bearer ${jwt}" https://mcp.acme.test/mcp`,
      'in-bearer-prefix',
    ),
    accident('a variable of a shell', `export MCP_TOKEN='${jwt}'`, 'in-quotes', 'in-bearer-prefix'),
    accident('a line of an .env file', `MCP_TOKEN=${jwt}`, 'in-bearer-prefix'),
    accident('a piece of YAML', `headers:\n  Authorization: Bearer ${jwt}\n`, 'in-bearer-prefix'),
    accident(
      'the configuration of a client',
      JSON.stringify({ mcpServers: { a: { headers: { Authorization: `Bearer ${jwt}` } } } }),
      'in-bearer-prefix',
    ),
    accident('a comma behind it', `${jwt},`, 'in-bearer-prefix'),
    accident('a fence', `\`\`\`\n${jwt}\n\`\`\``, 'in-quotes', 'in-whitespace'),
    accident('two lines', `${head}\n${tail}`, 'in-whitespace'),
    accident('wrapped lines', wrapped(jwt, 16, '\n'), 'in-whitespace'),
    accident('wrapped and indented lines', wrapped(jwt, 20, '\r\n    '), 'in-whitespace'),
    accident('a tab', `${head}\t${tail}`, 'in-whitespace'),
    accident('a no-break space', `${head}\u00a0${tail}`, 'in-whitespace'),
    accident('a space in a JWT', `${head} ${tail}`, 'in-whitespace'),
    accident('a space before it', ` ${jwt}`, 'in-whitespace'),
    accident('a written line break', `${jwt}\\n`, 'in-whitespace'),
    accident('percent signs', jwt.replaceAll('.', '%2E'), 'in-url-encoded'),
    accident('small percent signs', jwt.replaceAll('.', '%2e'), 'in-url-encoded'),
    accident('an encoded header', percent(`Bearer ${jwt}`), 'in-url-encoded', 'in-bearer-prefix'),
    accident('a response', JSON.stringify(response), 'in-json-envelope'),
    accident('a pretty response', JSON.stringify(response, null, 2), 'in-json-envelope'),
    accident(
      'a wrapped response',
      JSON.stringify({ access_token: 0 }).replace('0', `"${head}\n${tail}"`),
      'in-json-envelope',
    ),
    accident('a line of a response', `"access_token": "${jwt}",`, 'in-json-envelope'),
    accident('a zero-width space', `${head}\u200b${tail}`, 'in-non-ascii'),
    accident('a byte order mark', `\ufeff${jwt}`, 'in-non-ascii'),
    accident('a soft hyphen', `${head}\u00ad${tail}`, 'in-non-ascii'),
    accident('directional marks', `\u202a${jwt}\u202c`, 'in-non-ascii'),
  ]
}
