// The pages that the browser gets back: what happened, and where to go on. They load nothing and know no secret.
import { createHash } from 'node:crypto'
import { remoteWords } from '../../core/client/server-words.ts'

export interface Page {
  readonly status: number
  readonly title: string
  readonly text: string
  /** What the server said, or what went wrong, in lines of their own. */
  readonly details?: readonly (readonly [name: string, text: string])[]
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (found) => entities[found] ?? '')

const style =
  'body{font:18px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em;color-scheme:light dark}dt{opacity:.7}dd{margin:0 0 .5em;overflow-wrap:anywhere}'

const styleHash = createHash('sha256').update(style).digest('base64')

export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
  // The address of this page holds the code.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  connection: 'close',
}

const detailsText = ({ details = [] }: Page): string =>
  details.length === 0
    ? ''
    : `<dl>\n${details
        .map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`)
        .join('\n')}\n</dl>\n`

export const pageText = (page: Page): string =>
  `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(page.title)}</title>
<style>${style}</style>
<h1>${escaped(page.title)}</h1>
<p>${escaped(page.text)}</p>
${detailsText(page)}</html>
`

const close = 'You can close this page and go back to the terminal.'

export const loggedInPage = (issuer: string): Page => ({
  status: 200,
  title: 'Logged in',
  text: `mcp-proxy has a token now. ${close}`,
  details: [['authorization server', issuer]],
})

/** The server led back here, and no token came of it. */
export const failedPage = (why: string): Page => ({
  status: 200,
  title: 'No login',
  text: `The login could not be finished. The terminal says what to do. ${close}`,
  details: [['reason', remoteWords(why, [])]],
})

/** The error that the server led back with (RFC 6749 section 4.1.2.1). */
export const errorPage = (parameters: URLSearchParams): Page => {
  const description = parameters.get('error_description') ?? ''
  return {
    status: 200,
    title: 'No login',
    text: `The authorization server did not allow it. The terminal says what to do. ${close}`,
    details: [
      ['error', remoteWords(parameters.get('error') ?? '', [])],
      ...(description === '' ? [] : [['description', remoteWords(description, [])] as const]),
    ],
  }
}

export const strangerPage: Page = {
  status: 400,
  title: 'Not this login',
  text: 'The state of this answer is not the one of the login that mcp-proxy is waiting for, so it was ignored. Go on in the window that the login was opened in, or start it again in the terminal.',
}

export const usedPage: Page = {
  status: 409,
  title: 'Already used',
  text: `This answer was taken a moment ago, and one login takes one answer. ${close}`,
}

export const nothingPage: Page = {
  status: 404,
  title: 'Nothing here',
  text: 'mcp-proxy waits here for the end of a login, and for nothing else.',
}
