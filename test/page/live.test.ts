// The live view in a real browser, before a real proxy.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, openLivePage, pageFile, skipsPage } from '../support/live-page.ts'
import { startTestProxy, type TestProxy } from '../support/proxy.ts'
import { result, scriptedBackend } from '../support/scripted-backend.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../support/tokens.ts'

const done = { content: [{ type: 'text', text: 'done' }] }

describe.skipIf(skipsPage)('the live page', () => {
  let browser: Browser
  let proxy: TestProxy
  beforeAll(async () => {
    browser = await openBrowser()
    const files = scriptedBackend('files', {
      'tools/list': { tools: [{ name: 'read', inputSchema: { type: 'object' } }] },
      'tools/call': () => result(done),
    })
    proxy = await startTestProxy([files], {
      page: pageFile,
      config: {
        proxy: { name: 'desk', public_url: testAudience },
        auth: { type: 'oauth', issuer: testIssuer, audience: testAudience },
        observability: { decisions: { accepted: 1 } },
      },
      localKeys: jwksOf(await testKey()),
    })
  })
  afterAll(async () => {
    await browser.close()
    await proxy.close({ force: true })
  })

  const token = async (claims: Readonly<Record<string, unknown>> = {}) =>
    mintToken(await testKey(), goodClaims(claims, Math.floor(Date.now() / 1000)))

  test('shows a refusal as it comes, and the decision behind it with what was compared', async () => {
    const { page, complaints, axe } = await openLivePage(browser, proxy.origin)
    await page.getByRole('status').getByText('live', { exact: true }).waitFor()
    await proxy.modern(
      'tools/call',
      { name: 'files__read' },
      {
        token: await token({ aud: `${testAudience}x` }),
        headers: { 'user-agent': 'Cursor/3.2 <b>bold</b>' },
      },
    )
    const row = page.getByRole('row').filter({ hasText: 'claim-aud' })
    await row.waitFor()
    expect(await row.innerText()).toContain('Cursor 3.2')
    await row.getByRole('button').click()
    const decision = page.getByRole('complementary', { name: 'Decision' })
    await decision.getByText('expected').first().waitFor()
    const text = await decision.innerText()
    expect(text).toContain(testAudience)
    expect(text).toContain('Remedy')
    await decision.getByRole('button', { name: 'Copy as mcp-proxy validate' }).click()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      'mcp-proxy validate --config proxy.toml @token.txt',
    )
    expect(await axe()).toEqual([])
    expect(complaints).toEqual([])
  })
})
