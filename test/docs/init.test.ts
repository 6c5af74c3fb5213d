// The page of `init` speaks the truth: its file loads, its flags exist, and none is left out.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { acceptDraft } from '../../src/cli/init/accept.ts'
import Init from '../../src/commands/init.ts'
import { repository } from '../support/command-line.ts'

const page = await readFile(path.join(repository, 'docs', 'init.md'), 'utf8')

test('the file that it shows is one that init writes', async () => {
  const [, toml = ''] = /^```toml\n([\s\S]*?)^```$/m.exec(page) ?? []
  expect(toml).toContain('[[backends]]')
  expect(await acceptDraft(toml, 'proxy.toml')).toEqual([])
})

test('its flags are those of the command', () => {
  const told = new Set([...page.matchAll(/`--([a-z-]+)/g)].map(([, name = '']) => name))
  // Those of other commands and programs.
  for (const other of ['api-key', 'check', 'env-file']) told.delete(other)
  const left = ['allow-http', 'timeout']
  const flags = Object.keys(Init.flags).filter((name) => !left.includes(name))
  expect(told).toEqual(new Set(flags))
})

test('nothing on a screen is wider than 80 columns', () => {
  const screens = [...page.matchAll(/^```(?:text|toml)\n([\s\S]*?)^```$/gm)]
  expect(screens.length).toBeGreaterThan(3)
  for (const line of screens.flatMap(([, text = '']) => text.split('\n'))) {
    expect(line.length).toBeLessThanOrEqual(80)
  }
})
