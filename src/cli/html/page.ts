// One HTML file that needs nothing else: no script, no request, a Content-Security-Policy that forbids both.
import { createHash } from 'node:crypto'
import { markup, Markup } from './markup.ts'
import { styleSheet } from './style-sheet.ts'
import type { Tone } from './tone.ts'

export interface Page {
  /** What was looked at. */
  readonly subject: string
  readonly command: string
  /** A grade letter or a verdict. */
  readonly mark: string
  readonly tone: Tone
  /** The verdict in a few words. */
  readonly verdict: string
  /** ISO 8601. */
  readonly madeAt: string
  readonly sections: readonly Markup[]
}

const styleHash = createHash('sha256').update(styleSheet).digest('base64')

const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`

export const section = (title: string, anchor: string, content: Markup): Markup =>
  markup`<section id="${anchor}"><h2>${title}</h2>
${content}</section>
`

/** A table that scrolls by itself where the window is narrow. */
export const table = (
  caption: string,
  head: readonly string[],
  rows: readonly Markup[],
): Markup => markup`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table><thead><tr>${head.map(
  (name) => markup`<th scope="col">${name}</th>`,
)}</tr></thead><tbody>
${rows}</tbody></table></div>
`

export const pageText = ({
  subject,
  command,
  mark,
  tone,
  verdict,
  madeAt,
  sections,
}: Page): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${mark}: ${subject} (mcp-proxy ${command})</title>
<style>${new Markup(styleSheet)}</style>
</head>
<body>
<header><p class="mark ${tone} ${mark.length === 1 ? 'letter' : 'word'}">${mark}</p>
<div><h1>${subject}</h1>
<p>${verdict}</p>
<p class="made"><code>mcp-proxy ${command}</code>, <time datetime="${madeAt}">${madeAt.slice(0, 19).replace('T', ' ')} UTC</time></p></div></header>
<main>
${sections}</main>
<footer><p>This file is complete: it loads nothing and runs nothing. Credentials are replaced by fingerprints or <code>[secret]</code>. <code>--json</code> has the same as data.</p></footer>
</body>
</html>`.text
