// The address of something that an authorization server offers: configured, or found out when it is needed.
import type { Reach } from '../../net/address.ts'
import type { Check } from '../verdict/check.ts'

export interface Endpoint {
  readonly url: string
  /** How far the address may reach: less where only a document named it. */
  readonly reach: Reach
}

export interface MissingEndpoint {
  /** Why there is none: no metadata, or metadata of this issuer that does not name it. */
  readonly missing: { readonly why: string; readonly remedy: string } | { readonly issuer: string }
  /** What discovery found out about it, as advice. */
  readonly checks: readonly Check[]
  readonly retryAfterMs: number
}

/** A fixed endpoint, or how to find it. Never rejects. */
export type EndpointSource =
  Endpoint | ((signal: AbortSignal) => Promise<Endpoint | MissingEndpoint>)

export const findEndpoint = async (
  source: EndpointSource,
  signal: AbortSignal,
): Promise<Endpoint | MissingEndpoint> => (typeof source === 'function' ? source(signal) : source)
