// Rules of what a backend is given of callers: headers that can be passed on, and tokens that belong to one caller alone.
import { headerNameFault } from '../backends/credential.ts'
import { identityFields, isCredentialHeader } from '../backends/forward-config.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import { showKey, type KeyPath } from './key-path.ts'
import type { BackendConfig, Config } from './schema.ts'

const nameProblem = (name: string, path: KeyPath): ConfigFinding | undefined => {
  if (isCredentialHeader(name)) {
    return findingAt(path, (key) => problemOf('config-value', 'header-credential', { key }))
  }
  const fault = headerNameFault(name)
  return fault === undefined
    ? undefined
    : findingAt(path, (key) => problemOf('config-value', fault, { key }))
}

interface SentHeader {
  readonly name: string
  readonly path: KeyPath
  /** As other findings name it. */
  readonly shown: string
}

/** What the backend is sent of callers, under which names. */
const sentHeaders = (
  { forward_auth: identity, forward_headers: passed }: BackendConfig,
  index: number,
): readonly SentHeader[] => [
  ...identityFields.flatMap((field): SentHeader[] => {
    const name = identity?.headers[field]
    const path = ['backends', index, 'forward_auth', 'headers', field]
    return name === undefined ? [] : [{ name, path, shown: `forward_auth.headers.${field}` }]
  }),
  ...Object.entries(passed).map(([from, name]): SentHeader => ({
    name,
    path: ['backends', index, 'forward_headers', from],
    shown: `forward_headers.${showKey(from)}`,
  })),
]

/** A backend must not take what a caller sends for what the proxy says. */
const twiceSent = (backend: BackendConfig, sent: readonly SentHeader[]): ConfigFinding[] => {
  const known = new Map(
    Object.keys(backend.headers).map((name) => [name.toLowerCase(), `headers.${showKey(name)}`]),
  )
  return sent.flatMap(({ name, path, shown }) => {
    const twin = known.get(name.toLowerCase())
    known.set(name.toLowerCase(), twin ?? shown)
    return twin === undefined
      ? []
      : [findingAt(path, (key) => problemOf('config-value', 'header-twice', { key, twin }))]
  })
}

/** MCP, general fields, _meta: a prefix of labels is what others than the protocol may define. */
const metaName =
  /^[a-z](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z](?:[a-z0-9-]*[a-z0-9])?)+\/[a-z0-9](?:[\w.-]*[a-z0-9])?$/i
const ofProtocol = /^[^/]*\b(?:mcp|modelcontextprotocol)\b[^/]*\//i

const identityProblems = (
  { forward_auth: identity }: BackendConfig,
  index: number,
): ConfigFinding[] => {
  if (identity === undefined) return []
  const at = ['backends', index, 'forward_auth']
  const { headers, meta } = identity
  if (meta === undefined && Object.keys(headers).length === 0) {
    return [findingAt(at, (key) => problemOf('config-value', 'forward-nothing', { key }))]
  }
  return meta === undefined || (metaName.test(meta) && !ofProtocol.test(meta))
    ? []
    : [findingAt([...at, 'meta'], (key) => problemOf('config-value', 'forward-meta', { key }))]
}

const transportProblems = (
  { transport, forward_auth: identity, forward_headers: passed }: BackendConfig,
  index: number,
): ConfigFinding[] => {
  if (transport === 'http' || transport === 'sse') return []
  const paths = [
    ...(Object.keys(identity?.headers ?? {}).length === 0 ? [] : [['forward_auth', 'headers']]),
    ...(Object.keys(passed).length === 0 ? [] : [['forward_headers']]),
  ]
  return paths.map((path) =>
    findingAt(['backends', index, ...path], (key) =>
      problemOf('config-value', 'forward-transport', { key, transport }),
    ),
  )
}

const exchangeProblems = (
  { oauth, transport, session }: BackendConfig,
  index: number,
  { type }: Config['auth'],
): ConfigFinding[] => {
  if (oauth?.grant !== 'token_exchange') return []
  const at = ['backends', index, 'oauth', 'grant']
  return [
    ...(transport === 'websocket'
      ? [
          findingAt(at, (key) =>
            problemOf('config-value', 'exchange-transport', { key, transport }),
          ),
        ]
      : []),
    ...(session === 'shared'
      ? [
          findingAt(['backends', index, 'session'], (key) =>
            problemOf('config-value', 'exchange-session', { key }),
          ),
        ]
      : []),
    ...(type === 'oauth' || type === 'jwt'
      ? []
      : [findingAt(at, (key) => problemOf('config-value', 'exchange-auth', { key, type }))]),
  ]
}

const problemsOf = (backend: BackendConfig, index: number, auth: Config['auth']) => {
  const sent = sentHeaders(backend, index)
  return [
    ...Object.keys(backend.forward_headers).flatMap(
      (from) => nameProblem(from, ['backends', index, 'forward_headers', from]) ?? [],
    ),
    ...sent
      .filter(({ name, path }) => String(path.at(-1)).toLowerCase() !== name.toLowerCase())
      .flatMap(({ name, path }) => nameProblem(name, path) ?? []),
    ...twiceSent(backend, sent),
    ...identityProblems(backend, index),
    ...transportProblems(backend, index),
    ...exchangeProblems(backend, index, auth),
  ]
}

export const forwardRules = ({ backends, auth }: Config): Findings => ({
  problems: backends.flatMap((backend, index) => problemsOf(backend, index, auth)),
  warnings: [],
})
