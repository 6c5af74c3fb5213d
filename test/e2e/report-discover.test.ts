// `discover --format html`: one file that needs nothing else, read in Chromium. And the badge.
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'
import { hasChromium } from '../support/person.ts'
import { startReader, type OpenPage, type Reader } from '../support/report-page.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const metadata = '/.well-known/oauth-protected-resource/mcp'

let issuer: AuthorizationServer
let resource: ScriptedServer
let folder: TempFolder

const discover = (address: string, ...flags: readonly string[]) =>
  runCommandLine(['discover', address, ...flags], { cwd: folder.path })

const page = async (address: string): Promise<string> =>
  (await discover(address, '--format', 'html')).stdout

beforeAll(async () => {
  ;[issuer, resource, folder] = await Promise.all([
    startAuthorizationServer(),
    startScriptedServer(),
    makeTempFolder(),
  ])
  resource.on('/mcp', {
    status: 401,
    headers: { 'www-authenticate': `Bearer resource_metadata="${resource.origin}${metadata}"` },
  })
  resource.on(metadata, {
    body: { resource: `${resource.origin}/`, authorization_servers: [issuer.issuer] },
  })
})

afterAll(async () => {
  await Promise.all([issuer?.close(), resource?.close(), folder?.remove()])
})

describe.skipIf(!hasChromium && process.env['CI'] === undefined)('in Chromium', () => {
  let reader: Reader
  let open: OpenPage

  beforeAll(async () => {
    reader = await startReader()
    open = await reader.open(await page(`${resource.origin}/mcp`))
  })

  afterAll(async () => {
    await reader?.close()
  })

  test('it asks for nothing, complains of nothing, and breaks no rule of axe-core', async () => {
    await open.picture('discover-1280')
    expect(open.asked).toEqual([])
    expect(open.complaints).toEqual([])
    expect(await open.violations()).toEqual([])
  })

  test('the mark, the cause with its remedy, the path and the clients can be read', async () => {
    const text = await open.page.locator('body').innerText()
    expect(await open.page.locator('.mark').innerText()).toBe('F')
    expect(text).toContain('prm-resource')
    expect(text).toMatch(/fix\s+publish/)
    const boxes = await open.page.locator('svg.wide .name').allTextContents()
    expect(boxes).toEqual(['MCP client', 'MCP server', 'Metadata', 'Authorization server', 'Keys'])
    for (const name of ['Claude Code', 'ChatGPT', 'Cursor', 'VS Code', 'mcp-remote']) {
      expect(text).toContain(name)
    }
  })

  test('a click on a box opens the requests and answers of that part', async () => {
    const exchange = open.page.locator('#hop-metadata .exchange').first()
    const request = exchange.locator('summary')
    expect(await request.isVisible()).toBe(false)
    await open.page.locator('svg.wide a', { hasText: 'Metadata' }).click()
    await request.click()
    expect(await exchange.locator('pre').last().innerText()).toContain('authorization_servers')
    await open.picture('discover-opened')
    expect(await open.violations()).toEqual([])
  })

  test('the readiness table has a column for each protocol version', async () => {
    const head = await open.page.locator('#readiness thead th').allInnerTexts()
    expect(head).toEqual(['Level', 'Rule', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'])
    const row = open.page.locator('#readiness tr', { hasText: 'resource is the address' })
    expect(await row.locator('.bad').count()).toBe(3)
  })

  test.each([
    ['narrow', { width: 400, dark: false }],
    ['dark', { width: 1280, dark: true }],
    ['narrow and dark', { width: 400, dark: true }],
  ])('%s: nothing leaves the window, and axe-core finds nothing', async (name, how) => {
    const other = await reader.open(await page(`${resource.origin}/mcp`), how)
    await other.picture(`discover-${name.replaceAll(' ', '-')}`)
    const wide = await other.page.evaluate('document.documentElement.scrollWidth')
    expect(wide).toBeLessThanOrEqual(how.width)
    expect(await other.violations()).toEqual([])
    await other.page.close()
  })

  test('on paper the details are open, and the exchanges are left out', async () => {
    await open.page.emulateMedia({ media: 'print' })
    await open.picture('discover-print')
    expect(await open.page.locator('#hop-issuer > p').first().isVisible()).toBe(true)
    await open.page.emulateMedia({ media: null })
  })

  test('an open server: every client that can reach it gets in, and nothing is graded', async () => {
    const server = await startScriptedServer()
    server.on('/mcp', ({ body }) => ({
      body: {
        jsonrpc: '2.0',
        id: (JSON.parse(body || '{"id":1}') as { id: number }).id,
        result: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          serverInfo: { name: 'open', version: '1' },
        },
      },
    }))
    const other = await reader.open(await page(`${server.origin}/mcp`))
    await other.picture('discover-open')
    expect(await other.page.locator('.mark').innerText()).toBe('OPEN')
    const rows = await other.page.locator('#clients tbody tr').allInnerTexts()
    expect(rows.find((row) => row.startsWith('Cursor'))).toContain('gets in')
    expect(rows.find((row) => row.startsWith('ChatGPT'))).toContain('does not get in')
    expect(await other.violations()).toEqual([])
    await server.close()
  })

  test('an issuer, and an address where nothing answers', async () => {
    const known = await reader.open(await page(issuer.issuer))
    await known.picture('discover-issuer')
    expect(await known.page.locator('svg.wide a').count()).toBe(3)
    expect(await known.violations()).toEqual([])
    const nowhere = await reader.open(await page('http://127.0.0.1:1/mcp'))
    await nowhere.picture('discover-nowhere')
    expect(await nowhere.page.locator('.mark').innerText()).toBe('UNREACHABLE')
    expect(await nowhere.page.locator('#readiness').count()).toBe(0)
    expect(await nowhere.violations()).toEqual([])
  })

  test('what a server says stays text', async () => {
    const evil = `"'><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>\u202e`
    const server = await startScriptedServer()
    server.on('/mcp', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer', 'x-evil': '</pre><script>1</script>' },
      body: evil,
    })
    server.on('/.well-known/oauth-protected-resource/mcp', {
      body: { resource: evil, authorization_servers: [`${server.origin}/${evil}`], [evil]: evil },
    })
    server.on('/.well-known/oauth-authorization-server', {
      body: { issuer: evil, jwks_uri: `javascript:${evil}` },
    })
    const html = await page(`${server.origin}/mcp`)
    expect(html).not.toMatch(/<script|<img/i)
    expect(html).not.toContain('\u202e')
    const other = await reader.open(html)
    await other.page.evaluate(
      "document.querySelectorAll('details').forEach((one) => (one.open = true))",
    )
    expect(await other.page.title()).not.toBe('owned')
    expect(other.asked).toEqual([])
    expect(other.complaints).toEqual([])
    const links = await other.page
      .locator('a')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
    expect(links.filter((href) => !/^#|^https:\/\//.test(href))).toEqual([])
    expect(await other.violations()).toEqual([])
    await server.close()
  })
})

test('the policy forbids every script and every request', async () => {
  const html = await page(issuer.issuer)
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? []
  expect(policy).toMatch(/^default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]+&#39;;/)
  expect(html).not.toMatch(/<(?:script|link|img|iframe|object)\b|\sstyle=|\son\w+=/i)
})

test('--token: neither the token nor its parts are in the page', async () => {
  const token = await issuer.token({ resource: `${resource.origin}/mcp` })
  await folder.write('token', token)
  const { stdout } = await discover(
    `${resource.origin}/mcp`,
    '--format',
    'html',
    '--token',
    '@token',
  )
  expect(stdout).toContain('<h2>The token</h2>')
  for (const part of token.split('.')) expect(stdout).not.toContain(part)
})

describe('--badge', () => {
  test('an SVG with the grade, written again over its own, never over another file', async () => {
    const { exitCode } = await discover(`${resource.origin}/mcp`, '--badge', 'grade.svg')
    expect(exitCode).toBe(1)
    const svg = await readFile(`${folder.path}/grade.svg`, 'utf8')
    expect(svg).toContain('aria-label="MCP authorization: F"')
    expect((await discover(issuer.issuer, '--badge', 'grade.svg')).exitCode).toBe(0)
    expect(await readFile(`${folder.path}/grade.svg`, 'utf8')).toContain('MCP authorization: A"')
    await folder.write('mine.svg', '<svg/>')
    const refused = await discover(issuer.issuer, '--badge', 'mine.svg')
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
    expect(refused.stderr).toContain('--badge: the file exists, and this command did not write it')
    expect(await readFile(`${folder.path}/mine.svg`, 'utf8')).toBe('<svg/>')
  })
})
