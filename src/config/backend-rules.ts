// Rules between the keys of backends: what a transport needs, and names that must not collide.
import { isLoopbackHost } from '../net/address.ts'
import { credentialProblems, usedKeys } from './credential-rules.ts'
import { advice, type Finding, type Findings, violation } from './finding.ts'
import type { BackendConfig, Config } from './schema.ts'

const stdioNeeds = (backend: BackendConfig, index: number): Finding[] => {
  const at = (key: string) => ['backends', index, key]
  const found: Finding[] = []
  if (backend.command === undefined) {
    found.push(
      violation(at('command'), 'is required for transport = "stdio"', 'name the program to start'),
    )
  }
  if (backend.url !== undefined) {
    found.push(
      violation(
        at('url'),
        'does not go with transport = "stdio"',
        `remove it, or set transport = "${/^wss?:/i.test(backend.url) ? 'websocket' : 'http'}"`,
      ),
    )
  }
  for (const key of usedKeys(backend)) {
    found.push(
      violation(
        at(key),
        'does not go with transport = "stdio"',
        'give the child its credential in env',
      ),
    )
  }
  return found
}

type Remote = Exclude<BackendConfig['transport'], 'stdio'>

const addresses: Readonly<Record<Remote, string>> = {
  http: 'give the URL of the MCP endpoint, such as https://host/mcp',
  sse: 'give the URL of the event stream, such as https://host/sse',
  websocket: 'give the URL of the MCP endpoint, such as wss://host/mcp',
}

/** The scheme says as well as `transport` what is meant: one of the two is wrong. */
const schemeProblem = (transport: Remote, { protocol }: URL, at: Finding['path']): Finding[] => {
  const isHttp = protocol === 'http:' || protocol === 'https:'
  const isSocket = protocol === 'ws:' || protocol === 'wss:'
  if (transport === 'websocket') {
    if (isSocket) return []
    const hint = isHttp
      ? `write ${protocol === 'http:' ? 'ws' : 'wss'}:// where it speaks WebSocket there, or set transport = "http"`
      : undefined
    return [violation(at, 'must begin with ws:// or wss:// for transport = "websocket"', hint)]
  }
  if (isHttp) return []
  return [
    violation(
      at,
      'must begin with http:// or https://',
      isSocket ? 'set transport = "websocket"' : undefined,
    ),
  ]
}

const addressProblems = (
  transport: Remote,
  text: string | undefined,
  at: Finding['path'],
): Finding[] => {
  if (text === undefined) {
    return [violation(at, `is required for transport = "${transport}"`, addresses[transport])]
  }
  const url = new URL(text)
  const found = schemeProblem(transport, url, at)
  if (url.username !== '' || url.password !== '') {
    found.push(
      violation(
        at,
        'must not hold a user name or a password',
        'use basic_auth = { username = "...", password = "${VAR}" }',
      ),
    )
  }
  if (text.includes('#')) {
    found.push(violation(at, 'must not have a fragment', 'remove the # and what follows'))
  }
  return found
}

const remoteNeeds = (backend: BackendConfig, transport: Remote, index: number): Finding[] => {
  const at = (key: string) => ['backends', index, key]
  const found = [
    ...addressProblems(transport, backend.url, at('url')),
    ...credentialProblems(backend, index),
  ]
  const used = [
    ...(backend.command === undefined ? [] : ['command']),
    ...(backend.args.length === 0 ? [] : ['args']),
    ...(Object.keys(backend.env).length === 0 ? [] : ['env']),
    ...(backend.cwd === undefined ? [] : ['cwd']),
  ]
  for (const key of used) {
    found.push(
      violation(
        at(key),
        `does not go with transport = "${transport}"`,
        'remove it, or set transport = "stdio"',
      ),
    )
  }
  if (transport === 'sse' && backend.protocol === 'modern') {
    found.push(
      violation(
        at('protocol'),
        'cannot be "modern" for transport = "sse", which is older than that era',
        'set transport = "http", or leave protocol out',
      ),
    )
  }
  return found
}

const isPlain = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'ws:'

const retryProblems = ({ retry }: BackendConfig, index: number): Finding[] =>
  retry !== undefined && retry.initial_backoff_ms > retry.max_backoff_ms
    ? [
        violation(
          ['backends', index, 'retry', 'initial_backoff_ms'],
          `is longer than max_backoff_ms (${retry.max_backoff_ms})`,
          'the first wait is the shortest: lower it, or raise max_backoff_ms',
        ),
      ]
    : []

const transportAdvice = (backend: BackendConfig, index: number): Finding[] => {
  const found: Finding[] = []
  const url = backend.url === undefined ? undefined : new URL(backend.url)
  if (url !== undefined && isPlain(url) && !isLoopbackHost(url.hostname)) {
    const scheme = url.protocol.slice(0, -1)
    const carried = ['calls', ...usedKeys(backend)].join(' and ')
    found.push(
      advice(
        ['backends', index, 'url'],
        `plain ${scheme} beyond this machine: anybody on the way can read ${carried}`,
        `use ${scheme === 'ws' ? 'wss' : 'https'}`,
      ),
    )
  }
  const { command } = backend
  if (command !== undefined && backend.args.length === 0 && /^[\w.-]+\s+\S/.test(command)) {
    found.push(
      advice(
        ['backends', index, 'command'],
        'is started as it stands, without a shell; its spaces do not part arguments',
        'put the arguments in args = [...]',
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
  const problems: Finding[] = []
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
        violation(
          ['backends', index, 'name'],
          `"${backend.name}" is already the name of backends[${twin}]`,
          'give each backend a name of its own',
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
      violation(
        place(index),
        `gives the same prefix as backends[${other}]`,
        'give each backend a prefix of its own, or "" for none',
      ),
    )
  })
  const named = [...prefixes].map(([prefix, index]): Named => ({ prefix, index }))
  const warnings = overlaps(named).map(([later, earlier]) =>
    advice(
      place(later),
      `gives a prefix that overlaps with that of backends[${earlier}]; tools of the two may get the same name`,
      'choose prefixes of which none begins with another',
    ),
  )
  return { problems, warnings }
}

const separatorRules = ({ backends, proxy }: Config): Findings => {
  const problems: Finding[] = []
  const warnings: Finding[] = []
  const places = [
    { path: ['proxy', 'separator'], text: proxy.separator },
    ...backends.flatMap(({ prefix }, index) =>
      prefix === undefined ? [] : [{ path: ['backends', index, 'prefix'], text: prefix }],
    ),
  ]
  for (const { path, text } of places) {
    if (!/^[\w./-]*$/.test(text)) {
      problems.push(
        violation(path, 'may hold only letters, digits, "_", "-", "." and "/"', 'use "__"'),
      )
    } else if (/[./]/.test(text)) {
      warnings.push(
        advice(
          path,
          'makes names with "." or "/", which the APIs of large models refuse',
          'use "__" unless your clients need the names of mcp-proxy 0.4',
        ),
      )
    }
  }
  if (/^[a-zA-Z0-9]*$/.test(proxy.separator)) {
    problems.push(
      violation(
        ['proxy', 'separator'],
        'must hold a character that sets names apart: "_", "-", "." or "/"',
        'use "__"',
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
