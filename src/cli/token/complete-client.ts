// What introspection needs to know about our client, and can still be asked for.
import { problemOf, type Problem } from '../../problems/problem.ts'

type Raw = Record<string, unknown>

type Asker = (what: string, missing: Problem) => Promise<string>

interface Context {
  readonly ask: Asker
  /** Without echo. */
  readonly askSecret: Asker
}

const provesWithoutSecret: ReadonlySet<unknown> = new Set(['private_key_jwt', 'tls_client_auth'])

/** Of several issuers, those that know our client are asked; the others have their tokens judged here. */
const withStrategy = (issuer: Raw): Raw => {
  const { introspect_jwts: _, ...rest } = issuer
  const isKnown = rest['client_id'] !== undefined || rest['client_auth'] !== undefined
  return { ...rest, token_validation: isKnown ? 'introspection' : 'jwt' }
}

/** Turns a section into one that introspects; asks for the client and its secret where they are missing. */
export const completeClient = async (raw: Raw, { ask, askSecret }: Context): Promise<void> => {
  raw['token_validation'] = 'introspection'
  delete raw['introspect_jwts']
  if (Array.isArray(raw['issuers'])) {
    raw['issuers'] = (raw['issuers'] as readonly Raw[]).map(withStrategy)
    if (raw['issuer'] === undefined) return
  }
  const method = raw['client_auth']
  if (method === 'none') return
  raw['client_id'] ??= await ask(
    'The client id (--client-id)',
    problemOf('usage-missing', 'client'),
  )
  if (provesWithoutSecret.has(method)) return
  raw['client_secret'] ??= await askSecret(
    'The client secret',
    problemOf('usage-missing', 'client-secret', { id: String(raw['client_id']) }),
  )
}
