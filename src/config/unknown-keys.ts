// What a key that nobody knows was probably meant to be.
import { problemOf, type Problem } from '../problems/problem.ts'
import { findingAt, type ConfigFinding } from './finding.ts'
import { nodesAt, sections, variantsOf, type SchemaNode } from './json-schema.ts'
import { valueAt, type KeyPath } from './key-path.ts'
import { nearest } from './nearest.ts'
import { keysNotOffered, sectionOf } from './original-keys.ts'

const header = (section: string): string =>
  section.endsWith('[]') ? `[[${section.slice(0, -2)}]]` : `[${section}]`

const asPlace = (section: string): string =>
  section === '' ? 'the top of the document' : header(section)

const typeOf = (node: SchemaNode): string | undefined => node.properties?.['type']?.const

interface OtherType {
  readonly types: string
  /** Empty where the section has no type that it could have. */
  readonly chosen: string
}

/** Under which `type` of the section a key belongs; undefined where the section has no types. */
const underType = (key: string, path: KeyPath, tree: unknown): OtherType | undefined => {
  const variants = nodesAt(path).flatMap(variantsOf)
  const types = variants
    .filter((node) => Object.hasOwn(node.properties ?? {}, key))
    .flatMap((node) => typeOf(node) ?? [])
  if (types.length === 0) return undefined
  const chosen = valueAt(tree, [...path, 'type'])
  return {
    types: types.map((type) => `"${type}"`).join(' or '),
    chosen: variants.some((node) => typeOf(node) === chosen)
      ? `, not to type = "${String(chosen)}"`
      : '',
  }
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

/** `key`: as it is shown; `name`: as it is written. */
const wordsFor = (key: string, name: string, path: KeyPath, tree: unknown): Problem => {
  const id = 'config-unknown-key'
  const section = sectionOf(path)
  if (keysNotOffered[section]?.includes(name) === true) return problemOf(id, 'earlier', { key })
  const all = sections()
  const others = all.filter((other) => other.name !== section)

  const type = underType(name, path, tree)
  if (type !== undefined) return problemOf(id, 'other-type', { key, name, ...type })
  const homes = others.filter((other) => other.keys.includes(name)).map((one) => asPlace(one.name))
  if (homes.length > 0 && homes.length <= 3) {
    return problemOf(id, 'other-section', { key, name, sections: homes.join(' or ') })
  }

  const here = chosenKeys(path, tree)
  const slip = nearest(name, here)
  if (slip !== undefined) return problemOf(id, 'similar', { key, meant: slip })
  const cousin = nearest(name, all.find((other) => other.name === section)?.keys ?? [])
  const cousinType = cousin === undefined ? undefined : underType(cousin, path, tree)
  if (cousin !== undefined && cousinType !== undefined) {
    return problemOf(id, 'similar-other-type', { key, meant: cousin, ...cousinType })
  }
  const original = nearest(name, keysNotOffered[section] ?? [])
  if (original !== undefined) return problemOf(id, 'similar-earlier', { key, meant: original })
  for (const other of name.length > 3 ? others : []) {
    const far = nearest(name, other.keys)
    if (far !== undefined) {
      return problemOf(id, 'similar-elsewhere', { key, meant: far, section: asPlace(other.name) })
    }
  }
  return here.length === 0
    ? problemOf(id, 'unknown', { key })
    : problemOf(id, 'unlike-any', {
        key,
        section: section === '' ? 'the document' : header(section),
        keys: here.toSorted().join(', '),
      })
}

/** `path` is that of the table in which the key was found. */
export const unknownKey = (name: string, path: KeyPath, tree: unknown): ConfigFinding =>
  findingAt([...path, name], (key) => wordsFor(key, name, path, tree), 'key')
