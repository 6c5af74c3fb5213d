// YAML as a tree, in time and memory that its size bounds: the parser alone promises neither.
import type { Document, LineCounter, Node } from 'yaml'

/** The parser takes long for each of them, whether it is a line break, a comma or a mistake. */
export const mostTokens = 200_000

/** Undefined where there is more to read than any configuration has. */
export const parseYaml = async (
  text: string,
  lineCounter?: LineCounter,
): Promise<Document | undefined> => {
  const { Lexer, parseDocument } = await import('./yaml.ts')
  let tokens = 0
  for (const _ of new Lexer().lex(text)) {
    tokens += 1
    if (tokens > mostTokens) return undefined
  }
  return parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    schema: 'core',
    // It compares each key with each other one; yamlTree looks itself.
    uniqueKeys: false,
    ...(lineCounter === undefined ? {} : { lineCounter }),
  })
}

interface YamlFault {
  readonly code: string
  readonly offset: number
}

/** What a value takes with its aliases written out: one for each character, and some for being there. */
const mostExpanded = 4 * 1_048_576
const costOfNode = 16

interface Expanded {
  readonly value: unknown
  readonly cost: number
}

export type YamlTree =
  | { readonly tree: unknown; readonly faults: readonly [] }
  | { readonly faults: readonly YamlFault[] }

/**
 * Aliases become what their anchors have. Measured before anything is built from it: a few lines of aliases can stand
 * for more than any memory has.
 */
export const yamlTree = async (document: Document): Promise<YamlTree> => {
  const { isAlias, isMap, isScalar, isSeq } = await import('./yaml.ts')
  const faults: YamlFault[] = []
  const anchors = new Map<string, Expanded>()
  const open = new Set<string>()
  const offsetOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0
  const nothing: Expanded = { value: null, cost: costOfNode }

  const aliased = (source: string, offset: number): Expanded => {
    const known = open.has(source) ? undefined : anchors.get(source)
    if (known !== undefined) return known
    faults.push({ code: open.has(source) ? 'ALIAS_OF_ITSELF' : 'BAD_ALIAS', offset })
    return nothing
  }

  const sequence = (items: readonly unknown[]): Expanded => {
    const all = items.map(expanded)
    return {
      value: all.map(({ value }) => value),
      cost: all.reduce((sum, { cost }) => sum + cost, costOfNode),
    }
  }

  const table = (
    items: readonly { readonly key: unknown; readonly value: unknown }[],
  ): Expanded => {
    const members = new Map<string, unknown>()
    let cost = costOfNode
    for (const { key, value } of items) {
      const name = isScalar(key) && typeof key.value === 'string' ? key.value : ''
      if (members.has(name)) faults.push({ code: 'DUPLICATE_KEY', offset: offsetOf(key) })
      const member = expanded(value)
      members.set(name, member.value)
      cost += member.cost + name.length
    }
    return { value: Object.fromEntries(members), cost }
  }

  const content = (node: unknown): Expanded => {
    if (isMap(node)) return table(node.items)
    if (isSeq(node)) return sequence(node.items)
    if (!isScalar(node)) return nothing
    const { value } = node
    return { value, cost: costOfNode + (typeof value === 'string' ? value.length : 0) }
  }

  function expanded(node: unknown): Expanded {
    if (isAlias(node)) return aliased(node.source, offsetOf(node))
    const anchor = (node as (Node & { readonly anchor?: string }) | null)?.anchor
    if (anchor === undefined) return content(node)
    open.add(anchor)
    const found = content(node)
    open.delete(anchor)
    anchors.set(anchor, found)
    return found
  }

  const { value, cost } = expanded(document.contents)
  if (faults.length === 0 && cost > mostExpanded) faults.push({ code: 'EXPANDS', offset: 0 })
  return faults.length === 0 ? { tree: value, faults: [] } : { faults }
}
