// Origins of browsers as a configuration lists them: one origin, or many by "*" in place of whole labels or of the port.

/** In the form that browsers send: lower case, the host in ASCII, no default port (RFC 6454 section 6.2). */
export interface OriginPattern {
  matches(origin: string): boolean
  /** How many labels after the last "*" are fixed; undefined without one. */
  readonly fixedLabels: number | undefined
}

/** `form` has more than an origin has; `glob` has a "*" where none may be. */
export type OriginFault = 'syntax' | 'form' | 'glob'

/** What a "*" is replaced by to see whether the rest is an origin. */
const anyLabel = 'any-label'
const anyPort = '1'

const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/:?#@]*|\[[^\]]*\])(?::([^/?#]*))?$/

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const isOrigin = (text: string): OriginFault | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.origin === 'null') return 'syntax'
  return url.origin === text ? undefined : 'form'
}

const readGlob = (entry: string): OriginPattern | OriginFault => {
  const [, scheme = '', host = '', port] = parts.exec(entry) ?? []
  if (scheme === '') return 'glob'
  const labels = host.split('.')
  const isWhole = [...labels, port ?? ''].every((part) => part === '*' || !part.includes('*'))
  // An origin whose last label is free belongs to anybody.
  if (!isWhole || labels.at(-1) === '*') return 'glob'
  const example = labels.map((label) => (label === '*' ? anyLabel : label)).join('.')
  const portExample = port === undefined ? '' : `:${port === '*' ? anyPort : port}`
  const fault = isOrigin(`${scheme}://${example}${portExample}`)
  if (fault !== undefined) return fault
  const hostPattern = labels.map((label) => (label === '*' ? '[a-z0-9_-]+' : escaped(label)))
  const portPattern =
    port === undefined ? '' : port === '*' ? String.raw`(?::\d{1,5})?` : `:${port}`
  const pattern = new RegExp(`^${scheme}://${hostPattern.join(String.raw`\.`)}${portPattern}$`)
  const last = labels.lastIndexOf('*')
  return {
    matches: (origin) => pattern.test(origin),
    fixedLabels: last === -1 ? undefined : labels.length - 1 - last,
  }
}

/** RFC 1035 section 2.3.4: 253 for the name; scheme and port beside it. */
const longest = 300

/** "*" alone is any origin, also the "null" of pages that have none. */
export const readOriginPattern = (written: string): OriginPattern | OriginFault => {
  if (written.length > longest) return 'syntax'
  const entry = written.toLowerCase()
  if (entry === '*') return { matches: () => true, fixedLabels: undefined }
  if (entry.includes('*')) return readGlob(entry)
  return isOrigin(entry) ?? { matches: (origin) => origin === entry, fixedLabels: undefined }
}

/** Those that can be read; the others match nothing. */
export const originPatterns = (entries: readonly string[]): readonly OriginPattern[] =>
  entries.map(readOriginPattern).filter((read) => typeof read !== 'string')
