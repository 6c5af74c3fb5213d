// Notices that a file has another content: overwritten, renamed into place, or behind a symbolic link that was swapped.
import { unwatchFile, watchFile, type Stats } from 'node:fs'
import { isSameFile } from '../../base/file-identity.ts'

/** How often the file is looked at. */
const intervalMs = 1000

/**
 * Looks at what the path leads to, not at the file that it led to first: a ConfigMap swaps a link, an editor renames a
 * file. File events would miss both, and mounts that deliver none. A file that is gone for a moment is no change.
 * Returns the function that ends it; it does not keep the process alive.
 */
export const watchConfigFile = (
  file: string,
  onChange: () => void,
  interval = intervalMs,
): (() => void) => {
  const listener = (current: Stats, previous: Stats): void => {
    if (current.ino !== 0 && !isSameFile(current, previous)) onChange()
  }
  watchFile(file, { interval, persistent: false }, listener)
  return () => unwatchFile(file, listener)
}
