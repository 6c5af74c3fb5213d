// The three ways to a grant, with what each needs of the person and of the machine.
import type { Ports } from '../../base/ports.ts'
import { exchange } from '../../base/exchange.ts'
import { reachOf } from '../../base/address.ts'
import { UsageError } from '../../base/usage-error.ts'
import type { ClientCredentials } from '../../core/client-authentication.ts'
import {
  checkDocumentUrl,
  loopbackRedirectOf,
  readDocument,
  registeredClient,
} from '../../core/login/client.ts'
import { beginCodeFlow, missingEndpoint, requirePkce } from '../../core/login/code-flow.ts'
import { deviceFlow } from '../../core/login/device-flow.ts'
import { clientCredentialsGrant, openProtocol, type Grant } from '../../core/login/grant.ts'
import { credentialsOfRegistered, type RegisteredClient } from '../../core/login/registration.ts'
import type { LoginTarget } from '../../core/login/target.ts'
import type { WireOptions } from '../../core/login/wire.ts'
import type { Narrator } from '../narrator.ts'
import { openBrowser } from './browser.ts'
import { openLoopback, redirectOf, type Loopback } from './loopback.ts'
import type { LoginFlags } from './login-flags.ts'
import { ownClient } from './own-client.ts'
import type { LoginStore } from './store.ts'
import type { Flow, StoredClient } from './stored-login.ts'

export interface LoginAttempt {
  readonly flow: Flow
  readonly flags: LoginFlags
  readonly target: LoginTarget
  readonly scopes: readonly string[]
  readonly resource: string | undefined
  readonly store: LoginStore
  readonly ports: Ports
  readonly wire: WireOptions
  readonly narrator: Narrator
}

export interface Granted {
  readonly grant: Grant
  readonly client: StoredClient
}

interface ChosenClient {
  readonly stored: StoredClient
  readonly credentials: ClientCredentials
}

const grantTypes: Readonly<Record<Flow, readonly string[]>> = {
  code: ['authorization_code', 'refresh_token'],
  device: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  client_credentials: ['client_credentials'],
}

const documentTaken = ({ flags, target, narrator }: LoginAttempt): string | undefined => {
  const url = flags['client-metadata-url']
  if (url === undefined) return undefined
  checkDocumentUrl(url)
  if (target.metadata.client_id_metadata_document_supported === true) return url
  narrator.note(`${target.server.issuer} takes no client ID metadata documents`)
  return undefined
}

const own = (
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

type IsKnown = (client: RegisteredClient) => Promise<boolean>

/** In the order that MCP names; each way that is not open leads to the next. */
const chooseClient = async (
  attempt: LoginAttempt,
  redirectUri: string | undefined,
  isKnown: IsKnown,
): Promise<ChosenClient> => {
  const { flags, flow, scopes, target, store, ports, wire, narrator } = attempt
  const id = flags['client-id']
  if (id !== undefined) return own(attempt, id, 'pre-registered')
  const document = documentTaken(attempt)
  if (document !== undefined) return own(attempt, document, 'metadata-document')
  const { from, credentials, registration } = await registeredClient(
    {
      target,
      wish: { redirectUri, grants: grantTypes[flow], scopes },
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
const stillKnown =
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

/** Where the client is called back: as its document says, else as the flags do, else anywhere. */
const openCallback = async (attempt: LoginAttempt): Promise<Loopback> => {
  const { flags, wire, target, store } = attempt
  const document = flags['client-id'] === undefined ? documentTaken(attempt) : undefined
  const read = document === undefined ? undefined : await readDocument(document, wire)
  const named = flags['redirect-uri'] ?? loopbackRedirectOf(read ?? {})
  const before = store.clients.recall(target.server.issuer)?.redirectUri
  const preferredPort = before === undefined ? undefined : Number(new URL(before).port)
  return openLoopback({ ...redirectOf(named, flags.port), preferredPort })
}

const usualPatience = 300

/** A registration that the token endpoint does not know is of no use to the next login either. */
const forgetUnknown = (
  { store, target, narrator }: LoginAttempt,
  { stored }: ChosenClient,
  error: unknown,
): void => {
  if (!isUnknownClient(error) || stored.from !== 'remembered') return
  store.clients.forget(target.server.issuer)
  narrator.note('the next login registers a new client')
}

const byCode = async (attempt: LoginAttempt): Promise<Granted> => {
  const { flags, target, scopes, resource, ports, wire, narrator } = attempt
  requirePkce(target.metadata, flags['assume-s256'] === true)
  const loopback = await openCallback(attempt)
  try {
    const { redirectUri } = loopback
    const chosen = await chooseClient(attempt, redirectUri, stillKnown(attempt, redirectUri))
    const protocol = await openProtocol(target.server, chosen.credentials, wire)
    const flow = await beginCodeFlow(
      { protocol, redirectUri, scopes, resource, allowHttp: wire.allowHttp },
      { push: target.metadata.require_pushed_authorization_requests === true },
    )
    const opened =
      flags['no-browser'] !== true && narrator.canAsk() && (await openBrowser(flow.url))
    narrator.tell(
      opened
        ? 'Opened in your browser; if nothing shows, open this address:'
        : 'Open this address in a browser:',
    )
    narrator.tell(`\n${flow.url}\n`)
    narrator.note(`waiting at ${redirectUri}`)
    const parameters = await loopback.callback({
      isOurs: flow.isOurs,
      clock: ports.clock,
      seconds: flags.timeout ?? usualPatience,
    })
    try {
      return { grant: await flow.redeem(parameters), client: chosen.stored }
    } catch (error) {
      forgetUnknown(attempt, chosen, error)
      throw error
    }
  } finally {
    loopback.close()
  }
}

const byDevice = async (attempt: LoginAttempt): Promise<Granted> => {
  const { flags, target, scopes, resource, ports, wire, narrator } = attempt
  if (target.server.device_authorization_endpoint === undefined) {
    const hint = 'the server does not offer logins by device code: leave --device out'
    throw missingEndpoint(target.server.issuer, 'device_authorization_endpoint', hint)
  }
  const asked = async (isKnown: IsKnown): Promise<Granted> => {
    const chosen = await chooseClient(attempt, undefined, isKnown)
    const protocol = await openProtocol(target.server, chosen.credentials, wire)
    const grant = await deviceFlow({
      protocol,
      scopes,
      resource,
      clock: ports.clock,
      patienceSeconds: flags.timeout,
      show: ({ userCode, uri, completeUri }) => {
        narrator.tell(`Open ${uri} on any device and enter the code\n\n  ${userCode}\n`)
        if (completeUri !== undefined) narrator.tell(`or open ${completeUri}\n`)
        narrator.note('waiting until somebody did')
      },
    })
    return { grant, client: chosen.stored }
  }
  try {
    return await asked(async () => true)
  } catch (error) {
    // The device endpoint knows at once whether it knows the client.
    if (!isUnknownClient(error) || remembered(attempt) === undefined) throw error
    return asked(async () => false)
  }
}

const remembered = ({ flags, store, target }: LoginAttempt): RegisteredClient | undefined =>
  flags['client-id'] === undefined ? store.clients.recall(target.server.issuer) : undefined

const isUnknownClient = (error: unknown): boolean =>
  error instanceof UsageError && /\binvalid_client\b/.test(error.message)

const byClient = async (attempt: LoginAttempt): Promise<Granted> => {
  const { flags, target, scopes, resource, wire } = attempt
  const id = flags['client-id'] ?? documentTaken(attempt)
  if (id === undefined) {
    throw new UsageError({
      code: 'login-client',
      message: 'Client credentials are those of a client that is registered already',
      hint: 'name it with --client-id, and its secret with MCP_PROXY_CLIENT_SECRET or --client-secret-file',
    })
  }
  const from = flags['client-id'] === undefined ? 'metadata-document' : 'pre-registered'
  const chosen = await own(attempt, id, from)
  const protocol = await openProtocol(target.server, chosen.credentials, wire)
  const grant = await clientCredentialsGrant(protocol, { scopes, resource })
  return { grant, client: chosen.stored }
}

/** Throws a UsageError for whatever else than a grant comes of it. */
export const grantBy = (attempt: LoginAttempt): Promise<Granted> => {
  const { target, flow } = attempt
  if (target.server.token_endpoint === undefined) {
    const hint = 'nobody can log in there: correct the metadata'
    throw missingEndpoint(target.server.issuer, 'token_endpoint', hint)
  }
  if (flow === 'device') return byDevice(attempt)
  return flow === 'code' ? byCode(attempt) : byClient(attempt)
}
