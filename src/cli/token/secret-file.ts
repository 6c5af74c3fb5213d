// Reads a token or a client secret from a file and notices when others could read it too.
import { isReadFault, readFileOrPipe } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { looksLikeToken } from '../../base/token-like.ts'

export interface SecretFile {
  readonly text: string
  /** Readable or writable beyond its owner. */
  readonly exposed: boolean
}

/** A token after an @ by mistake is no path: it must not be repeated. */
const shown = (path: string): string =>
  /[\\/]/.test(path) || !looksLikeToken(path) ? path : 'a file of that name'

const largest = 1_048_576

/** A pipe too, as `<(command)` makes it. `what` names the content for the message; the content itself never appears. */
export const readSecretFile = async (path: string, what: string): Promise<SecretFile> => {
  const read = await readFileOrPipe(path, { maxBytes: largest })
  if (isReadFault(read)) {
    const { why } = read
    throw usageError(problemOf('usage-flag', 'secret-file', { what, file: shown(path), why }))
  }
  const mode = process.platform === 'win32' ? 0 : (read.mode ?? 0)
  return { text: read.bytes.toString('utf8'), exposed: (mode & 0o077) !== 0 }
}
