// How each client has to be given the proxy: the entry of its file, and the command of its own that writes one.
import { stringify } from 'smol-toml'
import type { ClientName } from './places.ts'

/** The proxy, as a client has to know it. */
export interface ProxyAddress {
  /** The key of the entry. */
  readonly name: string
  readonly url: string
  /** The environment variable with the token that callers show; undefined where they need none, or log in. */
  readonly tokenVariable: string | undefined
  /** How a client that only starts programs starts it. */
  readonly start: {
    readonly command: string
    readonly args: readonly string[]
    readonly env: readonly string[]
  }
}

export interface ProxyEntry {
  /** The keys that lead to the entry, its name last. */
  readonly path: readonly string[]
  readonly value: Readonly<Record<string, unknown>>
  /** The words of a command of the client that does the same. */
  readonly command: readonly string[] | undefined
}

interface Shape {
  readonly list: string
  readonly entry: (proxy: ProxyAddress) => Readonly<Record<string, unknown>>
  readonly command?: (proxy: ProxyAddress) => readonly string[]
  /** Where it cannot take a token from a variable. */
  readonly needsLiteral?: true
}

const bearer = (reference: string): string => `Bearer ${reference}`

/** A header with the token, as the client refers to a variable of its environment. */
const headers = (
  { tokenVariable }: ProxyAddress,
  refer: (name: string) => string,
): { readonly headers?: Readonly<Record<string, string>> } =>
  tokenVariable === undefined ? {} : { headers: { Authorization: bearer(refer(tokenVariable)) } }

const plainReference = (name: string): string => `\${${name}}`
const envReference = (name: string): string => `\${env:${name}}`

const headerWords = (proxy: ProxyAddress, refer: (name: string) => string): readonly string[] =>
  proxy.tokenVariable === undefined
    ? []
    : ['--header', `Authorization: ${bearer(refer(proxy.tokenVariable))}`]

const vscodeEntry = (proxy: ProxyAddress) => ({
  type: 'http',
  url: proxy.url,
  ...headers(proxy, envReference),
})

const shapes: Readonly<Record<ClientName, Shape>> = {
  'claude-code': {
    list: 'mcpServers',
    entry: (proxy) => ({ type: 'http', url: proxy.url, ...headers(proxy, plainReference) }),
    command: (proxy) => [
      'claude',
      'mcp',
      'add',
      '--transport',
      'http',
      '--scope',
      'user',
      proxy.name,
      proxy.url,
      ...headerWords(proxy, plainReference),
    ],
  },
  // Its file knows programs alone.
  'claude-desktop': {
    list: 'mcpServers',
    entry: ({ start: { command, args, env } }) => ({
      command,
      args,
      ...(env.length === 0 ? {} : { env: Object.fromEntries(env.map((name) => [name, ''])) }),
    }),
  },
  cursor: {
    list: 'mcpServers',
    entry: (proxy) => ({ url: proxy.url, ...headers(proxy, envReference) }),
  },
  vscode: {
    list: 'servers',
    entry: vscodeEntry,
    command: (proxy) => [
      'code',
      '--add-mcp',
      JSON.stringify({ name: proxy.name, ...vscodeEntry(proxy) }),
    ],
  },
  codex: {
    list: 'mcp_servers',
    entry: ({ url, tokenVariable }) => ({
      url,
      ...(tokenVariable === undefined ? {} : { bearer_token_env_var: tokenVariable }),
    }),
    command: ({ name, url, tokenVariable }) => [
      'codex',
      'mcp',
      'add',
      name,
      '--url',
      url,
      ...(tokenVariable === undefined ? [] : ['--bearer-token-env-var', tokenVariable]),
    ],
  },
  gemini: {
    list: 'mcpServers',
    entry: (proxy) => ({ httpUrl: proxy.url, ...headers(proxy, (name) => `$${name}`) }),
    command: (proxy) => [
      'gemini',
      'mcp',
      'add',
      '--transport',
      'http',
      '--scope',
      'user',
      ...headerWords(proxy, (name) => `$${name}`),
      proxy.name,
      proxy.url,
    ],
  },
  opencode: {
    list: 'mcp',
    entry: (proxy) => ({
      type: 'remote',
      url: proxy.url,
      enabled: true,
      ...headers(proxy, (name) => `{env:${name}}`),
    }),
  },
  windsurf: {
    list: 'mcpServers',
    entry: (proxy) => ({ serverUrl: proxy.url, ...headers(proxy, envReference) }),
  },
  zed: {
    list: 'context_servers',
    entry: ({ url }) => ({ url }),
    needsLiteral: true,
  },
}

/** Undefined where the client could only be given a token as text. */
export const proxyEntry = (client: ClientName, proxy: ProxyAddress): ProxyEntry | undefined => {
  const { list, entry, command, needsLiteral } = shapes[client]
  if (needsLiteral === true && proxy.tokenVariable !== undefined) return undefined
  return { path: [list, proxy.name], value: entry(proxy), command: command?.(proxy) }
}

/** The entry below the keys that lead to it. */
export const nestedEntry = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)

/** As a person would type it into the file. */
export const entryText = (file: string, { path, value }: ProxyEntry): string => {
  const nested = nestedEntry(path, value)
  return /\.toml$/i.test(file) ? stringify(nested).trimEnd() : JSON.stringify(nested, null, 2)
}
