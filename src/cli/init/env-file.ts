// The .env file beside the configuration: the names of the variables that it needs. Values that are there stay.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { printable } from '../../base/escape.ts'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { writeNewFile } from './write-file.ts'

/** To be set before the proxy starts. */
export interface VariableReport {
  readonly name: string
  readonly used_by: readonly string[]
  readonly hint: string | null
  readonly is_set: boolean
}

/** For an .env file: names, no values. */
export const environmentTemplate = (variables: readonly VariableReport[]): string =>
  variables
    .map(({ name, used_by: usedBy, hint }) =>
      [
        `# ${printable([usedBy.join(', '), ...((hint ?? '') ? [hint] : [])].join('; '))}`,
        `${name}=`,
      ].join('\n'),
    )
    .join('\n')

export interface EnvFileReport {
  readonly file: string
  /** Names that were added, without values. */
  readonly added: readonly string[]
}

export const envFileOf = (output: string): string => path.join(path.dirname(output), '.env')

const largest = 1_048_576

const nameOnLine = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/gm

/** A line of any .gitignore from the folder up to the one of the repository. */
const isIgnored = (folder: string): boolean => {
  const read = readRegularFile(path.join(folder, '.gitignore'), { maxBytes: largest })
  const text = isReadFault(read) ? '' : read.bytes.toString('utf8')
  if (/^\/?(?:\*\*\/)?(?:\.env\*?|\*\.env|\.\*)[ \t]*\r?$/m.test(text)) return true
  const parent = path.dirname(folder)
  if (existsSync(path.join(folder, '.git'))) return false
  // Outside of a repository nothing is committed.
  return parent === folder || isIgnored(parent)
}

/** Never over a value: what is there is added to. */
export const writeEnvFile = async (
  output: string,
  variables: readonly VariableReport[],
  narrator: Narrator,
): Promise<EnvFileReport> => {
  const file = envFileOf(output)
  const read = readRegularFile(file, { maxBytes: largest })
  if (isReadFault(read) && read.code !== 'ENOENT') {
    throw usageError(problemOf('usage-flag', 'output-unwritable', { file, why: read.why }))
  }
  const there = isReadFault(read) ? undefined : read
  const text = there?.bytes.toString('utf8') ?? ''
  const known = new Set([...text.matchAll(nameOnLine)].map(([, name = '']) => name))
  const missing = variables.filter(({ name }) => !known.has(name))
  if (missing.length > 0) {
    const head = text === '' || text.endsWith('\n') ? text : `${text}\n`
    const mode = there?.mode === undefined ? 0o600 : there.mode & 0o777
    const added = environmentTemplate(missing)
    await writeNewFile(file, `${head}${added}\n`, there !== undefined, mode)
  }
  if (((there?.mode ?? 0) & 0o077) !== 0 && process.platform !== 'win32') {
    narrator.warn(problemOf('usage-advice', 'exposed-file', { file }))
  }
  if (!isIgnored(path.resolve(path.dirname(file)))) {
    narrator.warn(problemOf('usage-advice', 'not-ignored', { file: path.basename(file) }))
  }
  return { file, added: missing.map(({ name }) => name) }
}
