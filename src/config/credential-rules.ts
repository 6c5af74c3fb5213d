// Rules of the credential that the proxy has at a backend: one Authorization, and headers that can be sent.
import { headerNameProblem, isHeaderValue } from '../backends/credential.ts'
import { violation, type Finding } from './finding.ts'
import { showKey } from './key-path.ts'
import type { BackendConfig } from './schema.ts'

/** Those that give a credential over the network. */
export const usedKeys = (backend: BackendConfig): readonly CredentialKey[] => [
  ...(backend.bearer_token === undefined ? [] : (['bearer_token'] as const)),
  ...(backend.basic_auth === undefined ? [] : (['basic_auth'] as const)),
  ...(Object.keys(backend.headers).length === 0 ? [] : (['headers'] as const)),
]

type CredentialKey = 'bearer_token' | 'basic_auth' | 'headers'

const unsendable = 'has characters that no header can contain, or white space around it'

const headerProblems = ({ headers }: BackendConfig, index: number, by: string | undefined) => {
  const known = new Map<string, string>()
  return Object.entries(headers).flatMap(([name, value]): Finding[] => {
    const at = ['backends', index, 'headers', name]
    const wrong = headerNameProblem(name)
    if (wrong !== undefined) return [violation(at, wrong.why, wrong.hint)]
    const key = name.toLowerCase()
    const twin = known.get(key) ?? (key === 'authorization' ? by : undefined)
    known.set(key, `headers.${showKey(name)}`)
    return [
      ...(twin === undefined
        ? []
        : [violation(at, `is the header that ${twin} sends`, `remove it, or ${twin}`)]),
      ...(isHeaderValue(value.reveal())
        ? []
        : [violation(at, unsendable, 'check the variable that it comes from')]),
    ]
  })
}

export const credentialProblems = (backend: BackendConfig, index: number): Finding[] => {
  const { bearer_token: token, basic_auth: basic } = backend
  const [sender] = usedKeys(backend)
  const found = headerProblems(backend, index, sender === 'headers' ? undefined : sender)
  if (token !== undefined && !isHeaderValue(token.reveal())) {
    found.push(
      violation(
        ['backends', index, 'bearer_token'],
        unsendable,
        'check the variable that it comes from',
      ),
    )
  }
  if (basic === undefined) return found
  const at = ['backends', index, 'basic_auth']
  if (token !== undefined) {
    found.push(violation(at, 'is the header that bearer_token sends', 'remove it, or bearer_token'))
  }
  // RFC 7617 section 2: the first colon ends the name, and neither has control characters.
  if (/[:\p{Cc}]/u.test(basic.username)) {
    found.push(
      violation([...at, 'username'], 'must not have a ":" or a control character', 'correct it'),
    )
  }
  if (basic.password !== undefined && /\p{Cc}/u.test(basic.password.reveal())) {
    found.push(
      violation(
        [...at, 'password'],
        'must not have a control character',
        'check the variable that it comes from',
      ),
    )
  }
  return found
}
