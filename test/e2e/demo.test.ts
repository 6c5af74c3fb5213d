// The tour runs to its end, and leaves nothing behind.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { repository, runCommandLine } from '../support/command-line.ts'

test(
  'npm run demo -- --once meets every expectation of its own',
  { timeout: 120_000 },
  async () => {
    const { exitCode, stdout } = await runCommandLine(['--once'], {
      program: path.join(repository, 'demo', 'run.mjs'),
    })
    expect(stdout).not.toContain('not as expected')
    expect(exitCode).toBe(0)
    const summary = /(\d+) of (\d+) expectations met/.exec(stdout)
    expect(Number(summary?.[1])).toBeGreaterThanOrEqual(12)
    expect(summary?.[1]).toBe(summary?.[2])
    for (const id of ['time-exp', 'claim-aud', 'intro-active']) expect(stdout).toContain(id)
    // No token, whole, in what a person might paste into a ticket.
    expect(stdout).not.toMatch(/eyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/)
    const folder = /folder +(\/\S+)/.exec(stdout)?.[1] ?? ''
    expect(folder).toContain('mcp-proxy-demo-')
    expect(existsSync(folder)).toBe(false)
  },
)
