// Keeps the metadata of one issuer at hand: found on first need, refreshed hourly, kept while the issuer is away.
import { hintOf, problemOf, type Problem } from '../../problems/problem.ts'
import { reachOf, type Reach } from '../../net/address.ts'
import type { Ports } from '../../base/ports.ts'
import { createCoolDown } from '../../base/backoff.ts'
import { asAdvice, type Check } from '../verdict/check.ts'
import { failedChecks } from '../verdict/judge.ts'
import { discoverAuthServer, discoveryRemedy, type Discovery } from './discovery.ts'
import type { Endpoint, EndpointSource, MissingEndpoint } from './endpoint.ts'
import { introspectionEndpointOf, tokenEndpointOf, type Strategy } from './metadata-checks.ts'
import type { AuthServerMetadata } from './metadata.ts'

export interface MetadataSourceOptions {
  readonly issuer: string
  readonly metadataIssuer: string | undefined
  readonly strategy: Strategy
  /** We show a certificate: endpoints have other addresses for that (RFC 8705 section 5). */
  readonly mutualTls: boolean
  readonly allowHttp: boolean
  /** Whether an address that only the document names may be private. */
  readonly allowPrivate: boolean
  /** How far the issuer itself may reach; default: `private`, for one that the operator named. */
  readonly reach?: Reach
  /** Look at other places where nothing is found: for a person who waits for the answer. */
  readonly search?: boolean
  readonly ports: Ports
}

export interface MetadataSource {
  /** Where the keys are, and where to introspect and to ask for tokens, as the document says. */
  readonly jwksUri: EndpointSource
  readonly introspectionEndpoint: EndpointSource
  readonly tokenEndpoint: EndpointSource
  /** The last discovery, good or bad; undefined before the first. */
  last(): Discovery | undefined
  prepare(): Promise<void>
  dueInMs(): number
  /** Why there is no metadata; undefined when there is. */
  failure(): Problem | undefined
  close(): void
}

const refreshMs = 3_600_000
/** A document that lacks something will lack it for a while. */
const incompleteMs = 60_000

/**
 * Never rejects, and never drops a good document because a later one cannot be had. Does not check
 * that the endpoints answer.
 */
export const createMetadataSource = (options: MetadataSourceOptions): MetadataSource => {
  const { issuer, ports, reach = 'private' } = options
  const closed = new AbortController()
  const coolDown = createCoolDown(ports)
  let good: { readonly metadata: AuthServerMetadata; readonly at: number } | undefined
  let last: Discovery | undefined
  let flight: Promise<void> | undefined

  /** An address from a document may be private only on the host that the operator named himself. */
  const reachFrom = (url: string): Reach =>
    reachOf(url, reach === 'private' ? [issuer] : [], options.allowPrivate)

  const isDue = (): boolean => good === undefined || ports.clock.now() - good.at >= refreshMs

  const find = async (): Promise<void> => {
    const found = await discoverAuthServer(issuer, ports, {
      metadataIssuer: options.metadataIssuer,
      strategy: options.strategy,
      allowHttp: options.allowHttp,
      reach,
      ...(options.search === true ? { search: { reachOf: reachFrom } } : {}),
      signal: closed.signal,
    })
    if (closed.signal.aborted) return
    last = found
    if (found.metadata !== undefined) {
      coolDown.succeeded()
      good = { metadata: found.metadata, at: ports.clock.now() }
      return
    }
    coolDown.failed()
    ports.log.warn(
      { issuer, detail: found.failure, retry_in_ms: Math.round(coolDown.waitMs()) },
      'could not discover the authorization server',
    )
  }
  const prepare = async (): Promise<void> => {
    if (!isDue() || coolDown.waitMs() > 0 || closed.signal.aborted) return
    flight ??= find().finally(() => {
      flight = undefined
    })
    await flight
  }

  const missing = (why: MissingEndpoint['missing'], checks: readonly Check[]): MissingEndpoint => ({
    missing: why,
    checks: failedChecks(checks).map(asAdvice),
    retryAfterMs: good === undefined ? coolDown.waitMs() : incompleteMs,
  })

  const reached = (url: string): Endpoint => ({ url, reach: reachFrom(url) })

  const failure = (): Problem =>
    last?.failure === undefined
      ? problemOf('asm-found', 'pending', { issuer })
      : problemOf('asm-found', 'failed', { why: last.failure, remedy: discoveryRemedy(last) })

  const endpoint =
    (urlOf: (metadata: AuthServerMetadata) => string | undefined): EndpointSource =>
    async () => {
      if (good === undefined) await prepare()
      // What is known serves while a newer document is fetched.
      else void prepare()
      if (good === undefined) {
        const problem = failure()
        const cause = { why: problem.detail, remedy: hintOf(problem) }
        return missing(cause, last?.checks ?? [])
      }
      const url = urlOf(good.metadata)
      return url === undefined ? missing({ issuer }, last?.checks ?? []) : reached(url)
    }

  return {
    jwksUri: endpoint((metadata) => metadata.jwks_uri),
    introspectionEndpoint: endpoint((metadata) =>
      introspectionEndpointOf(metadata, options.mutualTls),
    ),
    tokenEndpoint: endpoint((metadata) => tokenEndpointOf(metadata, options.mutualTls)),
    last: () => last,
    prepare,
    dueInMs: () =>
      good === undefined
        ? coolDown.waitMs()
        : Math.max(coolDown.waitMs(), good.at + refreshMs - ports.clock.now()),
    failure: () => (good === undefined ? failure() : undefined),
    close: () => closed.abort(),
  }
}
