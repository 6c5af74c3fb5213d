// A file that a flag names and that this program writes beside its report: no file of another program is ever written over.
import { lstat, open } from 'node:fs/promises'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'

export interface OwnFile {
  write(text: string): Promise<void>
}

export interface OwnFileKind {
  /** With the dashes. */
  readonly flag: string
  /** Of the file. */
  readonly mode: number
  /** Whether a file of this content was written by an earlier run. */
  readonly isOurs: (content: Buffer) => boolean
}

export const largestOwnFile = 67_108_864

const unwritable = (file: string, flag: string, error: unknown): UsageError => {
  const why = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return usageError(problemOf('usage-flag', 'written-unwritable', { flag, why }), {
    place: { file },
  })
}

const isReplaceable = (file: string, { isOurs }: OwnFileKind): boolean => {
  const read = readRegularFile(file, { maxBytes: largestOwnFile })
  if (isReadFault(read)) return false
  return read.bytes.length === 0 || isOurs(read.bytes)
}

/** Looks at the place before anything is asked, so that a wrong one is reported at once. */
export const openOwnFile = async (file: string, kind: OwnFileKind): Promise<OwnFile> => {
  const { flag, mode } = kind
  const found = await lstat(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unwritable(file, flag, error)
  })
  if (found !== undefined && !(found.isFile() && isReplaceable(file, kind))) {
    throw usageError(problemOf('usage-flag', 'written-foreign', { flag }), { place: { file } })
  }
  const handle = await open(file, found === undefined ? 'wx' : 'r+', mode).catch(
    (error: unknown) => {
      throw unwritable(file, flag, error)
    },
  )
  return {
    write: async (text) => {
      try {
        await handle.truncate()
        await handle.write(text, 0)
      } catch (error) {
        throw unwritable(file, flag, error)
      } finally {
        await handle.close()
      }
    },
  }
}
