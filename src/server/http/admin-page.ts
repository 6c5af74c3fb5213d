// The live page of the admin surface: one file of HTML with its script and style inside, and the policy under which a
// browser shows it. Read at the first request for it.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

interface Page {
  readonly html: Buffer
  readonly compressed: Buffer
  readonly headers: OutgoingHttpHeaders
  readonly tag: string
}

/** Resolves with undefined where there is no page. */
export type PageReader = () => Promise<Page | undefined>

const digestOf = (text: string, encoding: 'base64' | 'hex'): string =>
  createHash('sha256').update(text).digest(encoding)

/** The elements of that name as sources of a policy: each by the digest of its text (CSP 3, section 2.3.1). */
const sourcesOf = (html: string, element: 'script' | 'style'): string =>
  [...html.matchAll(new RegExp(`<${element}\\b[^>]*>([\\s\\S]*?)</${element}>`, 'g'))]
    .map(([, text = '']) => `'sha256-${digestOf(text, 'base64')}'`)
    .join(' ')

/** Nothing but the two inline elements of the file runs, and nothing but this proxy is asked. */
const policyOf = (html: string): string =>
  [
    "default-src 'none'",
    `script-src ${sourcesOf(html, 'script')}`,
    `style-src ${sourcesOf(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')

const pageOf = async (file: string): Promise<Page | undefined> => {
  const html = await readFile(file).catch(() => undefined)
  if (html === undefined) return undefined
  const text = html.toString('utf8')
  return {
    html,
    compressed: await promisify(gzip)(html, { level: 9 }),
    tag: `"${digestOf(text, 'hex').slice(0, 32)}"`,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policyOf(text),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      // Another version of the proxy has another page.
      'cache-control': 'no-cache',
      vary: 'Accept-Encoding',
    },
  }
}

/** `file`: undefined where there is no page. A file that could not be read is tried again. */
export const createPageReader = (file: string | undefined): PageReader => {
  let known: Page | undefined
  return async () => {
    if (file !== undefined) known ??= await pageOf(file)
    return known
  }
}

const takesGzip = (accepted: string | undefined): boolean =>
  /(?:^|[\s,])(?:gzip|\*)\s*(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(accepted ?? '')

interface Asked {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** Go out with every answer. */
  readonly headers: OutgoingHttpHeaders
}

export const sendPage = ({ req, res, headers: usual }: Asked, page: Page): void => {
  const headers = { ...usual, ...page.headers, etag: page.tag }
  if (req.headers['if-none-match'] === page.tag) {
    res.writeHead(304, headers)
    res.end()
    return
  }
  const compresses = takesGzip(req.headers['accept-encoding'])
  const body = compresses ? page.compressed : page.html
  res.writeHead(200, {
    ...headers,
    ...(compresses ? { 'content-encoding': 'gzip' } : {}),
    'content-length': body.length,
  })
  res.end(req.method === 'HEAD' ? undefined : body)
}
