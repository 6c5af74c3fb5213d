// A name that a server does not list, with the one that was probably meant.
import { isJsonObject, type Json } from '../../base/json.ts'
import { nearest } from '../../config/nearest.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'

/** The names of listed items, by the member that has them. */
export const namesOf = (items: readonly Json[], key: 'name' | 'uri'): readonly string[] =>
  items.flatMap((item) => {
    const name = isJsonObject(item) ? item[key] : undefined
    return typeof name === 'string' ? [name] : []
  })

const mostNames = 12

const someNames = (names: readonly string[]): string => {
  const more = names.length - mostNames
  return `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
}

/** A name as clients of the proxy know it ends in the server's own. */
const unprefixed = (name: string, names: readonly string[]): string | undefined =>
  names.filter((own) => name.endsWith(`_${own}`)).toSorted((a, b) => b.length - a.length)[0]

export const unknownName = (
  kind: 'tool' | 'prompt',
  name: string,
  names: readonly string[],
): UsageError => {
  const meant = unprefixed(name, names) ?? nearest(name, names)
  if (meant !== undefined) {
    return usageError(problemOf('usage-flag', 'similar-item', { kind, name, meant }))
  }
  return usageError(
    names.length === 0
      ? problemOf('usage-flag', 'no-items', { kind, name })
      : problemOf('usage-flag', 'unknown-item', { kind, name, names: someNames(names) }),
  )
}
