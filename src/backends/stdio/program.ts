// Whether the program of a stdio backend can be found, before it is started and after that failed.
import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'

export interface ProgramPlace {
  readonly command: string
  readonly cwd: string | undefined
  /** That of the child: its PATH is searched. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What keeps it from being started. */
export type ProgramFault =
  | { readonly kind: 'no-folder'; readonly folder: string }
  | { readonly kind: 'no-program'; readonly command: string }
  | { readonly kind: 'no-file'; readonly file: string }
  | { readonly kind: 'not-executable'; readonly file: string }

const isFolder = (name: string): boolean =>
  statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false

type Found = 'executable' | 'file' | 'nothing'

const look = (file: string): Found => {
  try {
    if (!statSync(file).isFile()) return 'nothing'
    accessSync(file, constants.X_OK)
    return 'executable'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'file' : 'nothing'
  }
}

/** On Windows a program may be named without its extension. */
const spellings = (
  file: string,
  env: ProgramPlace['env'],
  platform: NodeJS.Platform,
): readonly string[] => {
  if (platform !== 'win32' || path.extname(file) !== '') return [file]
  const extensions = (env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';')
  return extensions.map((extension) => `${file}${extension}`)
}

/** Undefined where nothing is wrong that could be seen. Does not say whether the program works. */
export const programFault = (
  { command, cwd, env }: ProgramPlace,
  platform: NodeJS.Platform = process.platform,
): ProgramFault | undefined => {
  if (cwd !== undefined && !isFolder(cwd)) return { kind: 'no-folder', folder: cwd }
  const isPath = command.includes('/') || (platform === 'win32' && command.includes('\\'))
  const folders = isPath ? [cwd ?? '.'] : (env['PATH'] ?? '').split(path.delimiter)
  const files = folders
    .filter((folder) => folder !== '')
    .flatMap((folder) => spellings(path.resolve(folder, command), env, platform))
  const found = files.map((file) => ({ file, state: look(file) }))
  if (found.some(({ state }) => state === 'executable')) return undefined
  const blocked = found.find(({ state }) => state === 'file')
  if (blocked !== undefined) return { kind: 'not-executable', file: blocked.file }
  return isPath ? { kind: 'no-file', file: command } : { kind: 'no-program', command }
}
