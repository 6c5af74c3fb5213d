// docs/cli.md has a section for each command, so that a new one cannot be left out of it.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cliPage } from '../../scripts/cli-page.ts'

test('docs/cli.md has a section for every file of src/commands', () => {
  const commands = readdirSync(join(import.meta.dirname, '..', '..', 'src', 'commands'))
    .map((name) => name.replace(/\.ts$/, ''))
    .toSorted()
  const sections = [...cliPage().matchAll(/^## ([a-z-]+)$/gm)].map(([, name = '']) => name)
  expect(sections.filter((name) => commands.includes(name)).toSorted()).toEqual(commands)
})
