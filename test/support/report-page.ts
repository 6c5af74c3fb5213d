// A report as a reader opens it: from a file, in Chromium, with everything noted that it asks for or complains of.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { source as axeSource } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { openChromium } from './person.ts'

export interface OpenPage {
  readonly page: Page
  /** Addresses that the page asked for, beside its own file. */
  readonly asked: readonly string[]
  /** What the console said: a violated policy, an error. */
  readonly complaints: readonly string[]
  /** Rules of axe-core that the page breaks, with the elements. */
  violations(): Promise<readonly string[]>
  /** Where the variable SCREENSHOTS names a folder: a picture of the whole page. */
  picture(name: string): Promise<void>
}

export interface Reader {
  open(html: string, how?: { readonly width?: number; readonly dark?: boolean }): Promise<OpenPage>
  close(): Promise<void>
}

type AxeResult = {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string }[]
  }[]
}

const violationsOf = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate<AxeResult>('axe.run(document)')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

export const startReader = async (): Promise<Reader> => {
  const browser: Browser = await openChromium()
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'mcp-proxy-page-')))
  let count = 0
  return {
    open: async (html, { width = 1280, dark = false } = {}) => {
      const file = path.join(folder, `page-${String((count += 1))}.html`)
      await writeFile(file, html)
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme: dark ? 'dark' : 'light',
      })
      const address = pathToFileURL(file).href
      const asked: string[] = []
      const complaints: string[] = []
      page.on('request', (request) => {
        if (request.url() !== address) asked.push(request.url())
      })
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(address)
      return {
        page,
        asked,
        complaints,
        violations: () => violationsOf(page),
        picture: async (name) => {
          const shots = process.env['SCREENSHOTS']
          if (shots === undefined) return
          await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true })
        },
      }
    },
    close: async () => {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
