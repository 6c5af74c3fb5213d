// The README speaks the truth: its commands run, print what it shows, and its configuration and code work.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import {
  makeTempFolder,
  repository,
  runCommandLine,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'

/** The addresses that the README writes, in the place of this run's own. */
const written = { issuer: 'http://127.0.0.1:4000', proxy: 'http://127.0.0.1:8080' }
const resource = `${written.proxy}/mcp`

interface Fence {
  readonly language: string
  readonly text: string
}

const fencesOf = (markdown: string): readonly Fence[] =>
  [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }))

interface Shown {
  readonly command: string
  readonly output: readonly string[]
  /** What the `echo $?` after it shows; without one, 0. */
  readonly exitCode: number
}

const commandsOf = (text: string): readonly Shown[] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => part.trimEnd().split('\n'))
    .flatMap(([command = '', ...output], index, parts) => {
      if (command === 'echo $?') return []
      const [next, code] = parts[index + 1] ?? []
      return [{ command, output, exitCode: next === 'echo $?' ? Number(code) : 0 }]
    })

const markdown = await readFile(path.join(repository, 'README.md'), 'utf8')
const fences = fencesOf(markdown)
const configurations = fences.filter((fence) => fence.language === 'toml')

let issuer: AuthorizationServer
let folder: TempFolder
let proxy: RunningProxy
let env: Record<string, string>

const real = (text: string): string =>
  text
    .replaceAll(written.issuer, issuer.issuer)
    .replaceAll(written.proxy, new URL(proxy.url).origin)

/** What may differ from run to run (addresses, numbers, fingerprints, column widths) is taken out. */
const essence = (line: string): string =>
  line
    .replaceAll(issuer.issuer, written.issuer)
    .replaceAll(new URL(proxy.url).origin, written.proxy)
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b/g, '#')
    .replace(/\d+/g, '#')
    .replace(/\s+/g, ' ')
    .trim()

beforeAll(async () => {
  issuer = await startAuthorizationServer()
  folder = await makeTempFolder()
  env = { OAUTH_CLIENT_SECRET: issuer.clientSecret }
  await folder.write('notes.txt', 'a note')
  const configuration = (configurations[0]?.text ?? '')
    .replaceAll(written.issuer, issuer.issuer)
    .replace(/client_id = ".*"/, `client_id = "${issuer.clientId}"`)
    .replace(/port = \d+/, 'port = 0')
    .replace('"/path/to/a/folder"', JSON.stringify(folder.path))
    .replace(
      '"npx"',
      JSON.stringify(path.join(repository, 'node_modules/.bin/mcp-server-filesystem')),
    )
    .replace('"-y", "@modelcontextprotocol/server-filesystem", ', '')
  await folder.write('proxy.toml', configuration)
  const tokens = {
    good: await issuer.token({ resource }),
    expired: await issuer.token({ resource, expiredSecondsAgo: 312 }),
    opaque: await issuer.token({ resource, format: 'opaque' }),
  }
  for (const [name, token] of Object.entries(tokens)) await folder.write(`${name}.token`, token)
  proxy = await startProxy('proxy.toml', { cwd: folder.path, env })
})

afterAll(async () => {
  await proxy?.stop()
  await issuer?.close()
  await folder?.remove()
})

describe('the commands', () => {
  const shown = fences
    .filter((fence) => fence.language === 'console')
    .flatMap((fence) => commandsOf(fence.text))

  test('there are some', () => {
    expect(shown.length).toBeGreaterThan(3)
  })

  test.each(shown)('$command', async ({ command, output, exitCode }) => {
    const [program, ...args] = real(command).split(/\s+/)
    expect(program).toBe('mcp-proxy')
    const finished = await runCommandLine(args, { cwd: folder.path, env })
    expect(finished.exitCode).toBe(exitCode)
    const printed = `${finished.stdout}\n${finished.stderr}`.split('\n').map(essence)
    const promised = output.map(essence).filter((line) => line !== '' && line !== '…')
    // In their order: what was found already is not looked at again.
    const found = promised.filter((line) => {
      const at = printed.indexOf(line)
      printed.splice(0, at + 1)
      return at >= 0
    })
    expect(found).toEqual(promised)
  })
})

test.each(configurations.map(({ text }) => ({ text })))('the configuration $text', ({ text }) => {
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, 'a-value-of-a-secret'])
  const config = parseConfig(text, {
    file: 'README.md',
    format: 'toml',
    env: Object.fromEntries(names) as Record<string, string>,
  })
  expect(config).toBeDefined()
})

test('the library example prints what it says', async () => {
  const example = fences.find((fence) => fence.language === 'js')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      (example?.text ?? '').replaceAll(written.issuer, issuer.issuer),
    ],
    { cwd: repository, env: { ...process.env, TOKEN: await issuer.token({ resource }) } },
  )
  const promised = [...(example?.text ?? '').matchAll(/^console\.log.*\/\/ (.*)$/gm)]
  expect(promised.length).toBeGreaterThan(0)
  expect(stdout.trim().split('\n').map(essence)).toEqual(promised.map(([, line]) => essence(line!)))
})

test('every link into the repository leads to a file', async () => {
  const targets = [...markdown.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target!)
  expect(targets.length).toBeGreaterThan(2)
  for (const target of targets)
    await readFile(path.join(repository, target)).catch(async (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error
    })
})
