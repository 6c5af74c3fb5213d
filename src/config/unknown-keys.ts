// What a key that nobody knows was probably meant to be.
import { problemOf } from '../problems/problem.ts'
import { findingAt, type Finding } from './finding.ts'
import { nodesAt, sections, variantsOf, type SchemaNode } from './json-schema.ts'
import { showPath, valueAt, type KeyPath } from './key-path.ts'
import { nearest } from './nearest.ts'
import { keysNotOffered, sectionOf } from './original-keys.ts'

const header = (section: string): string =>
  section.endsWith('[]') ? `[[${section.slice(0, -2)}]]` : `[${section}]`

const asPlace = (section: string): string =>
  section === '' ? 'the top of the document' : header(section)

const typeOf = (node: SchemaNode): string | undefined => node.properties?.['type']?.const

/** Says under which `type` of the section a key stands; undefined where the section has no types. */
const underType = (key: string, path: KeyPath, tree: unknown): string | undefined => {
  const variants = nodesAt(path).flatMap(variantsOf)
  const types = variants
    .filter((node) => Object.hasOwn(node.properties ?? {}, key))
    .flatMap((node) => typeOf(node) ?? [])
  if (types.length === 0) return undefined
  const chosen = valueAt(tree, [...path, 'type'])
  const current = variants.some((node) => typeOf(node) === chosen)
    ? `, not to type = "${String(chosen)}"`
    : ''
  return `belongs to type = ${types.map((type) => `"${type}"`).join(' or ')}${current}`
}

const chosenKeys = (path: KeyPath, tree: unknown): string[] => {
  const variants = nodesAt(path).flatMap(variantsOf)
  const chosen = valueAt(tree, [...path, 'type'])
  const fitting = variants.filter((node) => typeOf(node) === undefined || typeOf(node) === chosen)
  return [
    ...new Set(
      (fitting.length > 0 ? fitting : variants).flatMap((node) =>
        Object.keys(node.properties ?? {}),
      ),
    ),
  ]
}

const notOfferedYet = 'remove it; docs/migration.md lists what is not offered yet'

const suggestion = (key: string, path: KeyPath, tree: unknown): string => {
  const section = sectionOf(path)
  const all = sections()
  const others = all.filter((other) => other.name !== section)

  const type = underType(key, path, tree)
  if (type !== undefined) return `\`${key}\` ${type}`
  const homes = others.filter((other) => other.keys.includes(key)).map(({ name }) => asPlace(name))
  if (homes.length > 0 && homes.length <= 3) return `\`${key}\` belongs in ${homes.join(' or ')}`

  const here = chosenKeys(path, tree)
  const slip = nearest(key, here)
  if (slip !== undefined) return `did you mean \`${slip}\`?`
  const cousin = nearest(key, all.find((other) => other.name === section)?.keys ?? [])
  const cousinType = cousin === undefined ? undefined : underType(cousin, path, tree)
  if (cousinType !== undefined) return `did you mean \`${cousin}\`? It ${cousinType}`
  const original = nearest(key, keysNotOffered[section] ?? [])
  if (original !== undefined) {
    return `did you mean \`${original}\`? That key of mcp-proxy 0.4 is not offered yet`
  }
  for (const other of key.length > 3 ? others : []) {
    const far = nearest(key, other.keys)
    if (far !== undefined) return `did you mean \`${far}\` in ${asPlace(other.name)}?`
  }
  return here.length === 0
    ? 'remove it'
    : `${section === '' ? 'the document' : header(section)} may hold ${here.toSorted().join(', ')}`
}

/** `path` is that of the table in which the key stands. */
export const unknownKey = (key: string, path: KeyPath, tree: unknown): Finding => {
  const shown = [...path, key]
  const values = { key: showPath(shown) }
  return keysNotOffered[sectionOf(path)]?.includes(key) === true
    ? findingAt(shown, problemOf('config-unknown-key', 'earlier', values), {
        at: 'key',
        hint: notOfferedYet,
      })
    : findingAt(shown, problemOf('config-unknown-key', 'unknown', values), {
        at: 'key',
        hint: () => suggestion(key, path, tree),
      })
}
