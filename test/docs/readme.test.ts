// The README speaks the truth: its commands run, print what it shows, and its configuration and code work.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import {
  eventually,
  repository,
  runCommandLine,
  startCommandLine,
  type Started,
} from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { terminalPicture } from '../support/terminal-picture.ts'

/** The addresses that the README writes, in the place of this run's own. */
const written = { issuer: 'http://127.0.0.1:4000', proxy: 'http://127.0.0.1:8080' }

const pictureColumns = 100

/** As on the ports of the README, cut where a terminal of that width ends. */
const asWritten = (line: string): string =>
  line.replaceAll(issuer, written.issuer).replaceAll(proxy, written.proxy)

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

/** What `npm run demo -- --stay` started, on ports of this run: those of the README may be taken. */
let demo: Started
let issuer: string
let proxy: string
let folder: string
let env: Record<string, string>

const real = (text: string): string =>
  text.replaceAll(written.issuer, issuer).replaceAll(written.proxy, proxy)

/** What may differ from run to run (addresses, numbers, fingerprints, column widths) is taken out. */
const essence = (line: string): string =>
  line
    .replaceAll(issuer, written.issuer)
    .replaceAll(proxy, written.proxy)
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b/g, '#')
    .replace(/\d+/g, '#')
    .replace(/\s+/g, ' ')
    .trim()

beforeAll(async () => {
  const ports = [await freePort(), await freePort()]
  demo = startCommandLine(['--stay', '--ports', ports.join(',')], {
    program: path.join(repository, 'demo', 'run.mjs'),
  })
  ;[issuer, proxy] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string]
  folder = await eventually(
    'the demo goes on serving',
    () => /cd (\/\S+) && \. \.\/env/.exec(demo.stdout())?.[1],
    100_000,
  )
  const secret = /OAUTH_CLIENT_SECRET=(\S+)/.exec(await readFile(`${folder}/env`, 'utf8'))?.[1]
  env = { OAUTH_CLIENT_SECRET: secret ?? '' }
}, 120_000)

afterAll(async () => {
  demo?.kill()
  await demo?.finished
})

test('without --ports the demo takes the ports of this page', async () => {
  const tour = await readFile(path.join(repository, 'demo', 'tour.ts'), 'utf8')
  for (const address of Object.values(written)) expect(tour).toContain(new URL(address).port)
})

test('the picture shows what validate prints', async () => {
  const finished = await runCommandLine(['validate', '@expired.token'], {
    cwd: folder,
    env: { ...env, NO_COLOR: '', FORCE_COLOR: '1' },
  })
  const shown = finished.stdout.trimEnd().split('\n').slice(0, 16).map(asWritten)
  const file = path.join(repository, 'docs', 'images', 'validate.svg')
  const title = 'mcp-proxy validate @expired.token: REJECTED, time-exp'
  const lines = ['\u001b[2m$\u001b[22m mcp-proxy validate @expired.token', ...shown]
  const picture = terminalPicture(title, lines, pictureColumns)
  if (process.env['UPDATE_PICTURES'] === '1') await writeFile(file, picture)
  /** Without what another token has: its id, and how long ago things were. */
  const drawn = (svg: string) =>
    svg
      .replace(/<[^>]*>/g, '')
      .replace(/\b(jti +)\S+/, '$1#')
      .replace(/(?:\d+[hms] )*\d+[hms] ago/g, '# ago')
      .split('\n')
      .map(essence)
  expect(drawn(await readFile(file, 'utf8'))).toEqual(drawn(picture))
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
    const finished = await runCommandLine(args, { cwd: folder, env })
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
      (example?.text ?? '').replaceAll(written.issuer, issuer).replaceAll(written.proxy, proxy),
    ],
    {
      cwd: repository,
      env: { ...process.env, TOKEN: (await readFile(`${folder}/good.token`, 'utf8')).trim() },
    },
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
