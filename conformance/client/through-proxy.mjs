// The same client with the built proxy between it and the suite: `through-proxy.mjs <url>`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { explore } from './explore.mjs'

const folder = mkdtempSync(path.join(tmpdir(), 'mcp-proxy-conformance-'))
const config = path.join(folder, 'proxy.toml')
writeFileSync(
  config,
  `[proxy]
name = "between"
listen = { port = 0 }

[[backends]]
name = "suite"
transport = "http"
url = ${JSON.stringify(process.argv[2])}
prefix = ""
`,
)

const program = path.join(import.meta.dirname, '..', '..', 'bin', 'run.cjs')
const proxy = spawn(process.execPath, [program, 'serve', '--config', config], {
  stdio: ['ignore', 'pipe', 'pipe'],
})
const ended = once(proxy, 'close')

/** The endpoint, as soon as the proxy has said that the backend is there too. */
const whenReady = () =>
  new Promise((resolve, reject) => {
    let text = ''
    const hear = (chunk) => {
      text += chunk
      const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(text)?.[0]
      if (url !== undefined && text.includes('backend is up')) resolve(url)
    }
    proxy.stdout.on('data', hear)
    proxy.stderr.on('data', hear).pipe(process.stderr)
    proxy.once('close', () => reject(new Error('the proxy ended before it was ready')))
  })

try {
  await explore(await whenReady())
} finally {
  proxy.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
}
