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

/** Whether `path` is `ancestor` or lies below it. */
export const isWithin = (path: KeyPath, ancestor: KeyPath): boolean =>
  ancestor.length <= path.length && ancestor.every((key, index) => key === path[index])

export const valueAt = (tree: unknown, path: KeyPath): unknown => {
  let value = tree
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[key]
  }
  return value
}

/** The tree without the members at these paths; list entries are left, so that positions stay true. */
export const without = (tree: unknown, paths: readonly KeyPath[]): unknown => {
  const copy = (value: unknown, path: KeyPath): unknown => {
    if (Array.isArray(value)) return value.map((entry, index) => copy(entry, [...path, index]))
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    const kept = Object.entries(value)
      .filter(
        ([key]) =>
          !paths.some((gone) => gone.length === path.length + 1 && isWithin([...path, key], gone)),
      )
      .map(([key, member]) => [key, copy(member, [...path, key])] as const)
    return Object.fromEntries(kept)
  }
  return copy(tree, [])
}
