// Where the metadata of an issuer is, when it is not where clients look: above it, below it, in a place of no
// specification, or under the name of another issuer. A person is then given the exact name to use.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Reach } from '../../net/address.ts'
import { exchange, type Exchange } from '../../net/exchange.ts'
import type { Ports } from '../../base/ports.ts'
import { readMetadata, type AuthServerMetadata } from './metadata.ts'
import { metadataLocations, placesElsewhere } from './well-known.ts'

export interface SearchOptions {
  readonly allowHttp: boolean
  /** How far an address may reach that only a document names. */
  readonly reachOf: (url: string) => Reach
  /** Paths of the origin that are worth a look, beside those above the issuer. */
  readonly paths?: readonly string[]
  readonly signal?: AbortSignal | undefined
}

export interface FoundElsewhere {
  readonly exchange: Exchange
  readonly metadata: AuthServerMetadata
}

export interface Searched {
  /** What was found instead; undefined: nothing. */
  readonly hit: FoundElsewhere | undefined
  readonly problem: Problem | undefined
}

const attemptMs = 2000
/** Asked at the same time: a person waits for the answer. */
const abreast = 4
const totalMs = 5000

const ask = async (
  url: string,
  ports: Ports,
  { allowHttp, reachOf, signal }: SearchOptions,
): Promise<FoundElsewhere | undefined> => {
  const request = { url, headers: { accept: 'application/json' } }
  const answer = await exchange(signal === undefined ? request : { ...request, signal }, ports, {
    timeoutMs: attemptMs,
    allowHttp,
    reach: reachOf(url),
  })
  if (answer.fault !== undefined || answer.status === undefined || answer.status > 299)
    return undefined
  const reading = readMetadata(answer.body ?? '')
  if ('cause' in reading) return undefined
  const { metadata } = reading
  const hasEndpoint =
    metadata.token_endpoint ?? metadata.authorization_endpoint ?? metadata.jwks_uri
  return hasEndpoint !== undefined && URL.canParse(metadata.issuer)
    ? { exchange: answer, metadata }
    : undefined
}

/** The first in their order that has a document; what is behind it in the list may not be asked at all. */
const firstOf = async (
  urls: readonly string[],
  ports: Ports,
  options: SearchOptions,
): Promise<FoundElsewhere | undefined> => {
  const startedAt = ports.clock.now()
  for (let at = 0; at < urls.length; at += abreast) {
    if (options.signal?.aborted === true || ports.clock.now() - startedAt > totalMs)
      return undefined
    const answers = await Promise.all(
      urls.slice(at, at + abreast).map((url) => ask(url, ports, options)),
    )
    const found = answers.find((answer) => answer !== undefined)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether clients that are given the name find the document: where it was seen, or by asking once more. */
export const isServedByItself = async (
  { metadata: { issuer }, url }: { readonly metadata: AuthServerMetadata; readonly url: string },
  ports: Ports,
  options: SearchOptions,
): Promise<boolean> => {
  const places = metadataLocations(issuer).map((place) => place.url)
  if (places.includes(url)) return true
  const found = await firstOf(places, ports, options)
  return found?.metadata.issuer === issuer
}

const firstPlace = (issuer: string): string => metadataLocations(issuer)[0]?.url ?? issuer

/**
 * Looks where servers are known to put their metadata by mistake, each place once. Asks the origin of the issuer, and
 * the issuer that a document found there names. Resolves for every kind of trouble.
 */
export const searchElsewhere = async (
  issuer: string,
  ports: Ports,
  options: SearchOptions,
): Promise<Searched> => {
  const hit = await firstOf(placesElsewhere(issuer, options.paths), ports, options)
  if (hit === undefined) return { hit, problem: undefined }
  const { metadata } = hit
  const { url: place } = hit.exchange
  const values = { issuer, place, named: metadata.issuer }
  const id = 'asm-found'
  if (metadata.issuer === issuer) {
    const standard = firstPlace(issuer)
    const { jwks_uri: jwks } = metadata
    return {
      hit,
      problem:
        jwks === undefined
          ? problemOf(id, 'misplaced', { issuer, place, standard })
          : problemOf(id, 'misplaced-keys', { issuer, place, standard, jwks }),
    }
  }
  const isServed = await isServedByItself({ metadata, url: place }, ports, options)
  return isServed
    ? { hit, problem: problemOf(id, 'elsewhere', values) }
    : {
        hit,
        problem: problemOf(id, 'orphan', { ...values, standard: firstPlace(metadata.issuer) }),
      }
}
