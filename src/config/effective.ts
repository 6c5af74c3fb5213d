// The configuration as it is used: every value with its origin, and without anything that is a secret.
import { isSecretName } from '../base/secret-name.ts'
import { Secret } from '../base/secret.ts'
import { showPath, valueAt, type KeyPath } from './key-path.ts'
import type { LoadedConfig } from './load.ts'
import { isOpenTable } from './open-tables.ts'
import { PathMap } from './path-map.ts'
import { isSecretValue, secretSpans } from './secret-like.ts'

export type ShownValue = string | number | boolean | null | readonly ShownValue[] | ShownTable

export interface ShownTable {
  readonly [key: string]: ShownValue
}

export type Origin =
  /** It is written in the file. */
  | { readonly from: 'file'; readonly line: number | undefined }
  /** It is written in the file, and variables of the environment stand in it. */
  | {
      readonly from: 'environment'
      readonly line: number | undefined
      readonly variables: readonly string[]
    }
  /** A flag of the command line stands for what is written. */
  | { readonly from: 'flag' }
  /** It is not written. */
  | { readonly from: 'default' }

export interface EffectiveValue {
  readonly path: KeyPath
  /** As it is written for a person: `backends[0].name`. */
  readonly key: string
  /** `[secret]` where it is one, and in place of what looks like one. */
  readonly value: ShownValue
  /** Something of it is left out. */
  readonly isSecret: boolean
  readonly origin: Origin
}

/** A value as the reports have it. */
export interface ShownSetting {
  /** As written for a person: `backends[0].name`. */
  readonly key: string
  /** `[secret]` where it is one. */
  readonly value: ShownValue
  readonly origin: Origin['from']
  /** From 1; null for what is not in the file. */
  readonly line: number | null
  /** The variables that it refers to. */
  readonly variables: readonly string[]
}

export const shownSetting = ({ key, value, origin }: EffectiveValue): ShownSetting => ({
  key,
  value,
  origin: origin.from,
  line: 'line' in origin ? (origin.line ?? null) : null,
  variables: origin.from === 'environment' ? origin.variables : [],
})

const hidden = '[secret]'

/** A text with what looks like a secret left out. */
const withoutSecrets = (text: string): string => {
  let shown = ''
  let at = 0
  for (const { start, end } of secretSpans(text)) {
    shown += `${text.slice(at, start)}${hidden}`
    at = end
  }
  return shown + text.slice(at)
}

/** `--api-key VALUE`: an argument whose name is in the one before it. */
const shownArguments = (args: readonly string[]): readonly string[] =>
  args.map((text, index) => {
    const before = args[index - 1] ?? ''
    const isItsValue = before.startsWith('-') && !text.startsWith('-')
    return isItsValue && isSecretValue(before, text) ? hidden : withoutSecrets(text)
  })

/** The value of a telling name goes as a whole; of other texts what looks like a secret. */
const shownText = (text: string, name: string): string => {
  if (!isSecretValue(name, text)) return text
  return isSecretName(name) ? hidden : withoutSecrets(text)
}

const shownValue = (value: unknown, path: KeyPath): ShownValue => {
  if (value instanceof Secret) return hidden
  const name = path.findLast((key) => typeof key === 'string') ?? ''
  if (typeof value === 'string')
    return isOpenTable(path) ? shownText(value, name) : withoutSecrets(value)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) {
    return name === 'args'
      ? shownArguments(value.filter((entry) => typeof entry === 'string'))
      : value.map((entry: unknown, index) => shownValue(entry, [...path, index]))
  }
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, shownValue(member, [...path, key])]),
  )
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret)

interface Leaf {
  readonly path: KeyPath
  readonly value: unknown
}

/** Values of a table before the tables below it, as files are written. */
const leavesOf = (value: unknown, path: KeyPath = []): readonly Leaf[] => {
  if (Array.isArray(value) && value.length > 0 && value.every(isTable)) {
    return value.flatMap((entry, index) => leavesOf(entry, [...path, index]))
  }
  if (!isTable(value)) return [{ path, value }]
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  const isSection = (member: unknown) =>
    isTable(member) || (Array.isArray(member) && member.length > 0 && member.every(isTable))
  return [false, true].flatMap((sections) =>
    members
      .filter(([, member]) => isSection(member) === sections)
      .flatMap(([key, member]) => leavesOf(member, [...path, key])),
  )
}

/** Reads the places from the text that was loaded, so a file that changed since is of no account. */
export const effectiveValues = async ({
  config,
  variables,
  written,
  flagged = [],
}: LoadedConfig): Promise<readonly EffectiveValue[]> => {
  const { locator } = await import('./locate.ts')
  const locate = await locator(written.text, written.format)
  const used = new PathMap<string[]>()
  for (const { name, path } of variables) {
    const known = used.get(path)
    if (known === undefined) used.add(path, [name])
    else known.push(name)
  }
  const fromFlags = PathMap.of(flagged)
  const originOf = (path: KeyPath, value: unknown): Origin => {
    if (fromFlags.get(path) !== undefined) return { from: 'flag' }
    if (valueAt(written.tree, path) === undefined) return { from: 'default' }
    const line = locate(path, 'value')?.line
    const entries = Array.isArray(value) ? value.map((_, index) => [...path, index]) : []
    const names = [path, ...entries].flatMap((one) => used.get(one) ?? [])
    return names.length === 0
      ? { from: 'file', line }
      : { from: 'environment', line, variables: [...new Set(names)] }
  }
  return leavesOf(config).map(({ path, value }) => {
    const shown = shownValue(value, path)
    return {
      path,
      key: showPath(path),
      value: shown,
      isSecret: JSON.stringify(shown).includes(hidden),
      origin: originOf(path, value),
    }
  })
}
