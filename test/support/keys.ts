// Key files for tests: real keys in real files.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { keyFileText, type KeyEntry } from '../../src/core/api-keys/key-file.ts'
import { keyDigest, makeKey } from '../../src/core/api-keys/key-form.ts'

export interface TestKey {
  readonly text: string
  readonly entry: KeyEntry
}

export const newKey = (more: Partial<KeyEntry> = {}): TestKey => {
  const { id, text } = makeKey()
  const entry: KeyEntry = {
    id,
    name: 'ci',
    sha256: keyDigest(text),
    created: '2026-01-01T00:00:00Z',
    scopes: [],
    roles: [],
    ...more,
  }
  return { text, entry }
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export interface TestKeyFile {
  readonly file: string
  /** As `mcp-proxy key` replaces it. */
  readonly replace: (keys: readonly TestKey[]) => void
  /** Any other content. */
  readonly write: (text: string) => void
}

export const writeKeys = (keys: readonly TestKey[]): TestKeyFile => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-proxy-keys-'))
  folders.push(folder)
  const file = join(folder, 'keys.json')
  const put = (text: string): void => {
    writeFileSync(`${file}.draft`, text, { mode: 0o600 })
    renameSync(`${file}.draft`, file)
  }
  const replace = (now: readonly TestKey[]) => put(keyFileText(now.map(({ entry }) => entry)))
  replace(keys)
  return { file, replace, write: put }
}

/** The same key with another last letter: mistyped. */
export const mistyped = (text: string): string =>
  `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`
