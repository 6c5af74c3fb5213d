// The device authorization grant (RFC 8628): a code to enter elsewhere, and patient asking until somebody did.
import { problemOf } from '../../problems/problem.ts'
import type { Clock } from '../../base/clock.ts'
import type { Exchange } from '../../net/exchange.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { duration } from '../../base/duration.ts'
import { askForToken, wishFields, type Grant, type Protocol, type Wish } from './grant.ts'
import { errorOf, refusalOfPerson, step } from './refusals.ts'

/** What the person has to be told. */
export interface DevicePrompt {
  readonly userCode: string
  readonly uri: string
  /** The same with the code in it. */
  readonly completeUri: string | undefined
  readonly expiresInSeconds: number
}

export interface DeviceFlowRequest extends Wish {
  readonly protocol: Protocol
  readonly clock: Clock
  /** Give up earlier than the code does. */
  readonly patienceSeconds: number | undefined
  readonly show: (prompt: DevicePrompt) => void
}

/** RFC 8628 section 3.5, and bounds for servers that name no sensible pause. */
const pauses = { usual: 5, more: 5, most: 60 } as const

const expired = (seconds: number): UsageError =>
  usageError(problemOf('login-timeout', 'code', { time: duration(seconds) }))

const requestCode = ({ protocol, scopes, resource }: DeviceFlowRequest) => {
  const { lib, as, client, auth, options, wire } = protocol
  if (as.device_authorization_endpoint === undefined) {
    throw usageError(problemOf('login-unsupported', 'device', { issuer: as.issuer }))
  }
  const fields = wishFields({ scopes, resource })
  return step('The device authorization endpoint', wire, async () =>
    lib.processDeviceAuthorizationResponse(
      as,
      client,
      await lib.deviceAuthorizationRequest(as, client, auth, fields, options),
    ),
  )
}

type Poll =
  | { readonly grant: Grant }
  /** `trouble`: what to throw if it does not pass. */
  | { readonly wait: 'same' | 'longer'; readonly trouble?: unknown }
  | 'expired'

/** A server that is down for a moment does not end a login that a person is about to finish. */
const mayPass = (answer: Exchange | undefined): boolean => {
  const { status = 0, fault } = answer ?? {}
  if (fault !== undefined) return ['timeout', 'connect', 'reset'].includes(fault.kind)
  return status === 429 || status >= 500
}

const mostTroubles = 5

const poll = async (request: DeviceFlowRequest, deviceCode: string): Promise<Poll> => {
  const { protocol, resource } = request
  const { lib, as, client, auth, options, wire } = protocol
  try {
    const grant = await askForToken(protocol, () =>
      lib.deviceCodeGrantRequest(as, client, auth, deviceCode, {
        ...options,
        additionalParameters: resource === undefined ? {} : { resource },
      }),
    )
    return { grant }
  } catch (error) {
    const refused = errorOf(wire)
    const said = refused?.error
    if (said === 'authorization_pending') return { wait: 'same' }
    if (said === 'slow_down') return { wait: 'longer' }
    if (said === 'expired_token') return 'expired'
    if (said === 'access_denied' && refused !== undefined) {
      throw refusalOfPerson('The token endpoint', refused)
    }
    if (mayPass(wire.last())) return { wait: 'longer', trouble: error }
    throw error
  }
}

/** Throws a UsageError when the login is declined, or not made in time. */
export const deviceFlow = async (request: DeviceFlowRequest): Promise<Grant> => {
  const { clock, patienceSeconds, show } = request
  const code = await requestCode(request)
  const seconds = Math.min(code.expires_in, patienceSeconds ?? code.expires_in)
  show({
    userCode: code.user_code,
    uri: code.verification_uri,
    completeUri: code.verification_uri_complete,
    expiresInSeconds: seconds,
  })
  const endsAt = clock.now() + seconds * 1000
  let troubles = 0
  let pause = Math.min(pauses.most, Math.max(1, code.interval ?? pauses.usual))
  for (;;) {
    if (clock.now() + pause * 1000 > endsAt) throw expired(seconds)
    await clock.sleep(pause * 1000)
    const answer = await poll(request, code.device_code)
    if (answer === 'expired') throw expired(seconds)
    if ('grant' in answer) return answer.grant
    troubles = answer.trouble === undefined ? 0 : troubles + 1
    if (troubles >= mostTroubles) throw answer.trouble as Error
    if (answer.wait === 'longer') pause = Math.min(pauses.most, pause + pauses.more)
  }
}
