// What follows from the keys of a backend where they are left out.
import { expect, test } from 'vitest'
import { startMsOf } from '../../src/backends/config.ts'

test.each([
  ['npx', 300],
  ['/usr/local/bin/npx', 300],
  ['C:\\Program Files\\nodejs\\npx.cmd', 300],
  ['UVX.EXE', 300],
  ['docker', 300],
  ['node', 60],
  ['npx-helper', 60],
  ['/opt/npx/server', 60],
  [undefined, 60],
])('a start of %s may take %i seconds', (command, seconds) => {
  expect(startMsOf(command === undefined ? {} : { command })).toBe(seconds * 1000)
})

test('a start may take what is configured, whatever the command', () => {
  expect(startMsOf({ command: 'npx', start_timeout_seconds: 1.5 })).toBe(1500)
  expect(startMsOf({ command: 'node', start_timeout_seconds: 600 })).toBe(600_000)
})
