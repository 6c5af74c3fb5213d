// All that can be typed: commands, aliases, arguments, flags with their letters and values, as oclif's own Config has
// them. What is renamed or removed breaks scripts: surface.json is written by hand or with UPDATE_SURFACE=1, never alone.
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from '@oclif/core/command'
import { expect, test } from 'vitest'
import { repository } from '../support/command-line.ts'
import { loadProgram } from '../support/program.ts'
import written from './surface.json' with { type: 'json' }

const flagOf = (flag: Command.Flag.Cached) => ({
  ...(flag.char === undefined ? {} : { char: flag.char }),
  ...(flag.aliases === undefined ? {} : { aliases: flag.aliases }),
  type: flag.type,
  ...(flag.type === 'option' && flag.multiple === true ? { multiple: true } : {}),
  ...(flag.type === 'option' && flag.options !== undefined ? { options: flag.options } : {}),
  ...(flag.type === 'option' && flag.default !== undefined ? { default: flag.default } : {}),
  ...(flag.exclusive === undefined ? {} : { exclusive: flag.exclusive }),
  ...(flag.dependsOn === undefined ? {} : { dependsOn: flag.dependsOn }),
})

const sorted = <T>(entries: readonly (readonly [string, T])[]) =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))

const surfaceOf = (commands: readonly Command.Loadable[]) =>
  sorted(
    commands.map(({ id, aliases, hiddenAliases, strict, args, flags }) => [
      id,
      {
        aliases,
        hiddenAliases,
        strict,
        args: Object.entries(args).map(([name, { required = false }]) => ({ name, required })),
        flags: sorted(Object.entries(flags).map(([name, flag]) => [name, flagOf(flag)])),
      },
    ]),
  )

const { commands, commandIDs } = await loadProgram()
const surface: unknown = JSON.parse(JSON.stringify(surfaceOf(commands)))

if (process.env['UPDATE_SURFACE'] === '1') {
  const file = path.join(import.meta.dirname, 'surface.json')
  await writeFile(file, `${JSON.stringify(surface, null, 2)}\n`)
}

test('every command, flag, letter, alias and argument is the one that is written down', () => {
  expect(surface).toEqual(written)
})

test('there is a command for each file in src/commands, and no other', async () => {
  const files = await readdir(path.join(repository, 'src', 'commands'))
  expect(commandIDs).toEqual(files.map((file) => path.basename(file, '.ts')).sort())
})
