// The three ways in which a configuration file changes, each on a real file system.
import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchConfigFile } from '../../../src/server/reload/watch-file.ts'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'

let folder: TempFolder
let changes: number
let end: () => void

const at = (...names: readonly string[]) => join(folder.path, ...names)

const watch = (file: string) => {
  end = watchConfigFile(file, () => (changes += 1), 20)
}

beforeEach(async () => {
  folder = await makeTempFolder()
  changes = 0
})
afterEach(async () => {
  end()
  await folder.remove()
})

/** The first look takes place at once and is compared with what comes after it. */
const looked = () => new Promise((resolve) => setTimeout(resolve, 60))

test('a file that is overwritten in place', async () => {
  await writeFile(at('proxy.toml'), 'one')
  watch(at('proxy.toml'))
  await looked()
  await writeFile(at('proxy.toml'), 'two!')
  await expect.poll(() => changes).toBeGreaterThan(0)
})

test('a file that is renamed into its place', async () => {
  await writeFile(at('proxy.toml'), 'one')
  watch(at('proxy.toml'))
  await looked()
  await writeFile(at('next'), 'two')
  await rename(at('next'), at('proxy.toml'))
  await expect.poll(() => changes).toBeGreaterThan(0)
})

test('a link that is swapped, as a ConfigMap does it', async () => {
  await mkdir(at('..v1'))
  await mkdir(at('..v2'))
  await writeFile(at('..v1', 'proxy.toml'), 'one')
  await writeFile(at('..v2', 'proxy.toml'), 'two')
  await symlink('..v1', at('..data'))
  await symlink(join('..data', 'proxy.toml'), at('proxy.toml'))
  watch(at('proxy.toml'))
  await looked()
  await symlink('..v2', at('..new'))
  await rename(at('..new'), at('..data'))
  await expect.poll(() => changes).toBeGreaterThan(0)
})

test('a file that is gone for a moment is one change, when it is back', async () => {
  await writeFile(at('proxy.toml'), 'one')
  watch(at('proxy.toml'))
  await looked()
  await unlink(at('proxy.toml'))
  await looked()
  expect(changes).toBe(0)
  await writeFile(at('proxy.toml'), 'two')
  await expect.poll(() => changes).toBe(1)
})
