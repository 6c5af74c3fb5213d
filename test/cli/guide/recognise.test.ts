// What a person pastes, recognised: the kind, where it leads, and nothing of it shown that could be a secret.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCurl } from '../../../src/cli/guide/curl.ts'
import { readHar } from '../../../src/cli/guide/har.ts'
import { placeOf, recognise, shownPaste, type Seen } from '../../../src/cli/guide/recognise.ts'
import { goodClaims, mintToken, testAudience, testIssuer, testKey } from '../../support/tokens.ts'

let folder: string
let jwt: string
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'recognise-'))
  jwt = await mintToken(await testKey(), goodClaims())
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, content: string): string => {
  const whole = path.join(folder, name)
  writeFileSync(whole, content)
  return whole
}

const id = '523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11'
const server = 'https://mcp.acme.test/mcp'
const challenge = `Bearer error="invalid_token", resource_metadata="https://mcp.acme.test/.well-known/oauth-protected-resource/mcp"`

/** The kind, and what it leads to. */
const said = (seen: Seen): string => {
  switch (seen.kind) {
    case 'address':
      return `address ${seen.address}`
    case 'request':
      return `request ${placeOf(seen.request)}${seen.request.token === undefined ? '' : ' token'}`
    case 'decision':
      return `decision ${seen.id}`
    case 'text':
      return `text ${seen.server ?? ''}`.trim()
    case 'token':
      return `token ${seen.issuer ?? ''}`.trim()
    case 'config':
    case 'words':
    case 'nothing':
      return seen.kind
  }
}

describe('recognised', () => {
  test.each<[string, string, string]>([
    ['the URL of a server', server, `address ${server}`],
    ['a bare host', 'mcp.acme.test', 'address https://mcp.acme.test'],
    ['a server of this machine', 'localhost:8080/mcp ', 'address http://localhost:8080/mcp'],
    ['an issuer', 'https://id.acme.test/realms/dev', 'address https://id.acme.test/realms/dev'],
    [
      'a metadata document of an issuer',
      'https://id.acme.test/realms/dev/.well-known/openid-configuration',
      'address https://id.acme.test/realms/dev',
    ],
    [
      'one where RFC 8414 puts it',
      'https://id.acme.test/.well-known/oauth-authorization-server/tenant',
      'address https://id.acme.test/tenant',
    ],
    [
      'the metadata of a server',
      'https://mcp.acme.test/.well-known/oauth-protected-resource/mcp',
      `address ${server}`,
    ],
    ['an error code', 'invalid_target', 'text'],
    ['an error code of Entra', 'AADSTS50011', 'text'],
    [
      'an error message of Entra',
      "AADSTS50011: The redirect URI 'http://localhost' does not match.",
      'text',
    ],
    ['an id of ours', 'claim-aud', 'text'],
    ['a system error', 'ECONNREFUSED', 'text'],
    ['a status', '401', 'text'],
    ['a JSON-RPC error', '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"x"}}', 'text'],
    ['an answer of a token endpoint', '{"error":"invalid_grant"}', 'text'],
    ['a challenge', challenge, `text ${server}`],
    [
      'an answer with its headers',
      `HTTP/1.1 401 Unauthorized\r\nDate: x\r\nWWW-Authenticate: ${challenge}\r\n\r\n`,
      `text ${server}`,
    ],
    ['the address of a redirect', 'http://127.0.0.1:3000/cb?error=access_denied&state=x', 'text'],
    ['a request id', id, `decision ${id}`],
    ['a short request id', '523c276f', 'decision 523c276f'],
    ['its header', `x-request-id: ${id}`, `decision ${id}`],
    [
      'a log line of serve',
      `{"level":40,"request_id":"${id}","code":"claim-aud","msg":"refused"}`,
      `decision ${id}`,
    ],
    [
      'an error of ours',
      `{"error":{"data":{"code":"claim-aud","request_id": "${id}"}}}`,
      `decision ${id}`,
    ],
    ['some other UUID in a text', `trace ${id} failed with invalid_scope`, 'text'],
    ['words', 'wrong audience', 'words'],
    ['nothing', '???', 'nothing'],
    ['a HAR that is not there', './trace.har', 'nothing'],
    ['an opaque token', 'Zk3u8sJ2mQ0vN7xR4tYpLwA1', 'token'],
    ['an API key', `ghp_${'a1'.repeat(18)}`, 'token'],
    ['a curl command', `curl -i ${server}`, `request ${server}`],
    [
      'one that a browser copied',
      `curl '${server}?x=1' \\\n  -X 'POST' \\\n  -H 'content-type: application/json' \\\n  -H 'authorization: Bearer abc.def.ghi' \\\n  --data-raw $'{"a":"it\\'s"}'`,
      `request ${server} token`,
    ],
    [
      'one of Windows',
      `curl.exe "${server}" ^\r\n  -H "Authorization: Bearer abc"`,
      `request ${server} token`,
    ],
    [
      'one that asks for a token',
      'curl -u client:secret -d grant_type=client_credentials https://id.acme.test/realms/dev/protocol/openid-connect/token',
      'request https://id.acme.test/realms/dev',
    ],
  ])('%s', (_, text, expected) => {
    expect(said(recognise(text))).toBe(expected)
  })

  test.each<[string, (token: string) => string]>([
    ['a JWT', (token) => token],
    ['with its header', (token) => `Authorization: Bearer ${token}`],
    ['wrapped by a terminal', (token) => `${token.slice(0, 80)}\n${token.slice(80)}`],
    ['in a token response', (token) => JSON.stringify({ access_token: token, id_token: 'x' })],
    ['in a file', (token) => file('token.txt', `${token}\n`)],
    ['in a file that was dropped', (token) => `'${file('my token.txt', token)}' `],
    ['in a file by its URL', (token) => `file://${file('url.txt', token)}`],
  ])('%s: who it is from and for, never the token', (_, written) => {
    const seen = recognise(written(jwt))
    expect(seen).toMatchObject({ kind: 'token', token: jwt, issuer: testIssuer })
    expect(seen.saw).toContain(`a JWT of ${testIssuer} for ${testAudience}`)
    expect(seen.saw).not.toContain(jwt.slice(0, 12))
  })

  test('a configuration', () => {
    const at = file('proxy.toml', '[proxy]\nname = "x"\n')
    expect(recognise(at)).toMatchObject({ kind: 'config', file: at })
  })

  test('a file of anything else', () => {
    expect(recognise(file('x.txt', 'nothing? here!')).kind).toBe('nothing')
  })
})

describe('a curl command', () => {
  test.each<[string, object]>([
    ['curl --url https://a.test/mcp', { address: 'https://a.test/mcp' }],
    ['curl a.test/mcp', { address: 'http://a.test/mcp' }],
    [
      'curl -H"Authorization: DPoP t0k" https://a.test',
      { address: 'https://a.test', token: 't0k' },
    ],
    ['curl --oauth2-bearer t0k https://a.test', { token: 't0k' }],
    ['curl -u me:pw -o out.json https://a.test', { address: 'https://a.test', token: undefined }],
    ['curl https://me:pw@a.test/x#y', { address: 'https://a.test/x' }],
    ['$ curl --header=Authorization:\\ Bearer\\ t0k https://a.test', { token: 't0k' }],
  ])('%s', (text, expected) => {
    expect(readCurl(text)).toMatchObject(expected)
  })

  test.each(['curl', 'curling https://a.test', "curl 'https://a.test", 'curl ftp://a.test'])(
    'none: %s',
    (text) => {
      expect(readCurl(text)).toBeUndefined()
    },
  )
})

describe('a HAR file', () => {
  const entry = (url: string, status: number, more: object = {}, response: object = {}) => ({
    request: { method: 'POST', url, headers: [], ...more },
    response: { status, headers: [], content: { text: '' }, ...response },
  })
  const bearer = { headers: [{ name: 'Authorization', value: 'Bearer t0k' }] }
  const asks = { headers: [{ name: 'WWW-Authenticate', value: challenge }] }
  const har = (...entries: readonly object[]) =>
    JSON.stringify({ log: { version: '1.2', entries } })

  test('the exchange that says most leads', () => {
    const page = entry('https://app.test/', 200)
    const refused = entry(server, 401, bearer, asks)
    const failed = entry(
      'https://id.acme.test/oauth2/token',
      400,
      { postData: { text: 'grant_type=authorization_code' } },
      { content: { text: '{"error":"invalid_grant"}' } },
    )
    const led = (text: string) => readHar(Buffer.from(text))?.told
    expect(led(har(page, entry(server, 200), refused))).toMatchObject({
      address: server,
      token: 't0k',
      status: 401,
      answer: expect.stringContaining('WWW-Authenticate: Bearer error="invalid_token"') as unknown,
    })
    expect(led(har(page, refused, failed))).toMatchObject({ asksForToken: true, status: 400 })
    expect(led(har(page, entry(server, 200)))).toMatchObject({ address: server, status: 200 })
    expect(led(har(page))).toBeUndefined()
  })

  test('its path is enough', () => {
    const at = file('trace.har', har(entry(server, 401, bearer, asks)))
    expect(said(recognise(at))).toBe(`request ${server} token`)
    expect(recognise(at).saw).toBe(`a HAR file with 1 exchange; ${server} answered 401`)
    expect(recognise(file('empty.har', har())).kind).toBe('nothing')
  })

  test.each(['', '[]', '{}', '{"log":{}}', '{"log":{"entries":[null,{},{"request":{"url":7}}]}}'])(
    'not one, or one with nothing in it: %s',
    (text) => {
      expect(readHar(Buffer.from(text))?.told).toBeUndefined()
    },
  )
})

describe('on the screen', () => {
  test.each([
    ['AADSTS50011', 'AADSTS50011'],
    ['invalid_token', 'invalid_token'],
    [server, server],
    [`x-request-id: ${id}`, `x-request-id: ${id}`],
    ['wrong audience', 'wrong audience'],
    ['401', '401'],
    ['', ''],
    ['Zk3u8sJ2mQ0v', '[12 characters]'],
    ['ghp_a1b2', '[8 characters]'],
    ['Bearer abc123', '[13 characters]'],
    ['hunter2', '[7 characters]'],
    ['https://a.test/?token=x', '[23 characters]'],
    ['https://me:pw@a.test', '[20 characters]'],
    [`a\nb`, '[3 characters]'],
  ])('%j is shown as %j', (text, shown) => {
    expect(shownPaste(text)).toBe(shown)
  })

  test('no beginning of a token that is typed shows more than a few of its characters', () => {
    for (let n = 8; n <= jwt.length; n += 1) {
      expect(shownPaste(jwt.slice(0, n))).toBe(`[${String(n)} characters]`)
    }
  })
})
