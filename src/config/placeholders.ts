// Values that stand for the variables of a configuration where nobody has set them yet.
import { parse as parseToml } from 'smol-toml'
import { transportKeys } from '../backends/config.ts'

/** `$${` is no variable. */
const variable = /(?<!\$)\$\{([A-Za-z_]\w*)\}/g

const variablesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(variable)].map(([, name = '']) => name)),
]

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text
    .replace(variable, (whole, name: string) => values[name] ?? whole)
    .replaceAll('$${', () => '${')

/** How an address may begin, by the transport that it is for. */
const schemes = (transport: string): readonly ['https' | 'wss', RegExp] =>
  transport === 'websocket' ? ['wss', /^wss?:/i] : ['https', /^https?:/i]

/** A number is a port, a piece of a path and even a host; what begins an address has to be one. */
const candidatesFor = (name: string, url: string, transport: string): readonly string[] =>
  url.startsWith(`\${${name}}`)
    ? [`${schemes(transport)[0]}://placeholder.example`]
    : ['8080', 'placeholder']

/**
 * What the schema and the rules of backends ask of one, and a host that every parser reads alike: for others
 * URL.canParse of Node 20 gives now this answer, now that.
 */
const isAddress = (text: string, transport: string): boolean => {
  if (!schemes(transport)[1].test(text) || text.includes('#')) return false
  if (!/^[a-z]+:\/\/[\w.:[\]-]+(?:[/?]|$)/i.test(text)) return false
  if (!transportKeys.url.safeParse(text).success) return false
  const { username, password } = new URL(text)
  return username === '' && password === ''
}

/** Values that make the address one that can be asked; undefined where none do. */
export const addressValues = (
  url: string,
  transport: string,
): Readonly<Record<string, string>> | undefined => {
  let trials: Readonly<Record<string, string>>[] = [{}]
  for (const name of variablesIn(url).slice(0, 4)) {
    trials = trials.flatMap((values) =>
      candidatesFor(name, url, transport).map((value) => ({ ...values, [name]: value })),
    )
  }
  return trials.find((values) => isAddress(fill(url, values), transport))
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
  const tree = parseToml(toml) as {
    backends?: readonly { url?: string; transport?: string }[]
  }
  const plain = Object.fromEntries(variablesOf(toml).map((name) => [name, placeholder(name)]))
  const addresses = (tree.backends ?? []).map(({ url = '', transport = '' }) =>
    addressValues(url, transport),
  )
  return Object.assign(plain, ...addresses) as Record<string, string>
}
