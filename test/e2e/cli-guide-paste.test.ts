// The guided mode with what people have in hand: it says what it saw, runs the command for it, and asks nothing known.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'
import { keys, openTerminal, type Terminal } from '../support/terminal.ts'

const { enter, interrupt } = keys
const question = 'Paste what you have'

let issuer: AuthorizationServer
let server: ScriptedServer
let folder: TempFolder
let address: string
let count = 0
let here: string

beforeAll(async () => {
  ;[issuer, server, folder] = await Promise.all([
    startAuthorizationServer(),
    startScriptedServer(),
    makeTempFolder(),
  ])
  address = `${server.origin}/mcp`
  const metadata = `${server.origin}/.well-known/oauth-protected-resource/mcp`
  server.on('/mcp', {
    status: 401,
    headers: { 'www-authenticate': `Bearer resource_metadata="${metadata}"` },
  })
  server.on('/.well-known/oauth-protected-resource/mcp', {
    body: { resource: address, authorization_servers: [issuer.issuer] },
  })
})
beforeEach(async () => {
  count += 1
  here = path.join(folder.path, `desk-${String(count)}`)
  await mkdir(here)
})
afterAll(async () => {
  await issuer?.close()
  await server?.close()
  await folder?.remove()
})

/** As a terminal marks a paste, whatever lines it has. */
const pasted = (text: string): string => `\u001b[200~${text}\u001b[201~`

const paste = async (text: string): Promise<Terminal> => {
  const guide = openTerminal([], { cwd: here, env: { HOME: here } }, 160)
  await guide.answer(question, pasted(text), enter)
  return guide
}

/** How it ended, and whether the secret was ever on the screen. */
const left = async (guide: Terminal, secret = 'no secret here'): Promise<string> => {
  await guide.answer('Next step?', interrupt)
  const code = await guide.ended
  return `${String(code)}${guide.shown().includes(secret.slice(0, 16)) ? ', with the secret' : ''}`
}

test('a token, wrapped by a terminal: judged by its own issuer, no question before', async () => {
  const token = await issuer.token({ resource: address })
  const guide = await paste(`Authorization: Bearer ${token.slice(0, 80)}\n${token.slice(80)}\n`)
  await guide.sees(`This is a JWT of ${issuer.issuer} for ${address}.`)
  await guide.sees('$ mcp-proxy validate - < token.txt')
  await guide.sees('ACCEPTED')
  expect(await left(guide, token)).toBe('130')
})

test('a token beside proxy.toml: judged as serve would judge it', async () => {
  await folder.write(
    path.join(path.basename(here), 'proxy.toml'),
    [
      '[proxy]\nname = "desk"\npublic_url = "https://other.acme.test/mcp"',
      `[auth]\ntype = "oauth"\nissuer = "${issuer.issuer}"`,
      '[[backends]]\nname = "x"\ntransport = "stdio"\ncommand = "x"',
    ].join('\n'),
  )
  const guide = await paste(await issuer.token({ resource: address }))
  await guide.sees('$ mcp-proxy validate - --config proxy.toml < token.txt')
  await guide.sees('REJECTED  claim-aud')
  expect(await left(guide)).toBe('130')
})

test('an opaque token says nothing of itself: the server is the one thing that is asked', async () => {
  const token = 'Zk3u8sJ2mQ0vN7xR4tYpLwA1'
  const guide = await paste(token)
  await guide.sees('This is an opaque token.')
  await guide.answer('The URL of the MCP server that it is for:', address, enter)
  await guide.sees(`$ mcp-proxy discover ${address} --token - < token.txt`)
  expect(await left(guide, token)).toBe('130')
})

test('an address: looked at, as it was typed', async () => {
  const guide = await paste(`${address} `)
  await guide.sees(`This is an address, ${address}.`)
  await guide.sees(`$ mcp-proxy discover ${address}\n`)
  expect(await left(guide)).toBe('130')
})

test('a whole answer with its challenge: explained, and the server that it names is the next step', async () => {
  const metadata = `${server.origin}/.well-known/oauth-protected-resource/mcp`
  const guide = await paste(
    `HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer error="invalid_token", resource_metadata="${metadata}"\n\n`,
  )
  await guide.sees('This is a challenge.')
  await guide.sees('$ mcp-proxy explain - < text.txt')
  await guide.answer('Next step?', enter)
  await guide.sees(`$ mcp-proxy discover ${address} --as mcp`)
  expect(await left(guide)).toBe('130')
})

test('an error code', async () => {
  const guide = await paste('AADSTS50011')
  await guide.sees(`${question}, or press Enter for a menu AADSTS50011`)
  await guide.sees('This is an authorization server error.')
  await guide.sees('$ mcp-proxy explain AADSTS50011\n')
  await guide.sees('redirect')
  expect(await left(guide)).toBe('130')
})

test('a curl command with a token: the server is shown it, and says what it makes of it', async () => {
  const token = await issuer.token({ resource: address })
  const guide = await paste(`curl -i '${address}' \\\n  -H 'Authorization: Bearer ${token}'`)
  await guide.sees(`This is a curl command to ${address} with a token.`)
  await guide.sees(`$ mcp-proxy discover ${address} --token - < token.txt`)
  await guide.sees('REFUSED BY THE SERVER ALONE')
  expect(await left(guide, token)).toBe('130')
})

test('a HAR file: what failed in it is explained, and looked at', async () => {
  const file = await folder.write(
    path.join(path.basename(here), 'trace.har'),
    JSON.stringify({
      log: {
        entries: [
          {
            request: { method: 'POST', url: address, headers: [] },
            response: {
              status: 401,
              headers: [{ name: 'www-authenticate', value: 'Bearer error="insufficient_scope"' }],
              content: { text: '' },
            },
          },
        ],
      },
    }),
  )
  const guide = await paste(`'${file}' `)
  await guide.sees(`This is a HAR file with 1 exchange; ${address} answered 401.`)
  await guide.sees('$ mcp-proxy explain - < text.txt')
  await guide.sees('insufficient_scope')
  await guide.sees(`$ mcp-proxy discover ${address} --as mcp`)
  expect(await left(guide)).toBe('130')
})

test('a log line of serve: the running proxy is asked, and where none answers the line is explained', async () => {
  const id = '523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11'
  const guide = await paste(`{"level":40,"request_id":"${id}","code":"claim-aud","msg":"refused"}`)
  await guide.sees(`This is an answer or a log line of a proxy, request id ${id}.`)
  await guide.sees(`$ mcp-proxy why ${id}\n`)
  await guide.sees('$ mcp-proxy explain - < text.txt')
  await guide.sees('claim-aud')
  expect(await left(guide)).toBe('130')
})

test('what nobody knows leads to the questions', async () => {
  const guide = await paste('??')
  await guide.sees('This is nothing that mcp-proxy recognises.')
  await guide.answer('What brings you here?', interrupt)
  expect(await guide.ended).toBe(130)
})
