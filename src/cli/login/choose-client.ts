// As whom a login is made, from the flags, the store and what the server offers.
import { reachOf } from '../../net/address.ts'
import { exchange } from '../../net/exchange.ts'
import type { Ports } from '../../base/ports.ts'
import { UsageError } from '../../problems/usage-error.ts'
import type { ClientCredentials } from '../../core/client/client-authentication.ts'
import { checkDocumentUrl, registeredClient } from '../../core/oauth-client/client.ts'
import { beginCodeFlow } from '../../core/oauth-client/code-flow.ts'
import { openProtocol } from '../../core/oauth-client/grant.ts'
import {
  credentialsOfRegistered,
  type RegisteredClient,
} from '../../core/oauth-client/registration.ts'
import type { LoginTarget } from '../../core/oauth-client/target.ts'
import type { WireOptions } from '../../core/oauth-client/wire.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { FlowExplainer } from './explain-flow.ts'
import type { LoginFlags } from './login-flags.ts'
import { ownClient } from './own-client.ts'
import type { LoginStore } from './store.ts'
import type { Flow, StoredClient } from './stored-login.ts'

export interface LoginAttempt {
  /** As the command line gave it. */
  readonly address: string
  readonly flow: Flow
  readonly flags: LoginFlags
  readonly target: LoginTarget
  readonly scopes: readonly string[]
  readonly resource: string | undefined
  readonly store: LoginStore
  readonly ports: Ports
  readonly wire: WireOptions
  readonly narrator: Narrator
  /** Prints each step (`--explain`). */
  readonly explain?: FlowExplainer | undefined
}

export interface ChosenClient {
  readonly stored: StoredClient
  readonly credentials: ClientCredentials
}

const grantTypes: Readonly<Record<Flow, readonly string[]>> = {
  code: ['authorization_code', 'refresh_token'],
  device: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  client_credentials: ['client_credentials'],
}

/** The metadata document that stands for us, where one is named and the server takes such. */
export const documentTaken = ({ flags, target }: LoginAttempt): string | undefined => {
  const url = flags['client-metadata-url']
  if (url === undefined) return undefined
  checkDocumentUrl(url)
  return target.metadata.client_id_metadata_document_supported === true ? url : undefined
}

/** Servers that list their grants may refuse a client that wants another one. */
const grantsFor = ({ flow, target }: LoginAttempt): readonly string[] => {
  const known = target.metadata.grant_types_supported
  const refreshes = known.length === 0 || known.includes('refresh_token')
  return grantTypes[flow].filter((grant) => grant !== 'refresh_token' || refreshes)
}

export const own = (
  { flags, target, ports, narrator }: LoginAttempt,
  id: string,
  from: StoredClient['from'],
): Promise<ChosenClient> =>
  ownClient(id, from, flags, target.metadata, {
    env: narrator.env,
    warn: narrator.warn,
    clock: ports.clock,
  })

const storedOf = (client: RegisteredClient, from: StoredClient['from']): StoredClient => ({
  id: client.clientId,
  from,
  method: client.method,
  secret: client.clientSecret,
  secretFile: undefined,
  keyFile: undefined,
  certFile: undefined,
  certKeyFile: undefined,
})

export type IsKnown = (client: RegisteredClient) => Promise<boolean>

/** In the order that MCP names; each way that is not open leads to the next. */
export const chooseClient = async (
  attempt: LoginAttempt,
  redirectUri: string | undefined,
  isKnown: IsKnown,
): Promise<ChosenClient> => {
  const { flags, scopes, target, store, ports, wire, narrator } = attempt
  const id = flags['client-id']
  if (id !== undefined) return own(attempt, id, 'pre-registered')
  const document = documentTaken(attempt)
  if (document !== undefined) return own(attempt, document, 'metadata-document')
  if (flags['client-metadata-url'] !== undefined) {
    narrator.note(`${target.server.issuer} takes no client ID metadata documents`)
  }
  const { from, credentials, registration } = await registeredClient(
    {
      target,
      wish: { redirectUri, grants: grantsFor(attempt), scopes },
      memory: store.clients,
      now: ports.clock.now(),
      note: narrator.note,
    },
    wire,
    isKnown,
  )
  return { stored: storedOf(registration, from), credentials }
}

/**
 * A server that forgot our client shows the person an error and calls nobody back. Asked without a login
 * (`prompt=none`), one that knows the client redirects or shows its login; only a refusal counts.
 */
export const stillKnown =
  (attempt: LoginAttempt, redirectUri: string): IsKnown =>
  async (client) => {
    const { target, wire, scopes, resource } = attempt
    // Where requests have to be pushed, one that was not is refused whoever it is from.
    if (target.metadata.require_pushed_authorization_requests === true) return true
    const protocol = await openProtocol(target.server, credentialsOfRegistered(client), wire)
    const flow = await beginCodeFlow(
      { protocol, redirectUri, scopes, resource, allowHttp: wire.allowHttp },
      { push: false },
    )
    const url = new URL(flow.url)
    url.searchParams.set('prompt', 'none')
    const { status = 0 } = await exchange({ url: url.href }, wire.ports, {
      allowHttp: wire.allowHttp,
      reach: reachOf(url.href, wire.trusted, wire.allowPrivate),
    })
    return ![400, 401, 403, 404].includes(status)
  }

export const remembered = ({ flags, store, target }: LoginAttempt): RegisteredClient | undefined =>
  flags['client-id'] === undefined ? store.clients.recall(target.server.issuer) : undefined

export const isUnknownClient = (error: unknown): boolean =>
  error instanceof UsageError && /\binvalid_client\b/.test(error.message)

/** A registration that the token endpoint does not know is of no use to the next login either. */
export const forgetUnknown = (
  { store, target, narrator }: LoginAttempt,
  { stored }: ChosenClient,
  error: unknown,
): void => {
  if (!isUnknownClient(error) || stored.from !== 'remembered') return
  store.clients.forget(target.server.issuer)
  narrator.note('the next login registers a new client')
}
