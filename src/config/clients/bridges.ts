// Programs that a client starts only to reach a server over HTTP: the proxy reaches that server itself.
import { isEntry, type Entry } from './reading.ts'

/** Flags of a bridge that have a value, by what they mean to us. */
interface Bridge {
  readonly name: string
  readonly header: readonly string[]
  readonly token: readonly string[]
  /** Flags whose value is the address. */
  readonly address: Readonly<Record<string, 'http' | 'sse'>>
  /** Whether a bare word is the address. */
  readonly isPositional: boolean
  /** Other flags with a value, which is dropped. */
  readonly valued: readonly string[]
  readonly logsIn: boolean
}

const bridges: readonly Bridge[] = [
  {
    name: 'mcp-remote',
    header: ['--header'],
    token: [],
    address: {},
    isPositional: true,
    valued: [
      '--transport',
      '--host',
      '--static-oauth-client-metadata',
      '--static-oauth-client-info',
      '--resource',
      '--ignore-tool',
      '--auth-timeout',
    ],
    logsIn: true,
  },
  {
    name: 'supergateway',
    header: ['--header'],
    token: ['--oauth2Bearer'],
    address: { '--sse': 'sse', '--streamableHttp': 'http' },
    isPositional: false,
    valued: ['--logLevel', '--outputTransport', '--protocolVersion'],
    logsIn: false,
  },
]

const isAddress = (word: string): boolean => /^https?:\/\//i.test(word)

/** The program of the line, behind what only fetches and starts it. */
const runners = /^(?:.*[\\/])?(?:npx|bunx|pnpx|pnpm|yarn|npm|cmd|uvx)(?:\.cmd|\.exe)?$/i
const runnerWords = /^(?:-y|--yes|-q|--quiet|dlx|exec|x|--|\/c|-p|--package)$/i

const lineOf = (words: readonly string[]): readonly string[] => {
  let at = 0
  while (
    at < words.length &&
    (runners.test(words[at] ?? '') || runnerWords.test(words[at] ?? ''))
  ) {
    at += 1
  }
  return words.slice(at)
}

const nameOf = (program: string): string =>
  program
    .replace(/^.*[\\/]/, '')
    .replace(/@[^@/]*$/, '')
    .replace(/\.(?:cmd|exe)$/i, '')

interface Word {
  /** Undefined for a bare word. */
  readonly flag: string | undefined
  readonly value: string
}

/** Flags with their values, and bare words. Flags that have no value are left out. */
const wordsOf = (line: readonly string[], takesValue: (flag: string) => boolean): Word[] => {
  const words: Word[] = []
  for (let at = 0; at < line.length; at += 1) {
    const word = line[at] ?? ''
    const [, flag = word, joined] = /^(--[A-Za-z0-9-]+)=(.*)$/s.exec(word) ?? []
    if (!word.startsWith('-')) words.push({ flag: undefined, value: word })
    else if (takesValue(flag)) {
      words.push({ flag, value: joined ?? line[at + 1] ?? '' })
      if (joined === undefined) at += 1
    }
  }
  return words
}

interface Found {
  readonly address: string | undefined
  readonly type: 'http' | 'sse' | undefined
  readonly headers: Readonly<Record<string, string>>
}

const headerOf = (text: string): Record<string, string> => {
  const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/s.exec(text) ?? []
  return name === '' ? {} : { [name.trim()]: value }
}

const readLine = (bridge: Bridge, line: readonly string[]): Found => {
  const { header, token, address, valued, isPositional } = bridge
  const takesValue = (flag: string): boolean =>
    flag in address || [...header, ...token, ...valued].includes(flag)
  const words = wordsOf(line, takesValue)
  const flagged = words.find(({ flag }) => flag !== undefined && flag in address)
  const bare = words.find(({ flag, value }) => flag === undefined && isAddress(value))
  const isStream = words.some(({ flag, value }) => flag === '--transport' && value === 'sse-only')
  const headers = words.flatMap(({ flag = '', value }) => [
    ...(header.includes(flag) ? [headerOf(value)] : []),
    ...(token.includes(flag) ? [{ Authorization: `Bearer ${value}` }] : []),
  ])
  return {
    address: flagged?.value ?? (isPositional ? bare?.value : undefined),
    type: isStream ? 'sse' : address[flagged?.flag ?? ''],
    headers: Object.assign({}, ...headers) as Record<string, string>,
  }
}

/** Undefined for what is no bridge, and for one whose line does not say where it leads. */
export const bridgedServer = (
  entry: Entry,
): { readonly entry: Entry; readonly notes: readonly string[] } | undefined => {
  const { command, args = [], env, cwd: _cwd, type: _type, transport: _transport, ...rest } = entry
  if (typeof command !== 'string' || !Array.isArray(args)) return undefined
  const words = [command, ...(args as readonly unknown[])].filter(
    (word): word is string => typeof word === 'string',
  )
  const [program = '', ...line] = lineOf(words)
  const bridge = bridges.find(({ name }) => name === nameOf(program))
  if (bridge === undefined) return undefined
  const { address, type, headers } = readLine(bridge, line)
  if (address === undefined) return undefined
  const used = isEntry(env)
    ? Object.fromEntries(
        Object.entries(env).filter(([name]) => JSON.stringify(headers).includes(`\${${name}}`)),
      )
    : {}
  return {
    entry: {
      ...rest,
      url: address,
      ...(type === undefined ? {} : { type }),
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      ...(Object.keys(used).length === 0 ? {} : { env: used }),
    },
    notes: [
      `${bridge.name} is not started: the proxy connects to ${bridge.logsIn && Object.keys(headers).length === 0 ? 'the server itself, and does not log in there as mcp-remote did' : 'the server itself'}`,
    ],
  }
}
