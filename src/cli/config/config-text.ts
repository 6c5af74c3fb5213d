// The effective configuration as TOML: its tables, and beside each value where it comes from.
import { stringify } from 'smol-toml'
import { printable } from '../../base/escape.ts'
import type { EffectiveValue, Origin } from '../../config/effective.ts'
import { showKey, type KeyPath } from '../../config/key-path.ts'
import { longest, padded } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'

/** `[[backends]]` for an entry of a list, `[backends.timeout]` below it. */
const headerOf = (table: KeyPath): string => {
  const name = table
    .filter((key) => typeof key === 'string')
    .map(showKey)
    .join('.')
  return typeof table.at(-1) === 'number' ? `[[${name}]]` : `[${name}]`
}

const originText = (origin: Origin): string => {
  if (origin.from === 'default') return 'default'
  if (origin.from === 'flag') return 'command line'
  const line = origin.line === undefined ? 'in the file' : `line ${String(origin.line)}`
  if (origin.from === 'file') return line
  return `${line}, ${origin.variables.map((name) => `$${name}`).join(', ')}`
}

/** TOML has no null: a missing value is shown as an empty string. */
const settingText = ({ path, value }: EffectiveValue): string =>
  stringify({ [String(path.at(-1))]: value ?? '' }).trimEnd()

interface Row {
  readonly text: string
  readonly origin: Origin
}

interface Table {
  readonly path: KeyPath
  readonly rows: Row[]
}

const tablesOf = (values: readonly EffectiveValue[]): readonly Table[] => {
  const tables = new Map<string, Table>()
  for (const value of values) {
    const path = value.path.slice(0, -1)
    const key = JSON.stringify(path)
    const table = tables.get(key) ?? { path, rows: [] }
    table.rows.push({ text: printable(settingText(value)), origin: value.origin })
    tables.set(key, table)
  }
  return [...tables.values()]
}

/** Beyond this, what is beside a value would be off the screen. */
const widestValue = 60

export const effectiveText = (values: readonly EffectiveValue[], style: Style): string => {
  const tables = tablesOf(values)
  const texts = tables.flatMap(({ rows }) => rows.map(({ text }) => text))
  const width = longest(texts.filter(({ length }) => length <= widestValue))
  const line = ({ text, origin }: Row): string => {
    const shown = origin.from === 'default' ? style.dim(text) : text
    return `${padded(shown, width)}  ${style.dim(`# ${originText(origin)}`)}`
  }
  return tables
    .map(({ path, rows }) =>
      [...(path.length === 0 ? [] : [style.bold(headerOf(path))]), ...rows.map(line)].join('\n'),
    )
    .join('\n\n')
}
