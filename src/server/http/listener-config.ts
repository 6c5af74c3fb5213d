// What a configuration says of the listener, and what of it another configuration may change while it listens.
import { asksForCertificates, schemeOf } from '../../config/public-url.ts'
import type { Config } from '../../config/schema.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { TlsMaterial } from '../tls/tls-files.ts'
import type { ListenerTls } from './listen.ts'

export const refuseOpenListener = ({ proxy, auth, security }: Config): void => {
  if (isLoopbackHost(proxy.listen.host) || auth.type !== 'none') return
  if (security.allow_insecure_listen) return
  throw usageError(problemOf('config-value', 'exposed', { host: proxy.listen.host }))
}

export const refuseOtherKind = (before: Config, after: Config): void => {
  const isSameKind =
    schemeOf(before) === schemeOf(after) &&
    asksForCertificates(before) === asksForCertificates(after)
  if (isSameKind) return
  const key = before.proxy.tls === undefined ? 'proxy.tls' : 'proxy.tls.client_auth'
  throw usageError(problemOf('config-value', 'tls-restart', { key }))
}

export const listenerTls = (
  config: Config,
  tls: TlsMaterial | undefined,
): ListenerTls | undefined =>
  tls === undefined
    ? undefined
    : { context: tls.context, asksForCertificates: asksForCertificates(config) }

export const isSameAddress = ({ proxy: a }: Config, { proxy: b }: Config): boolean =>
  a.listen.host === b.listen.host && a.listen.port === b.listen.port

/** Of addresses on one port, one that covers the other cannot be had beside it. */
export const mayCollide = ({ proxy: a }: Config, port: number): boolean => a.listen.port === port
