// The tour runs to its end or is interrupted, and leaves nothing behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { eventually, repository, runCommandLine } from '../support/command-line.ts'

const program = path.join(repository, 'demo', 'run.mjs')

const folderOf = (output: string): string => /folder +(\/\S+)/.exec(output)?.[1] ?? ''

test(
  'npm run demo -- --once meets every expectation of its own',
  { timeout: 120_000 },
  async () => {
    const { exitCode, stdout } = await runCommandLine(['--once'], { program })
    expect(stdout).not.toContain('not as expected')
    expect(exitCode).toBe(0)
    const summary = /(\d+) of (\d+) expectations met/.exec(stdout)
    expect(Number(summary?.[1])).toBeGreaterThanOrEqual(12)
    expect(summary?.[1]).toBe(summary?.[2])
    for (const id of ['time-exp', 'claim-aud', 'intro-active']) expect(stdout).toContain(id)
    // No token, whole, in what a person might paste into a ticket.
    expect(stdout).not.toMatch(/eyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/)
    const folder = folderOf(stdout)
    expect(folder).toContain('mcp-proxy-demo-')
    expect(existsSync(folder)).toBe(false)
  },
)

test('Ctrl-C in the middle ends everything', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [program, '--once'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const append = (chunk: Buffer): void => {
    output += chunk.toString('utf8')
  }
  child.stdout.on('data', append)
  child.stderr.on('data', append)
  const ended = once(child, 'close')
  await eventually(
    'a token is judged',
    () => output.includes('@expired.token') || undefined,
    30_000,
  )
  child.kill('SIGINT')
  expect(await ended).toEqual([130, null])
  expect(output).not.toContain('Error')
  expect(existsSync(folderOf(output))).toBe(false)
  const issuer = /issuer +(http:\S+)/.exec(output)?.[1] ?? ''
  await expect(fetch(issuer)).rejects.toThrow('fetch failed')
})
