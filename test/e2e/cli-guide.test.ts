// The guided mode: what brings a person here, the commands that help, each as it is typed; never without a terminal.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadProgram } from '../support/program.ts'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { keys, openTerminal } from '../support/terminal.ts'

const audience = 'https://mcp.example.com/mcp'
const { commandIDs } = await loadProgram()
const has = (command: string) => commandIDs.includes(command)

let issuer: AuthorizationServer
let folder: TempFolder

beforeAll(async () => {
  issuer = await startAuthorizationServer()
  folder = await makeTempFolder()
  await mkdir(path.join(folder.path, 'home'))
})

afterAll(async () => {
  await issuer?.close()
  await folder?.remove()
})

const invocation = (env: Record<string, string> = {}) => ({
  cwd: folder.path,
  env: { HOME: path.join(folder.path, 'home'), ...env },
})

const start = (columns?: number) => openTerminal([], invocation(), columns)

const { down, enter, interrupt } = keys

test('a client that loops on 401: discover, its findings, and the token that the client sends', async () => {
  const server = await startScriptedServer()
  const address = `${server.origin}/mcp`
  server.on('/mcp', { status: 401 })
  server.on('/.well-known/oauth-protected-resource/mcp', {
    body: { resource: address, authorization_servers: [issuer.issuer] },
  })
  const guide = start(120)
  try {
    await guide.answer('Paste what you have', enter)
    await guide.answer('What brings you here?', enter)
    // As it is often typed: without a scheme, and with a space that came along.
    await guide.answer('The URL of the MCP server:', `${address.slice('http://'.length)} `, enter)
    await guide.sees(`$ mcp-proxy discover ${address} --as mcp\n`)
    await guide.sees('prm-challenge  Got 401 without a WWW-Authenticate header')
    await guide.answer('The findings above can stop a client. Next step?', enter)
    await guide.answer('Which finding?', 'prm-challenge', enter)
    await guide.sees('$ mcp-proxy explain prm-challenge\n')
    await guide.answer(
      'The findings above can stop a client. Next step?',
      ...(has('login') ? [down] : []),
      down,
      enter,
    )
    // What the metadata of the server says is not asked.
    const token = await issuer.token({ resource: address })
    await guide.answer('Paste the token', token, enter)
    await guide.sees(`$ mcp-proxy discover ${address} --token - < token.txt`)
    await guide.sees('REFUSED BY THE SERVER ALONE')
    await guide.answer('who refuses it, and why. Next step?', down, enter)
    await guide.sees(`$ mcp-proxy validate - --for ${address} < token.txt`)
    await guide.sees('ACCEPTED')
    await guide.answer('who refuses it, and why. Next step?', interrupt)
    expect(guide.shown()).not.toContain('judged by')
    expect(await guide.ended).toBe(130)
    expect(guide.shown()).not.toContain(token.slice(0, 20))
  } finally {
    await guide.close()
    await server.close()
  }
})

test('a wrong path: the guide offers the address where the server is', async () => {
  const server = await startScriptedServer()
  server.on('/mcp', { status: 401 })
  const guide = start(120)
  try {
    await guide.answer('Paste what you have', enter)
    await guide.answer('What brings you here?', enter)
    await guide.answer('The URL of the MCP server:', `${server.origin}/`, enter)
    await guide.sees('WRONG PATH')
    await guide.sees('That is not the address of the MCP server. Next step?')
    await guide.answer(`Look at ${server.origin}/mcp`, enter)
    await guide.sees(`$ mcp-proxy discover ${server.origin}/mcp\n`)
    await guide.sees('Got 401 without a WWW-Authenticate header')
    await guide.answer('The findings above can stop a client. Next step?', interrupt)
    expect(await guide.ended).toBe(130)
  } finally {
    await guide.close()
    await server.close()
  }
})

test('a server that cannot be reached: no token is asked for, and it can be asked again', async () => {
  const server = await startScriptedServer()
  await server.close()
  const guide = start(120)
  try {
    await guide.answer('Paste what you have', enter)
    await guide.answer('What brings you here?', enter)
    await guide.answer('The URL of the MCP server:', `${server.origin}/mcp`, enter)
    await guide.sees('UNREACHABLE')
    await guide.sees('Nothing answers there. Next step?')
    await guide.answer('Run it again', down, down, enter)
    await guide.sees(`$ mcp-proxy discover ${server.origin}/mcp --as mcp\n`)
    await guide.answer('Nothing answers there. Next step?', interrupt)
    expect(await guide.ended).toBe(130)
    expect(guide.shown()).not.toContain('Check the token that the client sends')
  } finally {
    await guide.close()
  }
})

test('a token that is refused: the address comes first, and nothing is asked that the server says', async () => {
  const server = await startScriptedServer()
  const address = `${server.origin}/mcp`
  server.on('/mcp', { status: 401, headers: { 'www-authenticate': 'Bearer' } })
  server.on('/.well-known/oauth-protected-resource/mcp', {
    body: { resource: address, authorization_servers: [issuer.issuer] },
  })
  const guide = start(120)
  try {
    const token = await issuer.token({ resource: 'https://other.example.com/mcp' })
    await guide.answer('Paste what you have', enter)
    await guide.answer('What brings you here?', down, enter)
    await guide.answer('The URL of the MCP server that refuses it', address, enter)
    await guide.answer('Paste the token', token, enter)
    await guide.sees('REFUSED BY BOTH')
    await guide.answer('who refuses it, and why. Next step?', interrupt)
    expect(await guide.ended).toBe(130)
    expect(guide.shown()).not.toContain('issuer (as')
    expect(guide.shown()).not.toContain(token.slice(0, 20))
  } finally {
    await guide.close()
    await server.close()
  }
})

test('a token that is refused: the reasons, its explanation, the keys that its issuer has', async () => {
  await folder.write(
    'proxy.toml',
    [
      '[proxy]\nname = "desk"',
      `public_url = "${audience}"`,
      `[auth]\ntype = "oauth"\nissuer = "${issuer.issuer}"`,
      '[[backends]]\nname = "x"\ntransport = "stdio"\ncommand = "x"',
    ].join('\n'),
  )
  const token = await issuer.token({ resource: 'https://other.example.com/mcp' })
  const guide = start(120)
  await guide.answer('Paste what you have', enter)
  await guide.answer('What brings you here?', down, enter)
  await guide.answer('The URL of the MCP server that refuses it', enter)
  await guide.answer('Check the token against what?', enter)
  await guide.answer('Paste the token', token, enter)
  await guide.sees('$ mcp-proxy validate - --config proxy.toml < token.txt')
  await guide.sees('REJECTED')
  await guide.answer('Rejected, for the reasons above. Next step?', down, enter)
  await guide.sees('$ mcp-proxy validate - --config proxy.toml --follow-iss < token.txt')
  await guide.answer('Rejected, for the reasons above. Next step?', enter)
  await guide.answer('Which finding?', 'claim-aud', enter)
  await guide.sees('$ mcp-proxy explain claim-aud')
  await guide.answer('Next step?', down, down, down, down, down, enter)
  await guide.answer('Paste what you have', enter)
  await guide.answer('What brings you here?', down, down, down, down, enter)
  expect(await guide.ended).toBe(0)
  expect(guide.shown()).not.toContain(token.slice(0, 20))
})

test('a new proxy: init with the terminal, then what serve says of it', async () => {
  const desk = path.join(folder.path, 'desk')
  await mkdir(desk)
  const guide = openTerminal([], { ...invocation(), cwd: desk })
  await guide.answer('Paste what you have', enter)
  await guide.answer('What brings you here?', down, down, enter)
  await guide.sees('$ mcp-proxy init\n')
  await guide.answer('Who may call the proxy?', down, down, enter)
  await guide.answer('Port to listen on:', '0', enter)
  await guide.answer('Command or URL of an MCP server:', 'node server.js', enter)
  await guide.answer('Its name', enter)
  await guide.answer('Add another backend', enter)
  await guide.answer('This passes serve --check. Next step?', enter)
  await guide.sees('WRITTEN')
  await guide.answer('Next step?', ...(has('doctor') ? [down] : []), enter)
  await guide.sees('$ mcp-proxy serve --check\n')
  await guide.sees('can be served')
  // A server is ended by Ctrl-C, and the guide goes on.
  await guide.answer('Next step?', ...(has('doctor') ? [down] : []), down, enter)
  await guide.sees('$ mcp-proxy serve\n')
  await guide.sees('(stop with Ctrl-C)')
  // Once it answers, it also takes signals.
  const [url = ''] = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(guide.shown()) ?? []
  expect((await fetch(`${url}/health`)).status).toBe(200)
  guide.type(interrupt)
  await guide.answer('Next step?', interrupt)
  expect(await guide.ended).toBe(130)
})

test('just looking: what there is, and out', async () => {
  const guide = start()
  await guide.answer('Paste what you have', enter)
  await guide.answer('What brings you here?', down, down, down, enter)
  await guide.answer('What do you want to look at?', down, down, enter)
  await guide.sees('$ mcp-proxy --help\n')
  await guide.sees('COMMANDS')
  await guide.answer('What do you want to look at?', down, down, down, enter)
  await guide.answer('Paste what you have', enter)
  await guide.answer('What brings you here?', interrupt)
  expect(await guide.ended).toBe(130)
})

test('Ctrl-C while a command runs ends the guide with 130', async () => {
  const guide = openTerminal([], { ...invocation(), cwd: path.join(folder.path, 'home') })
  await guide.answer('Paste what you have', enter)
  await guide.answer('What brings you here?', down, down, enter)
  await guide.answer('Who may call the proxy?', interrupt)
  expect(await guide.ended).toBe(130)
})

describe('never where nobody can answer', () => {
  test('in a pipe: help', async () => {
    const { exitCode, stdout, stderr } = await runCommandLine([], invocation())
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('COMMANDS')
  })

  test.each([{ CI: 'true' }, { TERM: 'dumb' }])('in a terminal with %j: help', async (env) => {
    const terminal = openTerminal([], invocation(env))
    expect(await terminal.ended).toBe(0)
    expect(terminal.shown()).toContain('COMMANDS')
  })
})
