// The file of --har: for its owner alone, and no file of another program is ever written over.
import { lstat, open } from 'node:fs/promises'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { harCreator } from './har.ts'

export interface HarFile {
  write(text: string): Promise<void>
}

const largest = 67_108_864

const unwritable = (file: string, error: unknown): UsageError => {
  const why = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return usageError(problemOf('usage-flag', 'har-unwritable', { why }), { place: { file } })
}

const isOurs = (file: string): boolean => {
  const read = readRegularFile(file, { maxBytes: largest })
  if (isReadFault(read)) return false
  if (read.bytes.length === 0) return true
  const { log } = parsed(read.bytes)
  return isJsonObject(log) && isJsonObject(log['creator']) && log['creator']['name'] === harCreator
}

const parsed = (bytes: Buffer) => {
  const read = parseJson(bytes, { maxBytes: largest })
  return read.ok && isJsonObject(read.value) ? read.value : {}
}

/** Looks at the place before anything is asked, so that a wrong one is reported at once. */
export const openHarFile = async (file: string): Promise<HarFile> => {
  const found = await lstat(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unwritable(file, error)
  })
  if (found !== undefined && !(found.isFile() && isOurs(file))) {
    throw usageError(problemOf('usage-flag', 'har-foreign'), { place: { file } })
  }
  const handle = await open(file, found === undefined ? 'wx' : 'r+', 0o600).catch(
    (error: unknown) => {
      throw unwritable(file, error)
    },
  )
  return {
    write: async (text) => {
      try {
        await handle.truncate()
        await handle.write(text, 0)
      } catch (error) {
        throw unwritable(file, error)
      } finally {
        await handle.close()
      }
    },
  }
}
