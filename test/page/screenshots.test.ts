// The pictures of docs/live-page.md, made on request: MCP_PROXY_SCREENSHOTS=folder npx vitest run test/page/screenshots
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openBrowser, openLivePage, pageFile, type PageOptions } from '../support/live-page.ts'
import { startTestProxy } from '../support/proxy.ts'
import { result, scriptedBackend } from '../support/scripted-backend.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../support/tokens.ts'

const pictures = join(import.meta.dirname, '../../docs/images')
/** Gets every state; undefined: none are made. */
const folder = process.env['MCP_PROXY_SCREENSHOTS']

/** Those that the page of the documentation shows. */
const documented: ReadonlySet<string> = new Set([
  'live-dark',
  'decision-light',
  'decision-narrow-dark',
  'backends-light',
  'callers-light',
  'token-light',
])

const tool = (name: string, description: string, annotations: object = {}) => ({
  name,
  description,
  annotations: { openWorldHint: false, ...annotations },
  inputSchema: { type: 'object' },
})

const startDesk = async () => {
  const files = scriptedBackend('files', {
    'tools/list': {
      tools: [
        tool('read_text_file', 'Read a file as text.', { readOnlyHint: true }),
        tool('write_file', 'Create a file or overwrite one.'),
      ],
    },
    'tools/call': () => result({ content: [] }),
  })
  const search = scriptedBackend('search')
  search.down()
  return startTestProxy([files, search], {
    page: pageFile,
    config: {
      proxy: { name: 'desk', public_url: testAudience },
      auth: { type: 'oauth', issuer: testIssuer, audience: testAudience },
      observability: { decisions: { accepted: 1 } },
    },
    localKeys: jwksOf(await testKey()),
  })
}

const states = ['live', 'decision', 'backends', 'callers', 'token', 'keyboard'] as const

const sizes: readonly (PageOptions & { readonly name: string })[] = [
  { name: 'light', width: 1280, height: 720, colours: 'light' },
  { name: 'dark', width: 1280, height: 720, colours: 'dark' },
  { name: 'narrow-light', width: 400, height: 760, colours: 'light' },
  { name: 'narrow-dark', width: 400, height: 760, colours: 'dark' },
]

test.skipIf(folder === undefined)(
  'every view, wide and narrow, light and dark',
  async () => {
    await mkdir(String(folder), { recursive: true })
    await mkdir(pictures, { recursive: true })
    const browser = await openBrowser()
    const proxy = await startDesk()
    const seconds = Math.floor(Date.now() / 1000)
    const token = async (claims: Readonly<Record<string, unknown>> = {}) =>
      mintToken(await testKey(), goodClaims(claims, seconds))
    const call = async (agent: string, name: string, claims = {}) =>
      proxy.modern(
        'tools/call',
        { name },
        { token: await token(claims), headers: { 'user-agent': agent } },
      )
    for (const sub of ['alice', 'bob', 'alice', 'carol', 'bob', 'alice']) {
      await call('claude-code/2.1', 'files__read_text_file', { sub })
    }
    for (let count = 0; count < 6; count += 1) {
      await proxy.modern('tools/list', {}, { headers: { 'user-agent': 'Cursor/3.2' } })
    }
    await call('claude-code/2.1', 'search__web', { sub: 'alice' })
    await call('claude-code/2.1', 'files__write_file', { sub: 'bob' })
    await call('claude-code/2.1', 'files__read_text_file', { exp: seconds - 415 })
    await call('Cursor/3.2', 'files__read_text_file', { aud: new URL(testAudience).origin })
    for (const { name, ...options } of sizes) {
      const { page, complaints } = await openLivePage(browser, proxy.origin, options)
      const take = (state: (typeof states)[number]) =>
        page
          .screenshot({ path: join(String(folder), `${state}-${name}.png`) })
          .then(async (png) => {
            if (!documented.has(`${state}-${name}`)) return
            await writeFile(join(pictures, `live-page-${state}-${name}.png`), png)
          })
      const refusal = page.getByRole('row').filter({ hasText: 'claim-aud' })
      await refusal.waitFor()
      await page.getByText('desk').waitFor()
      await take('live')
      await refusal.getByRole('button').click()
      await page.getByText('expected').first().waitFor()
      await take('decision')
      await page.keyboard.press('Escape')
      await page.keyboard.press('2')
      await page.getByText('Tools, and how').first().click()
      await page.getByText('write_file').waitFor()
      await take('backends')
      await page.keyboard.press('3')
      await page.getByText('No session is open').waitFor()
      await take('callers')
      await page.keyboard.press('5')
      await page.getByLabel('A token, as').fill(await token({ aud: 'https://api.acme.test' }))
      await page.getByRole('button', { name: 'Judge' }).click()
      await page.getByText('claim-aud').first().waitFor()
      await page.getByLabel('A token, as').fill('eyJ… (a token)')
      await take('token')
      await page.getByRole('tab', { name: 'Live' }).click()
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
      await take('keyboard')
      expect(complaints).toEqual([])
    }
    await browser.close()
    await proxy.close({ force: true })
  },
  120_000,
)
