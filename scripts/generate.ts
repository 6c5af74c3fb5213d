// Writes every generated file; with --check it writes nothing and fails where one is out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles } from './generated-files.ts'

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')

const present = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

for (const [name, text] of generatedFiles()) {
  const path = join(root, name)
  if (present(path) === text) continue
  if (check) {
    console.error(`${name} is out of date: node scripts/run-ts.mjs scripts/generate.ts`)
    process.exitCode = 1
    continue
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  console.log(`wrote ${name}`)
}
