// The generated files are what the sources give today, and the tables of 0.4 fit the schema.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { generatedFiles } from '../../scripts/generated-files.ts'
import { sections } from '../../src/config/json-schema.ts'
import { keysNotOffered } from '../../src/config/original-keys.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'config.md'), 'utf8')
const migration = readFileSync(join(root, 'docs', 'migration.md'), 'utf8')

it.each([...generatedFiles()])(
  '%s is up to date (node scripts/run-ts.mjs scripts/generate.ts)',
  (name, text) => {
    expect(readFileSync(join(root, name), 'utf8')).toBe(text)
  },
)

it('the script that writes them finds nothing to do', async () => {
  const script = ['scripts/run-ts.mjs', 'scripts/generate.ts', '--check']
  const { stdout } = await promisify(execFile)(process.execPath, script, { cwd: root })
  expect(stdout).toBe('')
})

describe('the reference page', () => {
  const all = sections().filter(({ name }) => name !== '')

  it.each(all)('has the section $name with its keys', ({ name, keys }) => {
    const title = name.endsWith('[]')
      ? `## [[${name.slice(0, -2)}]]`
      : `## [${name.replaceAll('[]', '')}]`
    const part = page.split(`\n${title}\n`)[1]?.split('\n## ')[0]
    expect(part).toBeDefined()
    for (const key of keys) {
      expect(part).toContain(key === 'type' ? 'with type = ' : `| \`${key}\` |`)
    }
  })

  it('says of every key what it means', () => {
    const bare = all.flatMap(({ name, nodes }) =>
      nodes.flatMap((node) =>
        Object.entries(node.properties ?? {})
          .filter(([key, { description }]) => key !== 'type' && (description ?? '') === '')
          .map(([key]) => `${name}.${key}`),
      ),
    )
    expect(bare).toEqual([])
  })

  it('has no section that the schema does not know', () => {
    const titles = [...page.matchAll(/^## (\[.*\])$/gm)].map(([, title]) => title)
    expect(titles).toHaveLength(all.length)
  })
})

describe('what mcp-proxy 0.4 had', () => {
  it('is not listed as missing where it is offered', () => {
    for (const { name, keys } of sections()) {
      const both = (keysNotOffered[name] ?? []).filter((key) => keys.includes(key))
      expect(both).toEqual([])
    }
  })

  it('and is not offered yet stands in the page on migration, and nothing else does', () => {
    const part = migration.split('\n## Not offered yet\n')[1]?.split('\n## ')[0] ?? ''
    const listed = [...part.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
    const known = Object.entries(keysNotOffered).flatMap(([section, keys]) =>
      keys.map((key) => (section === '' ? key : `${section.replace('[]', '')}.${key}`)),
    )
    expect(new Set(listed)).toEqual(new Set(known))
    expect(listed).toHaveLength(known.length)
  })
})
