// Writes the configuration in one step: it is there as a whole or not at all, and never over a file that was not meant.
import { fileWords } from '../../base/system-errors.ts'
import { randomBytes } from 'node:crypto'
import { link, lstat, realpath, rename, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { problemOf } from '../../problems/problem.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'

const whyNot = (code: string): string =>
  code === 'ENOENT' ? 'its folder does not exist' : fileWords(code)

export const existing = (file: string): UsageError =>
  usageError(problemOf('usage-flag', 'output-exists', { file }))

export const fileExists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  )

const cannotWrite = (file: string, code: string): UsageError =>
  usageError(problemOf('usage-flag', 'output-unwritable', { file, why: whyNot(code) }))

/** A link is refused where the name is taken, a rename replaces what is there. */
const place = async (draft: string, file: string, replace: boolean): Promise<void> => {
  if (replace) return rename(draft, file)
  try {
    await link(draft, file)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // File systems without links: what is left is to look.
    if (!/^(?:EPERM|ENOTSUP|ENOSYS|EMLINK|EXDEV)$/.test(code)) throw error
    if (await fileExists(file)) throw existing(file)
    return rename(draft, file)
  }
  await unlink(draft)
}

export const writeNewFile = async (
  file: string,
  text: string,
  replace: boolean,
  mode = 0o666,
): Promise<void> => {
  const target = replace ? await realpath(file).catch(() => file) : file
  const draft = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomBytes(6).toString('hex')}`,
  )
  try {
    await writeFile(draft, text, { flag: 'wx', mode })
    await place(draft, target, replace)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    if (error instanceof UsageError) throw error
    const { code = '' } = error as NodeJS.ErrnoException
    throw code === 'EEXIST' ? existing(file) : cannotWrite(file, code)
  }
}
