// Somebody who logs in by the pages of oidc-provider: with a browser made of fetch, or in Chromium.
import { existsSync } from 'node:fs'

const chromiumPath = '/usr/bin/chromium'
export const hasChromium = existsSync(chromiumPath)

/** Cookies of one host, as a browser would keep them for a session. */
const openJar = () => {
  const cookies = new Map<string, string>()
  return {
    take: (response: Response): void => {
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
    },
    header: (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  }
}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&')

/** The first form of a page, filled in. */
const filledForm = (page: string, values: Readonly<Record<string, string>>) => {
  const form = /<form[\s\S]*?<\/form>/.exec(page)?.[0]
  if (form === undefined) return undefined
  const fields = new URLSearchParams()
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const name = attribute(tag, 'name')
    if (name !== undefined) fields.set(name, values[name] ?? attribute(tag, 'value') ?? '')
  }
  return { action: attribute(form, 'action') ?? '', fields }
}

export interface Visit {
  /** What the fields of the pages get; default: any login. */
  readonly values?: Readonly<Record<string, string>>
  /** Goes to the abort link instead of agreeing, and fills in nothing after that. */
  readonly declines?: boolean
  /** An address that this browser cannot reach: it ends there. */
  readonly endsAt?: string
}

/**
 * Goes where redirects lead and fills in every form, until a page has none; resolves with that page.
 * Never leaves loopback.
 */
export const visit = async (address: string, { values, declines = false, endsAt }: Visit = {}) => {
  const jar = openJar()
  const filling = { login: 'alice', password: 'any', ...values }
  let url = new URL(address)
  let form: URLSearchParams | undefined
  let left = false
  for (let steps = 0; steps < 25; steps += 1) {
    if (endsAt !== undefined && url.href.startsWith(endsAt)) {
      return { url: url.href, status: 0, text: '' }
    }
    if (url.hostname !== '127.0.0.1') throw new Error(`led to ${url.href}`)
    const response: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: jar.header() },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    jar.take(response)
    const location = response.headers.get('location')
    const text = await response.text()
    form = undefined
    if (location !== null) {
      url = new URL(location, url)
      continue
    }
    const abort = declines ? /href="([^"]*\/abort)"/.exec(text)?.[1] : undefined
    const filled = filledForm(text, filling)
    if (abort !== undefined) {
      url = new URL(abort, url)
      left = true
    } else if (!left && filled !== undefined && response.status === 200) {
      form = filled.fields
      url = new URL(filled.action, url)
    } else {
      return { url: url.href, status: response.status, text }
    }
  }
  throw new Error('the pages have no end')
}

/** Without anything that Chromium asks the Internet for by itself. */
export const openChromium = async () => {
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

/** The same in a real browser; resolves with the last page, which is ours. */
export const inChromium = async (address: string): Promise<{ text: string }> => {
  const browser = await openChromium()
  try {
    const page = await browser.newPage()
    await page.goto(address)
    await page.getByPlaceholder('Enter any login').fill('alice')
    await page.getByPlaceholder('and password').fill('any')
    await page.getByRole('button', { name: 'Sign-in' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(/\/callback\?/)
    return { text: await page.getByRole('heading').innerText() }
  } finally {
    await browser.close()
  }
}
