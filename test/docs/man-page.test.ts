// The man page is read by man(1) itself: no warning, and every command in it.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { repository } from '../support/command-line.ts'
import { loadProgram } from '../support/program.ts'

const hasMan = existsSync('/usr/bin/man')

test.skipIf(!hasMan && process.env['CI'] === undefined)(
  'man renders it without a warning, with every command',
  async () => {
    const file = path.join(repository, 'man', 'mcp-proxy.1')
    const { stdout, stderr } = await promisify(execFile)('man', ['--warnings', '-l', file], {
      env: { ...process.env, MANWIDTH: '100', MANPAGER: 'cat', LC_ALL: 'C.UTF-8' },
      maxBuffer: 16_777_216,
    })
    expect(stderr).toBe('')
    const { commandIDs } = await loadProgram()
    for (const id of commandIDs) expect(stdout).toContain(`mcp-proxy ${id} `)
    expect(stdout).toContain('--fail-on')
    expect(stdout).not.toContain('<%=')
  },
)
