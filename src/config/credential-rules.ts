// Rules of the credential that the proxy has at a backend: one Authorization, and headers that can be sent.
import { headerNameFault, isHeaderValue } from '../backends/credential.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding } from './finding.ts'
import { showKey, type KeyPath } from './key-path.ts'
import type { BackendConfig } from './schema.ts'

/** Those that give a credential over the network. */
export const usedKeys = (backend: BackendConfig): readonly CredentialKey[] => [
  ...(backend.oauth === undefined ? [] : (['oauth'] as const)),
  ...(backend.bearer_token === undefined ? [] : (['bearer_token'] as const)),
  ...(backend.basic_auth === undefined ? [] : (['basic_auth'] as const)),
  ...(Object.keys(backend.headers).length === 0 ? [] : (['headers'] as const)),
]

type CredentialKey = 'oauth' | 'bearer_token' | 'basic_auth' | 'headers'

const unsendable = (path: KeyPath): ConfigFinding =>
  findingAt(path, (key) => problemOf('config-value', 'header-value', { key }))

const sentTwice = (path: KeyPath, twin: string): ConfigFinding =>
  findingAt(path, (key) => problemOf('config-value', 'header-twice', { key, twin }))

const headerProblems = ({ headers }: BackendConfig, index: number, by: string | undefined) => {
  const known = new Map<string, string>()
  return Object.entries(headers).flatMap(([name, value]): ConfigFinding[] => {
    const at = ['backends', index, 'headers', name]
    const fault = headerNameFault(name)
    if (fault !== undefined) {
      return [findingAt(at, (key) => problemOf('config-value', fault, { key }))]
    }
    const lower = name.toLowerCase()
    const twin = known.get(lower) ?? (lower === 'authorization' ? by : undefined)
    known.set(lower, `headers.${showKey(name)}`)
    return [
      ...(twin === undefined ? [] : [sentTwice(at, twin)]),
      ...(isHeaderValue(value.reveal()) ? [] : [unsendable(at)]),
    ]
  })
}

export const credentialProblems = (backend: BackendConfig, index: number): ConfigFinding[] => {
  const { bearer_token: token, basic_auth: basic, oauth } = backend
  const [sender] = usedKeys(backend)
  const found = headerProblems(backend, index, sender === 'headers' ? undefined : sender)
  if (token !== undefined && !isHeaderValue(token.reveal())) {
    found.push(unsendable(['backends', index, 'bearer_token']))
  }
  if (oauth !== undefined && token !== undefined) {
    found.push(sentTwice(['backends', index, 'bearer_token'], 'oauth'))
  }
  if (basic === undefined) return found
  const at = ['backends', index, 'basic_auth']
  if (oauth !== undefined) found.push(sentTwice(at, 'oauth'))
  if (token !== undefined) found.push(sentTwice(at, 'bearer_token'))
  // RFC 7617 section 2: the first colon ends the name, and neither has control characters.
  if (/[:\p{Cc}]/u.test(basic.username)) {
    found.push(
      findingAt([...at, 'username'], (key) => problemOf('config-value', 'basic-username', { key })),
    )
  }
  if (basic.password !== undefined && /\p{Cc}/u.test(basic.password.reveal())) {
    found.push(
      findingAt([...at, 'password'], (key) => problemOf('config-value', 'basic-password', { key })),
    )
  }
  return found
}
