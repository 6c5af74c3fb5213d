// The servers that a file of another client lists, whatever shape that client gives the list.
import type { ParseError } from 'jsonc-parser'
import { readDocument } from '../document.ts'
import type { ClientPlace } from './places.ts'
import { withoutByteOrderMark } from '../../base/byte-order-mark.ts'

export type ServerList =
  | { readonly servers: readonly (readonly [name: string, entry: unknown])[] }
  /** `missing`: it was read, and there is no list in it. */
  | { readonly fault: string; readonly missing?: true }

type Table = Readonly<Record<string, unknown>>

const tableOf = (value: unknown): Table | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Table)
    : undefined

const placeOf = (text: string, offset: number): string => {
  const lines = text.slice(0, offset).split('\n')
  return `line ${String(lines.length)}, column ${String((lines.at(-1) ?? '').length + 1)}`
}

const deepest = 100

/** Asked first: near the end of its stack the engine may end the process instead of throwing. */
const isTooDeep = async (text: string): Promise<boolean> => {
  const { createScanner } = await import('jsonc-parser')
  const scanner = createScanner(text, true)
  let depth = 0
  for (;;) {
    scanner.scan()
    const token = text.charAt(scanner.getTokenOffset())
    if (token === '') return false
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    if (depth > deepest) return true
  }
}

type Tree = { readonly tree: unknown } | { readonly fault: string }

/** Comments and commas at the end are allowed: VS Code and Cursor write them. */
const readJson = async (text: string): Promise<Tree> => {
  const { parse, printParseErrorCode } = await import('jsonc-parser')
  if (await isTooDeep(text)) return { fault: 'it is nested too deep' }
  const errors: ParseError[] = []
  const tree: unknown = parse(text, errors, { allowTrailingComma: true, disallowComments: false })
  const [first] = errors
  if (first === undefined) return { tree }
  const what = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return { fault: `it is not well-formed JSON (${what}, ${placeOf(text, first.offset)})` }
}

/** Codex has TOML, Goose and Continue have YAML. */
export const readTree = async (given: string, file: string): Promise<Tree> => {
  const text = withoutByteOrderMark(given)
  const format = /\.toml$/i.test(file) ? 'toml' : /\.ya?ml$/i.test(file) ? 'yaml' : undefined
  if (format === undefined) return readJson(text)
  const { tree, faults } = await readDocument(text, format)
  const [first] = faults
  if (first === undefined) return { tree }
  const { problem, line, column } = first
  const why = problem.case === 'malformed' ? problem.detail : `not well-formed: ${problem.detail}`
  return { fault: `it is ${why}${line === undefined ? '' : ` (line ${line}, column ${column})`}` }
}

const serverKeys = ['command', 'url', 'httpUrl', 'serverUrl', 'baseUrl']

/** A bare list of servers, as some documentation shows it. */
const isServerTable = (table: Table): boolean => {
  const entries = Object.values(table).map(tableOf)
  return (
    entries.length > 0 &&
    entries.every((entry) => entry !== undefined && serverKeys.some((key) => key in entry))
  )
}

const mostServers = 1000

/** Continue writes a list, of entries with names. */
const named = (list: unknown): Table | undefined =>
  Array.isArray(list)
    ? Object.fromEntries(
        (list as readonly unknown[]).flatMap((entry) => {
          const name = tableOf(entry)?.['name']
          return typeof name === 'string' ? [[name, entry] as const] : []
        }),
      )
    : tableOf(list)

/** Where a file can have its servers, by client. */
const listsOf = (top: Table, folder: string): readonly Table[] => {
  const mcp = tableOf(top['mcp'])
  // opencode has its servers in "mcp" itself, VS Code in "servers" below it.
  const ofOpencode = mcp !== undefined && mcp['servers'] === undefined && isServerTable(mcp)
  return [
    top['servers'],
    top['mcpServers'],
    top['mcp_servers'],
    top['context_servers'],
    top['extensions'],
    mcp?.['servers'],
    ofOpencode ? mcp : undefined,
    tableOf(tableOf(top['projects'])?.[folder])?.['mcpServers'],
  ]
    .map(named)
    .filter((list) => list !== undefined)
}

const listKeys = [
  'servers',
  'mcpServers',
  'mcp_servers',
  'context_servers',
  'projects',
  'mcp',
  'inputs',
]

/** `folder`: Claude Code keeps servers of single folders in the file of the user. */
export const readServerList = async (
  text: string,
  { file, folder }: Pick<ClientPlace, 'file' | 'folder'>,
): Promise<ServerList> => {
  const read = await readTree(text, file)
  if ('fault' in read) return read
  const top = tableOf(read.tree)
  if (top === undefined) return { fault: 'it holds no object' }
  const lists = listsOf(top, folder)
  if (lists.length === 0 && !isServerTable(top)) {
    return listKeys.some((key) => top[key] !== undefined) || Object.keys(top).length === 0
      ? { servers: [] }
      : {
          fault: `it lists no servers: it has none of ${listKeys.slice(0, 4).join(', ')} and mcp`,
          missing: true,
        }
  }
  const servers = (lists.length === 0 ? [top] : lists).flatMap((list) => Object.entries(list))
  return servers.length > mostServers
    ? {
        fault: `it lists ${String(servers.length)} servers: more than ${String(mostServers)} are not imported`,
      }
    : { servers }
}
