// Builds dist/page/index.html: the live page, as one file with its script and style inside.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const bundled = async (root, entry, more) => {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: join(root, 'dist', 'page'),
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    ...more,
  })
  return { text: outputFiles[0].text.trim(), inputs: Object.keys(metafile.inputs) }
}

/** The text of an element ends where its end tag is found, wherever that stands. */
const within = (html, element, text) => {
  if (text.includes(`</${element}`)) throw new Error(`the ${element} has its own end tag in it`)
  return html.replace(
    new RegExp(`(<${element}\\b[^>]*>)(</${element}>)`),
    (_, open, close) => `${open}${text}${close}`,
  )
}

/** Resolves with the size of the page in bytes, and with the files that went into it. */
export const buildPage = async (root) => {
  const script = await bundled(root, 'page/main.tsx', {
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const style = await bundled(root, 'page/page.css', {})
  const shell = readFileSync(join(root, 'page', 'index.html'), 'utf8').replace(/\n\s*/g, '')
  const html = within(within(shell, 'style', style.text), 'script', script.text)
  mkdirSync(join(root, 'dist', 'page'), { recursive: true })
  writeFileSync(join(root, 'dist', 'page', 'index.html'), html)
  return { bytes: Buffer.byteLength(html), inputs: [...script.inputs, ...style.inputs] }
}
