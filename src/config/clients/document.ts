// The servers that a file of another client lists, whatever shape that client gives the list.
import type { ParseError } from 'jsonc-parser'
import { withoutByteOrderMark } from '../../base/trim.ts'

export type ServerList =
  | { readonly servers: readonly (readonly [name: string, entry: unknown])[] }
  | { readonly fault: string }

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

/** Comments and commas at the end are allowed: VS Code and Cursor write them. */
const readTree = async (given: string): Promise<{ tree: unknown } | { fault: string }> => {
  const { parse, printParseErrorCode } = await import('jsonc-parser')
  const text = withoutByteOrderMark(given)
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

/** A bare list of servers, as some documentation shows it. */
const isServerTable = (table: Table): boolean => {
  const entries = Object.values(table).map(tableOf)
  return (
    entries.length > 0 &&
    entries.every((entry) => entry?.['command'] !== undefined || entry?.['url'] !== undefined)
  )
}

const mostServers = 1000

/** `folder`: Claude Code keeps servers of single folders in the file of the user. */
export const readServerList = async (text: string, folder: string): Promise<ServerList> => {
  const read = await readTree(text)
  if ('fault' in read) return read
  const top = tableOf(read.tree)
  if (top === undefined) return { fault: 'it holds no object' }
  const project = tableOf(tableOf(top['projects'])?.[folder])
  const lists = [
    top['servers'],
    top['mcpServers'],
    tableOf(top['mcp'])?.['servers'],
    project?.['mcpServers'],
  ]
    .map(tableOf)
    .filter((list) => list !== undefined)
  if (lists.length === 0 && !isServerTable(top)) {
    const isKnown = ['servers', 'mcpServers', 'projects', 'mcp', 'inputs'].some(
      (key) => top[key] !== undefined,
    )
    return isKnown || Object.keys(top).length === 0
      ? { servers: [] }
      : { fault: 'it lists no servers: neither "mcpServers" nor "servers" stands in it' }
  }
  const servers = (lists.length === 0 ? [top] : lists).flatMap((list) => Object.entries(list))
  return servers.length > mostServers
    ? {
        fault: `it lists ${String(servers.length)} servers: more than ${String(mostServers)} are not imported`,
      }
    : { servers }
}
