// The entries of all clients in one form, that of Claude, Cursor and VS Code: command, args, env, cwd or url, headers.
import { bridgedServer } from './bridges.ts'
import { isEntry, type Entry } from './reading.ts'

export interface CommonEntry {
  readonly entry: Entry
  /** What changed beyond the spelling, for the person. */
  readonly notes: readonly string[]
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value)

/** Without the members that are undefined. */
const present = (members: Entry): Entry =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

const without = (entry: Entry, ...keys: readonly string[]): Entry =>
  Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key)))

/** opencode and Goose write the whole command as a list, or under names of their own; early Zed as a table. */
const withCommand = (given: Entry): Entry => {
  const { cmd, command = cmd, args, env, environment, envs, ...rest } = given
  const table = isEntry(command) ? command : {}
  const words = Array.isArray(command) ? (command as readonly unknown[]) : undefined
  const more = args ?? table['args']
  const all =
    words === undefined
      ? more
      : [...words.slice(1), ...(Array.isArray(more) ? (more as readonly unknown[]) : [])]
  return present({
    ...rest,
    command: isEntry(command) ? command['path'] : words === undefined ? command : words[0],
    args: Array.isArray(all)
      ? (all as readonly unknown[]).map((word) => (isScalar(word) ? String(word) : word))
      : all,
    env: env ?? environment ?? envs ?? table['env'],
  })
}

/** Gemini CLI, Windsurf, Cherry Studio and Goose, in the order in which their clients prefer them. */
const addressKeys = ['httpUrl', 'url', 'serverUrl', 'baseUrl', 'uri']

const withAddress = (given: Entry): Entry => {
  const key = addressKeys.find((one) => typeof given[one] === 'string' && given[one] !== '')
  const rest = without(given, ...addressKeys)
  return key === undefined ? rest : { ...rest, url: given[key] }
}

/** Codex names the variables that a header or the environment takes its values from. */
const withCodexNames = (given: Entry): Entry => {
  const { bearer_token_env_var: bearer, http_headers, env_http_headers, env_vars, ...rest } = given
  const named = isEntry(env_http_headers) ? Object.entries(env_http_headers) : []
  const headers = {
    ...(isEntry(rest['headers']) ? rest['headers'] : {}),
    ...(isEntry(http_headers) ? http_headers : {}),
    ...Object.fromEntries(named.map(([header, name]) => [header, `\${${String(name)}}`])),
    ...(typeof bearer === 'string' ? { Authorization: `Bearer \${${bearer}}` } : {}),
  }
  const inherited = (Array.isArray(env_vars) ? (env_vars as readonly unknown[]) : []).flatMap(
    (one) => {
      const name = isEntry(one) ? one['name'] : one
      return typeof name === 'string' ? [[name, `\${${name}}`] as const] : []
    },
  )
  const env = { ...Object.fromEntries(inherited), ...(isEntry(rest['env']) ? rest['env'] : {}) }
  return {
    ...rest,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(inherited.length === 0 ? {} : { env }),
  }
}

const withSwitch = (given: Entry): Entry => {
  const { isActive, ...rest } = given
  return isActive === false ? { ...rest, disabled: true } : rest
}

const mapTexts = (value: unknown, change: (text: string) => string): unknown => {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) {
    return (value as readonly unknown[]).map((item) => mapTexts(item, change))
  }
  if (!isEntry(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]),
  )
}

/** opencode: `{env:NAME}`; Gemini CLI: `$NAME`. */
const withReferences = (given: Entry): Entry => {
  const isGemini = given['httpUrl'] !== undefined
  const change = (text: string): string => {
    const plain = text.replace(/(?<!\$)\{env:([A-Za-z_]\w*)\}/g, '${$1}')
    return isGemini ? plain.replace(/\$([A-Za-z_]\w*)/g, '${$1}') : plain
  }
  return mapTexts(given, change) as Entry
}

/** What is no table stays as it is: there is nothing to read. */
export const commonEntry = (given: Entry): CommonEntry => {
  const steps = [withReferences, withSwitch, withCommand, withAddress, withCodexNames]
  const entry = steps.reduce((made, step) => step(made), given)
  const bridged = bridgedServer(entry)
  return bridged ?? { entry, notes: [] }
}
