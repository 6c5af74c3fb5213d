// Reads a token or a client secret from a file and notices when others could read it too. Synchronous: the
// promises of node:fs are a module that a short run can do without.
import { readFileSync, statSync } from 'node:fs'
import { UsageError } from '../../problems/usage-error.ts'
import { looksLikeToken } from '../command/token-like.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

export interface SecretFile {
  readonly text: string
  /** Readable or writable beyond its owner. */
  readonly exposed: boolean
}

/** A token after an @ by mistake is no path: it must not be repeated. */
const shown = (path: string): string =>
  /[\\/]/.test(path) || !looksLikeToken(path) ? path : 'a file of that name'

/** `what` names the content for the message; the content itself never appears. */
export const readSecretFile = (path: string, what: string): SecretFile => {
  try {
    const { mode, size } = statSync(path)
    if (size > 1_048_576) {
      throw new UsageError({ code: 'usage-flag', message: `${path} is too large to hold ${what}` })
    }
    const text = readFileSync(path, 'utf8')
    return { text, exposed: process.platform !== 'win32' && (mode & 0o077) !== 0 }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { code = '' } = error as NodeJS.ErrnoException
    throw new UsageError({
      code: 'usage-flag',
      message: `Cannot read ${what} from ${shown(path)}: ${reasons[code] ?? code}`,
      hint: 'check the path and the permissions',
    })
  }
}
