// The three ways to a grant, with what each needs of the person and of the machine.
import { problemOf } from '../../problems/problem.ts'
import { UsageError, usageError } from '../../problems/usage-error.ts'
import { loopbackRedirectOf, readDocument } from '../../core/oauth-client/client.ts'
import { beginCodeFlow, requirePkce } from '../../core/oauth-client/code-flow.ts'
import { deviceFlow } from '../../core/oauth-client/device-flow.ts'
import { clientCredentialsGrant, openProtocol, type Grant } from '../../core/oauth-client/grant.ts'
import { failedPage, loggedInPage } from './callback-page.ts'
import {
  chooseClient,
  documentTaken,
  forgetUnknown,
  isUnknownClient,
  own,
  remembered,
  stillKnown,
  type IsKnown,
  type LoginAttempt,
} from './choose-client.ts'
import { openLoopback, redirectOf, type Loopback } from './loopback.ts'
import type { StoredClient } from './stored-login.ts'
import { waitForAnswer } from './wait-for-answer.ts'

export interface Granted {
  readonly grant: Grant
  readonly client: StoredClient
}

/** Where the client is called back: as its document says, else as the flags do, else anywhere. */
const openCallback = async (attempt: LoginAttempt): Promise<Loopback> => {
  const { flags, wire, target, store } = attempt
  const document = flags['client-id'] === undefined ? documentTaken(attempt) : undefined
  const read = document === undefined ? undefined : await readDocument(document, wire)
  if (document !== undefined && read === undefined) {
    attempt.narrator.warn(problemOf('usage-advice', 'client-document', { url: document }))
  }
  const named = flags['redirect-uri'] ?? loopbackRedirectOf(read ?? {})
  const before = store.clients.recall(target.server.issuer)?.redirectUri
  const preferredPort = before === undefined ? undefined : Number(new URL(before).port)
  return openLoopback({ ...redirectOf(named, flags.port), preferredPort })
}

const byCode = async (attempt: LoginAttempt): Promise<Granted> => {
  const { flags, target, scopes, resource, wire, explain } = attempt
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
    explain?.authorization(flow.url, target)
    const { parameters, show } = await waitForAnswer(attempt, loopback, flow)
    explain?.callback(parameters)
    try {
      const grant = await flow.redeem(parameters)
      await show(loggedInPage(target.server.issuer))
      return { grant, client: chosen.stored }
    } catch (error) {
      if (error instanceof UsageError) await show(failedPage(error.message))
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
    throw usageError(problemOf('login-unsupported', 'device', { issuer: target.server.issuer }))
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

const byClient = async (attempt: LoginAttempt): Promise<Granted> => {
  const { flags, target, scopes, resource, wire } = attempt
  const id = flags['client-id'] ?? documentTaken(attempt)
  if (id === undefined) {
    throw usageError(problemOf('login-client', 'credentials'))
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
    throw usageError(problemOf('login-unsupported', 'token', { issuer: target.server.issuer }))
  }
  if (flow === 'device') return byDevice(attempt)
  return flow === 'code' ? byCode(attempt) : byClient(attempt)
}
