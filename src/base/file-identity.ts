// Whether a path leads to the content that it led to before: overwritten, renamed into place, or another link.
import type { Stats } from 'node:fs'

type Looked = Pick<Stats, 'mtimeMs' | 'ino' | 'size' | 'dev'>

export const isSameFile = (a: Looked, b: Looked): boolean =>
  a.mtimeMs === b.mtimeMs && a.ino === b.ino && a.size === b.size && a.dev === b.dev
