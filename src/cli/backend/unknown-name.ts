// A name that a server does not list, with the one that was probably meant.
import { isJsonObject, type Json } from '../../base/json.ts'
import { nearest } from '../../config/nearest.ts'
import { UsageError } from '../../problems/usage-error.ts'

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
  return new UsageError({
    code: 'usage-flag',
    message: `There is no ${kind} called ${name}`,
    hint:
      meant === undefined
        ? names.length === 0
          ? `the server offers no ${kind}s`
          : `the ${kind}s are ${someNames(names)}`
        : `did you mean ${meant}?`,
  })
}
