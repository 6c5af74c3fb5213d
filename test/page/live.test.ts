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
        observability: { decisions: { accepted: 0 } },
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

  const refuse = async (agent: string, claims: Readonly<Record<string, unknown>> = {}) =>
    proxy.modern(
      'tools/call',
      { name: 'files__read' },
      {
        token: await token({ aud: `${testAudience}x`, ...claims }),
        headers: { 'user-agent': agent },
      },
    )

  test('filters, groups, pauses and goes on', async () => {
    const { page, complaints } = await openLivePage(browser, proxy.origin)
    await page.getByRole('status').getByText('live', { exact: true }).waitFor()
    await refuse('paused-one/1')
    await refuse('other-one/1')
    const rows = page.getByRole('row')
    await rows.filter({ hasText: 'paused-one' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('client:paused')
    await expect.poll(() => rows.filter({ hasText: 'other-one' }).count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.keyboard.press('p')
    await refuse('paused-one/1')
    await page.getByRole('button', { name: 'Go on (1 new)' }).click()
    await expect.poll(() => rows.filter({ hasText: 'paused-one' }).count()).toBe(2)
    await page.keyboard.press('g')
    await rows.filter({ hasText: '×2' }).waitFor()
    await page.getByRole('button', { name: 'Accepted' }).click()
    await page.getByText('No call matches the filter.').waitFor()
    expect(complaints).toEqual([])
  })

  test('shows accepted calls that are not kept, as long as it is open', async () => {
    const { page } = await openLivePage(browser, proxy.origin)
    await page.getByRole('status').getByText('live', { exact: true }).waitFor()
    await proxy.modern(
      'tools/call',
      { name: 'files__read' },
      { token: await token({ sub: 'carol' }) },
    )
    const row = page.getByRole('row').filter({ hasText: 'carol' })
    await row.waitFor()
    expect(await row.innerText()).toContain('accepted')
  })

  test.each(['light', 'dark'] as const)(
    'has no violation that axe finds in %s',
    async (colours) => {
      const { page, complaints, axe } = await openLivePage(browser, proxy.origin, { colours })
      await refuse('axe/1')
      for (const [key, sign] of [
        ['1', 'axe'],
        ['2', 'files'],
        ['3', 'Sessions'],
        ['5', 'Judge'],
      ] as const) {
        await page.keyboard.press(key)
        await page.getByText(sign).first().waitFor()
        expect(await axe()).toEqual([])
      }
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
      expect(await axe()).toEqual([])
      expect(complaints).toEqual([])
    },
  )

  test('judges a pasted token, and nothing of it is in the log', async () => {
    const { page, complaints } = await openLivePage(browser, proxy.origin)
    await page.getByRole('tab', { name: 'Try a token' }).click()
    const pasted = await token({ aud: 'https://other.acme.test/mcp' })
    await page.getByLabel('A token, as a client would send it').fill(pasted)
    await page.getByRole('button', { name: 'Judge' }).click()
    await page.getByText('claim-aud').first().waitFor()
    const [, , signature] = pasted.split('.')
    expect(JSON.stringify(proxy.logged())).not.toContain(signature)
    expect(complaints).toEqual([])
  })

  test('fits a window of 360 pixels without scrolling sideways', async () => {
    const { page } = await openLivePage(browser, proxy.origin, { width: 360 })
    await refuse('narrow/1')
    for (const key of ['1', '2', '3', '4', '5']) {
      await page.keyboard.press(key)
      expect(
        await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
      ).toBeLessThanOrEqual(0)
    }
  })

  test('10,000 refusals as fast as they are answered: all are counted or named as missing, few are kept, and the page answers', async () => {
    const { page, complaints } = await openLivePage(browser, proxy.origin)
    await page.getByRole('status').getByText('live', { exact: true }).waitFor()
    const all = 10_000
    let left = all
    const caller = async () => {
      while (left > 0) {
        left -= 1
        const answer = await fetch(proxy.url, { method: 'POST', body: '{}' })
        await answer.body?.cancel()
        if (answer.status !== 401) throw new Error(`answered ${String(answer.status)}`)
      }
    }
    const flood = Promise.all(Array.from({ length: 8 }, caller))
    await page.getByRole('row').filter({ hasText: '401' }).first().getByRole('button').click()
    await page.getByRole('complementary', { name: 'Decision' }).waitFor()
    expect(left).toBeGreaterThan(0)
    await flood
    const accounted = async () => {
      const text = (await page.locator('.count').innerText()).replaceAll(',', '')
      const number = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(text)?.[1] ?? 0)
      return number('came') + number('missed')
    }
    await expect.poll(accounted, { timeout: 30_000 }).toBeGreaterThanOrEqual(all)
    expect(await page.getByRole('row').count()).toBeLessThan(300)
    const session = await page.context().newCDPSession(page)
    await session.send('HeapProfiler.collectGarbage')
    await session.send('Performance.enable')
    const { metrics } = await session.send('Performance.getMetrics')
    const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value
    expect(heap).toBeLessThan(40 * 1024 * 1024)
    expect(complaints).toEqual([])
  }, 120_000)
})
