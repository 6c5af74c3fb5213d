// Values that stand for the variables of a configuration where nobody has set them yet.
import { parse as parseToml } from 'smol-toml'

/** `$${` is no variable. */
const variable = /(?<!\$)\$\{([A-Za-z_]\w*)\}/g

const variablesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(variable)].map(([, name = '']) => name)),
]

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(variable, (whole, name: string) => values[name] ?? whole)

/** A host, a port and a whole address: what a variable in a URL may stand for. */
const candidates = ['placeholder', '8080', 'https://placeholder.example']

const isAddress = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** Values that make the address one that can be asked; undefined where none do. */
export const addressValues = (url: string): Readonly<Record<string, string>> | undefined => {
  let trials: Readonly<Record<string, string>>[] = [{}]
  for (const name of variablesIn(url).slice(0, 4)) {
    trials = trials.flatMap((values) => candidates.map((value) => ({ ...values, [name]: value })))
  }
  return trials.find((values) => isAddress(fill(url, values)))
}

/** Long enough for a secret, and another for each name: equal tokens are refused. */
const placeholder = (name: string): string => `placeholder-of-the-variable-${name}`

const textsOf = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

/** Those that the values of a document name; what stands in comments counts for nothing. */
export const variablesOf = (toml: string): readonly string[] =>
  variablesIn(textsOf(parseToml(toml)).join('\n'))

export const placeholderValues = (toml: string): Readonly<Record<string, string>> => {
  const tree = parseToml(toml) as { backends?: readonly { url?: string }[] }
  const plain = Object.fromEntries(variablesOf(toml).map((name) => [name, placeholder(name)]))
  const addresses = (tree.backends ?? []).map(({ url = '' }) => addressValues(url))
  return Object.assign(plain, ...addresses) as Record<string, string>
}
