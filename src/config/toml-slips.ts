// What people write by mistake where TOML is expected, recognised by the line itself: the parser's words are its own.
import { problemOf, type Problem } from '../problems/problem.ts'
import { shownInstead } from './excerpt.ts'

export interface FaultyLine {
  readonly lines: readonly string[]
  /** From 1. */
  readonly line: number
  readonly column: number
}

interface Entry {
  readonly key: string
  readonly value: string
}

/** `key = value`, whatever the value; undefined for other lines. */
const entryOf = (line: string): Entry | undefined => {
  const [, key, value = ''] = /^\s*([\w.\-"']+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
  return key === undefined ? undefined : { key, value: value.replace(/\s+#.*$/, '') }
}

const booleans: Readonly<Record<string, string>> = {
  true: 'true',
  yes: 'true',
  on: 'true',
  false: 'false',
  no: 'false',
  off: 'false',
}

const nothing = ['null', 'nil', 'none', 'undefined', '~']

const isTomlValue = (text: string): boolean =>
  /^(?:".*"|'.*'|\[.*|\{.*|[-+]?\d[\d_]*(?:\.[\d_]+)?|\d{4}-\d\d-\d\d.*|true|false)$/.test(text)

const quoted = (text: string): string =>
  text.includes('"') || text.includes('\\') ? `'${text}'` : `"${text}"`

/** The corrected line as it may be shown. */
const written = ({ lines, line }: FaultyLine, key: string, value: string): string => {
  const text = `${key} = ${value}`
  return shownInstead(lines, line, { text, column: key.length + 4 }) ?? `${key} = …`
}

type Slip = (line: string, fault: FaultyLine) => Problem | undefined

const ofOtherFormat: Slip = (line, { lines, line: number }) => {
  const before = lines.slice(0, number - 1).some((other) => /^\s*[^\s#]/.test(other))
  if (before) return undefined
  if (/^\s*\{/.test(line)) return problemOf('config-syntax', 'json-as-toml')
  const isYaml = /^(?:---|\s*[\w-]+:\s*(?:#.*)?)$/.test(line.trimEnd())
  return isYaml ? problemOf('config-syntax', 'yaml-as-toml') : undefined
}

const ofComment: Slip = (line) =>
  /^\s*(?:\/\/|;|--|\/\*)/.test(line) ? problemOf('config-syntax', 'comment-sign') : undefined

const ofHeader: Slip = (line) => {
  const [, open = '', name] = /^\s*(\[{1,2})\s*([\w.-]+)\s*\]{0,2}\s*(?:#.*)?$/.exec(line) ?? []
  if (name === undefined) return undefined
  const closed = /\]*$/.exec(line.replace(/#.*$/, '').trimEnd())?.[0] ?? ''
  if (closed.length === open.length) return undefined
  const close = open.replaceAll('[', ']')
  return problemOf('config-syntax', 'header-bracket', { line: `${open}${name}${close}` })
}

const headerOf = (line: string): string | undefined =>
  /^\s*(\[{1,2}\s*[\w.-]+\s*\]{1,2})\s*(?:#.*)?$/.exec(line)?.[1]?.replaceAll(/\s/g, '')

const ofRepeatedTable: Slip = (line, { lines, line: number }) => {
  const name = headerOf(line)?.replace(/^\[+|\]+$/g, '')
  if (name === undefined) return undefined
  const isSame = (other: string) => headerOf(other)?.replace(/^\[+|\]+$/g, '') === name
  const first = lines.slice(0, number - 1).findIndex(isSame) + 1
  if (first === 0) return undefined
  return name === 'backends' || /\.rules$|^auth\.(?:roles|scoped_tokens)$/.test(name)
    ? problemOf('config-syntax', 'list-of-tables', { name, first })
    : problemOf('config-syntax', 'table-twice', { name, first })
}

const ofRepeatedKey: Slip = (line, { lines, line: number }) => {
  const key = entryOf(line)?.key
  if (key === undefined) return undefined
  for (let at = number - 2; at >= 0; at -= 1) {
    const other = lines[at] ?? ''
    if (headerOf(other) !== undefined) return undefined
    if (entryOf(other)?.key === key) {
      return problemOf('config-syntax', 'key-twice', { key, first: at + 1 })
    }
  }
  return undefined
}

const ofKey: Slip = (line, fault) => {
  const [, name, value] = /^\s*([\w-]+)\s*:\s*(\S.*?)\s*$/.exec(line) ?? []
  if (name !== undefined && value !== undefined) {
    const bare = value.replace(/[,;]$/, '')
    const fixed = written(fault, name, isTomlValue(bare) ? bare : quoted(bare))
    return problemOf('config-syntax', 'colon', { line: fixed })
  }
  if (/^\s*[\w-]+(?:\s+[\w-]+)+\s*=/.test(line)) return problemOf('config-syntax', 'key-blank')
  if (/^\s*[\w.-]+\s*$/.test(line)) return problemOf('config-syntax', 'no-value')
  return undefined
}

const backslashInQuotes = /^"[^"]*\\(?!["\\bfnrtue])|^"[^"]*\\[uU](?![0-9a-fA-F]{4})/

const ofValue: Slip = (line, fault) => {
  const entry = entryOf(line)
  if (entry === undefined) return undefined
  const { key, value } = entry
  const corrected = (fixed: string) => ({ line: written(fault, key, fixed) })
  if (value === '') return problemOf('config-syntax', 'no-value')
  const word = value.replace(/[,;]$/, '').toLowerCase()
  if (nothing.includes(word)) return problemOf('config-syntax', 'null', { key })
  const boolean = booleans[word]
  if (boolean !== undefined && boolean !== value) {
    return problemOf('config-syntax', 'boolean', corrected(boolean))
  }
  if (/[“”‘’]/.test(value)) {
    return problemOf(
      'config-syntax',
      'curly-quotes',
      corrected(quoted(value.replace(/[“”‘’]/g, ''))),
    )
  }
  if (/^0\d+$/.test(value)) {
    return problemOf('config-syntax', 'leading-zero', corrected(value.replace(/^0+(?=\d)/, '')))
  }
  if (/^(?:".*"|'.*'|\[.*\]|[\d._]+|true|false)\s*[,;]$/.test(value)) {
    return problemOf('config-syntax', 'line-end', corrected(value.replace(/\s*[,;]$/, '')))
  }
  if (backslashInQuotes.test(value)) {
    return problemOf('config-syntax', 'backslash', corrected(value.replaceAll('"', "'")))
  }
  const quote = value.charAt(0)
  if ((quote === '"' || quote === "'") && !value.slice(1).includes(quote)) {
    return problemOf('config-syntax', 'open-quote', corrected(`${value}${quote}`))
  }
  // A duration such as 10s, a version, a bare word or address.
  return /^[^"'[{\s]/.test(value) && !isTomlValue(value)
    ? problemOf('config-syntax', 'unquoted', corrected(quoted(value)))
    : undefined
}

const ofList: Slip = (line, { lines, line: number, column }) => {
  const before = lines[number - 2]?.replace(/#.*$/, '').trimEnd() ?? ''
  const isNext = /^\s*["']/.test(line) && /["']$/.test(before)
  if (isNext || /["']\s+["']/.test(line.slice(0, column + 1))) {
    return problemOf('config-syntax', 'no-comma')
  }
  const isEntry = entryOf(line) !== undefined || headerOf(line) !== undefined
  if (isEntry && /[[,]$/.test(before)) return problemOf('config-syntax', 'open-list')
  return undefined
}

/** The first that fits is the cause: those that look at other lines as well come first. */
const slips: readonly Slip[] = [
  ofOtherFormat,
  ofComment,
  ofHeader,
  ofRepeatedTable,
  ofRepeatedKey,
  ofList,
  ofKey,
  ofValue,
]

/** What was meant by the line where a parser of TOML stopped; undefined where nothing usual fits. */
export const tomlSlip = (fault: FaultyLine): Problem | undefined => {
  const line = fault.lines[fault.line - 1]
  if (line === undefined || line.length > 1000) return undefined
  for (const slip of slips) {
    const found = slip(line, fault)
    if (found !== undefined) return found
  }
  return undefined
}
