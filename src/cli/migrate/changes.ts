// What a configuration of mcp-proxy 0.4 meant, and what its keys mean now: one entry for each difference that the file meets.
import { isLoopbackHost } from '../../net/address.ts'
import type { KeyPath } from '../../config/key-path.ts'
import { valueAt } from '../../config/key-path.ts'

/** `note`: the key stays and means another thing. `remove`: it becomes a comment. `add`: a key that keeps the old meaning. */
export interface Change {
  readonly kind: 'note' | 'remove' | 'add'
  readonly path: KeyPath
  /** What a person reads above the key. */
  readonly text: string
  /** The line that is added. */
  readonly line?: string
}

type Tree = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const backendsOf = (tree: unknown): readonly Tree[] => {
  const backends = valueAt(tree, ['backends'])
  return Array.isArray(backends) ? backends.map((one: unknown) => (isTable(one) ? one : {})) : []
}

const note = (path: KeyPath, text: string): Change => ({ kind: 'note', path, text })
const remove = (path: KeyPath, text: string): Change => ({ kind: 'remove', path, text })

const host = (tree: unknown): string => {
  const value = valueAt(tree, ['proxy', 'listen', 'host'])
  return typeof value === 'string' ? value : '127.0.0.1'
}

const proxyChanges = (tree: unknown): readonly Change[] => {
  const found: Change[] = []
  const at = (...path: string[]) => valueAt(tree, path)
  if (isTable(at('proxy')) && at('proxy', 'separator') === undefined) {
    found.push({
      kind: 'add',
      path: ['proxy'],
      text: 'The separator was "/". APIs of large models refuse names with it: remove this line to use "__". Lists of tools as backend/tool work as before.',
      line: 'separator = "/"',
    })
  }
  if (isTable(at('proxy'))) {
    found.push(note(['proxy', 'listen'], 'Clients connect to /mcp instead of /.'))
  }
  if (!isLoopbackHost(host(tree)) && (at('auth') === undefined || at('auth', 'type') === 'none')) {
    found.push(
      note(
        ['proxy', 'listen', 'host'],
        'Refused beyond this machine: add [auth], or allow_insecure_listen = true in [security] where something in front authenticates callers.',
      ),
    )
  }
  if (at('proxy', 'import_backends') !== undefined) {
    found.push(
      remove(
        ['proxy', 'import_backends'],
        'Servers are imported once, into this file: mcp-proxy init --from .mcp.json',
      ),
    )
  }
  if (at('proxy', 'tool_exposure') === 'search') {
    found.push(
      note(
        ['proxy', 'tool_exposure'],
        'The search finds and calls what its caller may use, and nothing else; roles do not have to allow it.',
      ),
    )
  }
  if (at('proxy', 'tool_discovery') === true) {
    found.push(
      note(
        ['proxy', 'tool_discovery'],
        'similar_tools and tool_categories are gone; the description of search_tools lists the number of tools of each backend.',
      ),
    )
  }
  return found
}

const authChanges = (tree: unknown): readonly Change[] => {
  const found: Change[] = []
  const auth = valueAt(tree, ['auth'])
  if (!isTable(auth)) return found
  const mapping = auth['role_mapping']
  if (isTable(mapping) && mapping['default_deny'] === undefined) {
    found.push(
      note(
        ['auth', 'role_mapping'],
        'Callers without a role are refused; they were allowed everything. default_deny = false restores that.',
      ),
    )
  }
  if (isTable(mapping)) {
    found.push(
      note(
        ['auth', 'role_mapping', 'claim'],
        'A caller has every role that its claim maps to, not just one; deny lists win.',
      ),
    )
  }
  if (auth['token_validation'] === 'both') {
    found.push(
      note(
        ['auth', 'token_validation'],
        'The issuer is asked where a token cannot be judged here. fallback = "any" asks it after every refusal, as before.',
      ),
    )
  }
  if (auth['type'] === 'bearer' && valueAt(tree, ['security', 'admin_token']) === undefined) {
    found.push(
      note(
        ['auth', 'type'],
        'Tokens of callers no longer open /admin: set admin_token in [security] to reach it from elsewhere.',
      ),
    )
  }
  return found
}

/** Keys of a backend whose meaning changed, and what to read above the first of each. */
const backendNotes: Readonly<Record<string, string>> = {
  env: 'The program gets PATH, HOME and a few other variables, and those in env; it had the whole environment of the proxy.',
  hide_destructive:
    'Also hides tools without annotations, which may be destructive, and refuses calls of hidden tools.',
  read_only_only: 'Also refuses calls of hidden tools.',
  aliases: 'For tools only; the old name no longer works.',
  param_overrides: 'A hidden parameter cannot be sent, nor can a renamed one by its old name.',
  inject_args: 'Wins over default_args; with overwrite the parameter is not shown.',
  retry:
    'Sends again what never left, and calls of tools that are read-only or idempotent; others may be listed in tools.',
  hedging:
    'Only for calls of tools that are read-only or idempotent; others may be listed in tools.',
  concurrency: 'The queue has an end: max_queued = 1000, max_wait_seconds = 30.',
  circuit_breaker:
    'Counts failures within the last window_seconds (60); an error in an answer is not a failure.',
  outlier_detection:
    'About the replicas of this backend; without replicas it does nothing, and circuit_breaker is what you want.',
  cache:
    'Answers are used again for their caller; of tools only those of read-only tools without an error.',
  failover_for:
    'Takes calls that were not sent, and safe ones that failed; an answer with an error is an answer.',
  canary_of: 'A share of callers, each always at the same place.',
  mirror_of: 'Copies read-only calls; others may be listed in mirror_tools.',
}

const othersKeys = {
  stdio: ['url', 'bearer_token'],
  http: ['command', 'args', 'env'],
  websocket: ['command', 'args', 'env'],
} as const

const isTransport = (value: unknown): value is keyof typeof othersKeys =>
  typeof value === 'string' && Object.hasOwn(othersKeys, value)

const lists = ['tools', 'resources', 'prompts'] as const

const backendChanges = (tree: unknown): readonly Change[] => {
  const noted = new Set<string>()
  return backendsOf(tree).flatMap((backend, index): Change[] => {
    const at = (key: string): KeyPath => ['backends', index, key]
    const found: Change[] = []
    const once = (key: string, path: KeyPath, text: string) => {
      if (noted.has(key)) return
      noted.add(key)
      found.push(note(path, text))
    }
    const { transport } = backend
    const ignored = new Set<string>(isTransport(transport) ? othersKeys[transport] : [])
    for (const key of ignored) {
      if (backend[key] !== undefined) {
        found.push(remove(at(key), `Has no meaning with transport = ${JSON.stringify(transport)}.`))
      }
    }
    if (typeof backend['forward_auth'] === 'boolean') {
      found.push(
        remove(
          at('forward_auth'),
          'Did nothing. [backends.forward_auth] says to the backend who calls; [backends.oauth] exchanges the token of the caller.',
        ),
      )
    }
    for (const kind of lists) {
      const list = backend[`expose_${kind}`]
      if (Array.isArray(list) && list.length === 0) {
        found.push(remove(at(`expose_${kind}`), 'An empty list offered everything.'))
      }
    }
    const patterns = lists.flatMap((kind) => [`expose_${kind}`, `hide_${kind}`])
    const wide = patterns.find((key) => JSON.stringify(backend[key] ?? []).includes('*'))
    if (wide !== undefined) once('patterns', at(wide), '* is any characters, "/" included.')
    if (transport === 'stdio' && !noted.has('env')) {
      once(
        'env',
        backend['env'] === undefined ? at('command') : at('env'),
        backendNotes['env'] ?? '',
      )
    }
    for (const [key, text] of Object.entries(backendNotes)) {
      if (key !== 'env' && backend[key] !== undefined && backend[key] !== false)
        once(key, at(key), text)
    }
    return found
  })
}

const cacheChanges = (tree: unknown): readonly Change[] => {
  const isCoalesced = valueAt(tree, ['performance', 'coalesce_requests']) === true
  const isFile = valueAt(tree, ['cache', 'backend']) === 'sqlite'
  return [
    ...(isFile
      ? [note(['cache', 'backend'], 'SQLite is no longer supported: use "redis" or "memory".')]
      : []),
    ...(isCoalesced
      ? [
          note(
            ['performance', 'coalesce_requests'],
            'Identical read-only calls of one caller are sent once, not those of all callers.',
          ),
        ]
      : []),
  ]
}

const tracingChanges = (tree: unknown): readonly Change[] => {
  const path = ['observability', 'tracing']
  const tracing = valueAt(tree, path)
  if (!isTable(tracing)) return []
  const { endpoint } = tracing
  if (endpoint === undefined) {
    return [note(path, 'The endpoint is http://localhost:4318, OTLP over HTTP.')]
  }
  return typeof endpoint === 'string' && endpoint.endsWith(':4317')
    ? [
        note(
          [...path, 'endpoint'],
          'Traces are sent over HTTP, on port 4318 of most collectors; 4317 is for gRPC.',
        ),
      ]
    : []
}

const otherChanges = (tree: unknown): readonly Change[] => {
  const found: Change[] = []
  if (valueAt(tree, ['composite_tools']) !== undefined) {
    found.push(
      note(
        ['composite_tools', 0],
        'Each step is a call of the caller, with its roles and limits; results come in the order of tools.',
      ),
    )
  }
  const { audit, metrics } = (valueAt(tree, ['observability']) ?? {}) as Tree
  if (valueAt(tree, ['observability']) !== undefined) {
    const now = [
      ...(audit === undefined ? ['audit'] : []),
      ...(metrics === undefined ? ['metrics'] : []),
    ]
    if (now.length > 0) {
      found.push(note(['observability'], `On unless switched off: ${now.join(' and ')}.`))
    }
  }
  return found
}

/** In the order of the sections. `tree`: what the file says. */
export const changesFor = (tree: unknown): readonly Change[] =>
  [proxyChanges, backendChanges, cacheChanges, otherChanges, tracingChanges, authChanges].flatMap(
    (of) => of(tree),
  )
