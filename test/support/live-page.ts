// The live page in Chromium: what it asks, what it complains of, and what axe finds.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import axeCore from 'axe-core'
import type { Browser, Page } from 'playwright-core'

const chromiumPath = '/usr/bin/chromium'

/** Skips where there is no browser, and fails there in CI. */
export const skipsPage = !existsSync(chromiumPath) && (process.env['CI'] ?? '') === ''

export const pageFile = join(import.meta.dirname, '../../dist/page/index.html')

export const openBrowser = async (): Promise<Browser> => {
  const { chromium } = await import('playwright-core')
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface OpenPage {
  readonly page: Page
  /** Console errors, exceptions, violations of the policy, and requests to another origin than the proxy. */
  readonly complaints: readonly string[]
  /** Violations that axe finds, as `rule: selector`. */
  readonly axe: () => Promise<readonly string[]>
}

export interface PageOptions {
  readonly width?: number
  readonly height?: number
  readonly colours?: 'light' | 'dark'
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly {
      readonly target: readonly string[]
      readonly failureSummary: string
    }[]
  }[]
}

export const openLivePage = async (
  browser: Browser,
  origin: string,
  { width = 1280, height = 800, colours = 'light' }: PageOptions = {},
): Promise<OpenPage> => {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: colours,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:')) complaints.push(`asked ${url}`)
  })
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error('policy: ' + violatedDirective + ' ' + blockedURI)
    })`,
  )
  await page.goto(`${origin}/admin/`)
  return {
    page,
    complaints,
    axe: async () => {
      // Through the debugger: the policy of the page forbids scripts that it does not know.
      const session = await context.newCDPSession(page)
      await session.send('Runtime.evaluate', { expression: axeCore.source })
      const { result } = await session.send('Runtime.evaluate', {
        expression: 'axe.run(document).then((found) => JSON.stringify(found))',
        awaitPromise: true,
        returnByValue: true,
      })
      await session.detach()
      const { violations } = JSON.parse(String(result.value)) as AxeResult
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
      )
    },
  }
}
