// The line and column of a key or a value in the text of a configuration. Loaded only when there is something to say.
import type { Format } from './document.ts'
import type { KeyPath } from './key-path.ts'
import { PathMap } from './path-map.ts'

interface Position {
  readonly line: number
  readonly column: number
}

interface Spot {
  readonly path: KeyPath
  readonly key: Position
  readonly value: Position
}

export type Locate = (path: KeyPath, at: 'key' | 'value') => Position | undefined

/** The nearest ancestor stands in for what is not in the text, such as a key that is missing. */
const finder = (spots: readonly Spot[]): Locate => {
  const known = new PathMap<Spot>()
  for (const spot of spots) known.add(spot.path, spot)
  return (path, at) => {
    const found = known.nearest(path)
    if (found !== undefined) return found.value[found.length === path.length ? at : 'key']
    return spots.length === 0 ? undefined : { line: 1, column: 1 }
  }
}

const tomlSpots = async (text: string): Promise<Spot[]> => {
  const { parseTOML } = await import('./toml-tree.ts')
  type Program = ReturnType<typeof parseTOML>
  type Table = Program['body'][0]
  type Entry = Extract<Table['body'][number], { type: 'TOMLKeyValue' }>
  const spots: Spot[] = []
  const startOf = (node: { loc: { start: { line: number; column: number } } }): Position => ({
    line: node.loc.start.line,
    column: node.loc.start.column + 1,
  })
  const visitValue = (value: Entry['value'], path: KeyPath): void => {
    if (value.type === 'TOMLInlineTable') for (const entry of value.body) visitEntry(entry, path)
    if (value.type === 'TOMLArray') {
      value.elements.forEach((element, index) => {
        const place = startOf(element)
        spots.push({ path: [...path, index], key: place, value: place })
        visitValue(element, [...path, index])
      })
    }
  }
  const visitEntry = (entry: Entry, base: KeyPath): void => {
    let path = base
    for (const key of entry.key.keys) {
      path = [...path, key.type === 'TOMLBare' ? key.name : key.value]
      spots.push({ path, key: startOf(key), value: startOf(entry.value) })
    }
    visitValue(entry.value, path)
  }
  for (const node of parseTOML(text).body[0].body) {
    if (node.type === 'TOMLKeyValue') {
      visitEntry(node, [])
      continue
    }
    const place = startOf(node.key)
    // [a.b] also is the first place where `a` is seen.
    node.resolvedKey.forEach((_, index) => {
      spots.push({ path: node.resolvedKey.slice(0, index + 1), key: place, value: place })
    })
    for (const entry of node.body) visitEntry(entry, node.resolvedKey)
  }
  return spots
}

const yamlSpots = async (text: string): Promise<Spot[]> => {
  const { isMap, isNode, isPair, isScalar, isSeq, LineCounter } = await import('./yaml.ts')
  const { parseYaml } = await import('./yaml-text.ts')
  const lines = new LineCounter()
  const document = await parseYaml(text, lines)
  const spots: Spot[] = []
  const startOf = (node: unknown): Position | undefined => {
    const offset = isNode(node) ? node.range?.[0] : undefined
    if (offset === undefined) return undefined
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const visit = (node: unknown, path: KeyPath): void => {
    if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const place = startOf(item)
        if (place !== undefined) {
          spots.push({ path: [...path, index], key: place, value: place })
        }
        visit(item, [...path, index])
      })
    }
    if (!isMap(node)) return
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue
      const key = startOf(pair.key)
      const below = [...path, String(pair.key.value)]
      if (key !== undefined) spots.push({ path: below, key, value: startOf(pair.value) ?? key })
      visit(pair.value, below)
    }
  }
  visit(document?.contents, [])
  return spots
}

/** Text that the locating parser cannot read has no positions; the message stands without them. */
export const locator = async (text: string, format: Format): Promise<Locate> => {
  try {
    return finder(format === 'toml' ? await tomlSpots(text) : await yamlSpots(text))
  } catch {
    return () => undefined
  }
}
