// Rules between the keys of backends: what a transport needs, and names that must not collide.
import { isLoopbackHost } from '../net/address.ts'
import { problemOf } from '../problems/problem.ts'
import { credentialProblems, usedKeys } from './credential-rules.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { BackendConfig, Config } from './schema.ts'

const stdioNeeds = (backend: BackendConfig, index: number): ConfigFinding[] => {
  const at = (key: string) => ['backends', index, key]
  const found: ConfigFinding[] = []
  if (backend.command === undefined) {
    found.push(
      findingAt(at('command'), (key) => problemOf('config-value', 'stdio-command', { key })),
    )
  }
  if (backend.url !== undefined) {
    const transport = /^wss?:/i.test(backend.url) ? 'websocket' : 'http'
    found.push(
      findingAt(at('url'), (key) => problemOf('config-value', 'stdio-url', { key, transport })),
    )
  }
  for (const key of usedKeys(backend)) {
    found.push(
      findingAt(at(key), (shown) => problemOf('config-value', 'stdio-token', { key: shown })),
    )
  }
  return found
}

type Remote = Exclude<BackendConfig['transport'], 'stdio'>

/** The scheme says as well as `transport` what is meant: one of the two is wrong. */
const schemeProblem = (
  transport: Remote,
  { protocol }: URL,
  at: ConfigFinding['path'],
): ConfigFinding[] => {
  const isHttp = protocol === 'http:' || protocol === 'https:'
  const isSocket = protocol === 'ws:' || protocol === 'wss:'
  if (transport === 'websocket') {
    if (isSocket) return []
    const scheme = protocol === 'http:' ? 'ws' : 'wss'
    return [
      findingAt(at, (key) =>
        isHttp
          ? problemOf('config-value', 'websocket-http', { key, scheme })
          : problemOf('config-value', 'websocket-scheme', { key }),
      ),
    ]
  }
  if (isHttp) return []
  return [
    findingAt(at, (key) =>
      isSocket
        ? problemOf('config-value', 'http-websocket', { key })
        : problemOf('config-value', 'http-scheme', { key }),
    ),
  ]
}

const addressProblems = (
  transport: Remote,
  text: string | undefined,
  at: ConfigFinding['path'],
): ConfigFinding[] => {
  if (text === undefined) {
    return [findingAt(at, (key) => problemOf('config-value', 'remote-url', { key, transport }))]
  }
  const url = new URL(text)
  const found = schemeProblem(transport, url, at)
  if (url.username !== '' || url.password !== '') {
    found.push(findingAt(at, (key) => problemOf('config-value', 'remote-credential', { key })))
  }
  if (text.includes('#')) {
    found.push(findingAt(at, (key) => problemOf('config-value', 'fragment', { key })))
  }
  return found
}

const remoteNeeds = (backend: BackendConfig, transport: Remote, index: number): ConfigFinding[] => {
  const at = (key: string) => ['backends', index, key]
  const found = [
    ...addressProblems(transport, backend.url, at('url')),
    ...backend.replicas.flatMap((replica, nth) =>
      addressProblems(transport, replica, ['backends', index, 'replicas', nth]),
    ),
    ...credentialProblems(backend, index),
  ]
  const used = [
    ...(backend.command === undefined ? [] : ['command']),
    ...(backend.args.length === 0 ? [] : ['args']),
    ...(Object.keys(backend.env).length === 0 ? [] : ['env']),
    ...(backend.cwd === undefined ? [] : ['cwd']),
  ]
  for (const name of used) {
    found.push(
      findingAt(at(name), (key) => problemOf('config-value', 'remote-child', { key, transport })),
    )
  }
  if (transport === 'sse' && backend.protocol === 'modern') {
    found.push(
      findingAt(at('protocol'), (key) => problemOf('config-value', 'sse-protocol', { key })),
    )
  }
  return found
}

const isPlain = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'ws:'

const retryProblems = ({ retry }: BackendConfig, index: number): ConfigFinding[] =>
  retry !== undefined && retry.initial_backoff_ms > retry.max_backoff_ms
    ? [
        findingAt(['backends', index, 'retry', 'initial_backoff_ms'], (key) =>
          problemOf('config-value', 'backoff', { key, most: retry.max_backoff_ms }),
        ),
      ]
    : []

const transportAdvice = (backend: BackendConfig, index: number): ConfigFinding[] => {
  const found: ConfigFinding[] = []
  const url = backend.url === undefined ? undefined : new URL(backend.url)
  if (url !== undefined && isPlain(url) && !isLoopbackHost(url.hostname)) {
    const scheme = url.protocol.slice(0, -1)
    const carried = ['calls', ...usedKeys(backend)].join(' and ')
    const better = scheme === 'ws' ? 'wss' : 'https'
    found.push(
      findingAt(['backends', index, 'url'], (key) =>
        problemOf('config-advice', 'plain-scheme', { key, scheme, carried, better }),
      ),
    )
  }
  const { command } = backend
  if (command !== undefined && backend.args.length === 0 && /^[\w.-]+\s+\S/.test(command)) {
    found.push(
      findingAt(['backends', index, 'command'], (key) =>
        problemOf('config-advice', 'command-spaces', { key }),
      ),
    )
  }
  return found
}

/** What stands before the names of a backend's tools. */
const prefixOf = (backend: BackendConfig, separator: string): string =>
  backend.prefix ?? `${backend.name}${separator}`

interface Named {
  readonly index: number
  readonly prefix: string
}

/** Those of which one prefix begins with another: the later backend, and the earlier one. Each once at most. */
const overlaps = (named: readonly Named[]): (readonly [later: number, earlier: number])[] => {
  const found: (readonly [number, number])[] = []
  /** Each begins with the one before it. */
  const around: Named[] = []
  for (const one of named.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1))) {
    while (around.length > 0 && !one.prefix.startsWith(around.at(-1)?.prefix ?? '')) around.pop()
    const outer = around.at(-1)
    if (outer !== undefined) {
      found.push([Math.max(one.index, outer.index), Math.min(one.index, outer.index)])
    }
    around.push(one)
  }
  return found.toSorted(([a], [b]) => a - b)
}

const nameRules = ({ backends, proxy }: Config): Findings => {
  const problems: ConfigFinding[] = []
  const names = new Map<string, number>()
  const prefixes = new Map<string, number>()
  const place = (index: number) => [
    'backends',
    index,
    backends[index]?.prefix === undefined ? 'name' : 'prefix',
  ]
  backends.forEach((backend, index) => {
    const twin = names.get(backend.name)
    if (twin !== undefined) {
      problems.push(
        findingAt(['backends', index, 'name'], (key) =>
          problemOf('config-value', 'name-taken', { key, name: backend.name, other: twin }),
        ),
      )
      return
    }
    names.set(backend.name, index)
    const prefix = prefixOf(backend, proxy.separator)
    // Two backends without a prefix may live together: their tools then share one set of names.
    if (prefix === '') return
    const other = prefixes.get(prefix)
    if (other === undefined) {
      prefixes.set(prefix, index)
      return
    }
    problems.push(
      findingAt(place(index), (key) => problemOf('config-value', 'prefix-taken', { key, other })),
    )
  })
  const named = [...prefixes].map(([prefix, index]): Named => ({ prefix, index }))
  const warnings = overlaps(named).map(([later, earlier]) =>
    findingAt(place(later), (key) =>
      problemOf('config-advice', 'prefix-overlap', { key, other: earlier }),
    ),
  )
  return { problems, warnings }
}

const separatorRules = ({ backends, proxy }: Config): Findings => {
  const problems: ConfigFinding[] = []
  const warnings: ConfigFinding[] = []
  const places = [
    { path: ['proxy', 'separator'], text: proxy.separator },
    ...backends.flatMap(({ prefix }, index) =>
      prefix === undefined ? [] : [{ path: ['backends', index, 'prefix'], text: prefix }],
    ),
  ]
  for (const { path, text } of places) {
    if (!/^[\w./-]*$/.test(text)) {
      problems.push(
        findingAt(path, (key) => problemOf('config-value', 'separator-characters', { key })),
      )
    } else if (/[./]/.test(text)) {
      warnings.push(findingAt(path, (key) => problemOf('config-advice', 'separator', { key })))
    }
  }
  if (/^[a-zA-Z0-9]*$/.test(proxy.separator)) {
    problems.push(
      findingAt(['proxy', 'separator'], (key) =>
        problemOf('config-value', 'separator-plain', { key }),
      ),
    )
  }
  return { problems, warnings }
}

export const backendRules = (config: Config): Findings => {
  const { backends } = config
  const names = nameRules(config)
  const separators = separatorRules(config)
  return {
    problems: [
      ...backends.flatMap((backend, index) =>
        backend.transport === 'stdio'
          ? stdioNeeds(backend, index)
          : remoteNeeds(backend, backend.transport, index),
      ),
      ...backends.flatMap(retryProblems),
      ...names.problems,
      ...separators.problems,
    ],
    warnings: [...backends.flatMap(transportAdvice), ...names.warnings, ...separators.warnings],
  }
}
