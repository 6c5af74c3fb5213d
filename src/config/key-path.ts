// Where a value stands in the configuration document, and how that is written for a person.

export type KeyPath = readonly (string | number)[]

const longest = 60

/** Keys come from the file: quoted unless plain, cut when long, and never able to colour a terminal. */
const quoted = (key: string): string =>
  JSON.stringify(key.length > longest ? `${key.slice(0, longest)}...` : key).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

export const showKey = (key: string): string =>
  key.length <= longest && /^[A-Za-z_][\w-]*$/.test(key) ? key : quoted(key)

export const showPath = (path: KeyPath): string =>
  path.length === 0
    ? 'the document'
    : path
        .map((key, index) =>
          typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${showKey(key)}`,
        )
        .join('')

export const valueAt = (tree: unknown, path: KeyPath): unknown => {
  let value = tree
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[key]
  }
  return value
}
