// Finds the metadata of an authorization server (RFC 8414, OpenID Connect Discovery) and says how it went.
import { hintOf, openHintOf, problemOf, together } from '../../problems/problem.ts'
import type { Reach } from '../../net/address.ts'
import { exchange, type Exchange } from '../../net/exchange.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { fail, isFinding, pass, problemFrom, skip, type Check } from '../verdict/check.ts'
import { checkFirstAnswers } from './client-way.ts'
import { checkServerMembers } from './member-checks.ts'
import { checkAgreement } from './metadata-agreement.ts'
import {
  checkForm,
  checkHttp,
  checkIssuerSyntax,
  checkIssuerTemplate,
  checkMetadata,
  introspectionEndpointOf,
  type Strategy,
} from './metadata-checks.ts'
import { nearMiss } from '../verdict/near-miss.ts'
import { isServedByItself, searchElsewhere } from './elsewhere.ts'
import { failureOf, fitOf, missOf, type Fit, type Miss } from './location-fit.ts'
import type { AuthServerMetadata } from './metadata.ts'
import { formSource, metadataLocations, type MetadataForm } from './well-known.ts'

export interface DiscoveryAttempt {
  readonly form: MetadataForm
  readonly exchange: Exchange
  /** `spare`: it fits as well, and clients have found another one before it. */
  readonly outcome: 'used' | 'spare' | 'failed'
  /** What was wrong with it; undefined for those that fit. */
  readonly problem: string | undefined
  /** What could be read as metadata, also of another issuer. */
  readonly document: JsonObject | undefined
}

export interface Discovery {
  readonly issuer: string
  readonly attempts: readonly DiscoveryAttempt[]
  /** The form that answered; undefined when none did. */
  readonly form: MetadataForm | undefined
  readonly metadata: AuthServerMetadata | undefined
  readonly checks: readonly Check[]
  /** Why there is no metadata: `failed to discover auth server at ...` and the like. */
  readonly failure: string | undefined
}

export interface DiscoveryOptions {
  /** The exact issuer that the document names, where the operator knows that it differs. */
  readonly metadataIssuer?: string | undefined
  readonly strategy?: Strategy
  readonly allowHttp?: boolean
  /** Default: `private`, for an issuer that the operator named. */
  readonly reach?: Reach
  readonly signal?: AbortSignal
  /** For each request (default 5 s) and for all of them (default 10 s). */
  readonly attemptMs?: number
  readonly totalMs?: number
  /** Ask the locations behind the first that fits too, to compare what they say. Changes nothing else. */
  readonly exhaustive?: boolean
  /**
   * Where nothing was found, look at the places where servers put their metadata by mistake, and say what to use in its
   * place. For a person who waits for the answer, never for a running proxy. `paths`: more paths of the origin.
   */
  readonly search?: { readonly reachOf: (url: string) => Reach; readonly paths?: readonly string[] }
}

const foundChecks = (
  issuer: string,
  fits: readonly Fit[],
  attempts: readonly DiscoveryAttempt[],
): readonly Check[] => {
  const used = attempts.find((attempt) => attempt.outcome === 'used')
  if (used !== undefined) {
    const note = `${used.exchange.url} (${formSource(used.form)})`
    return [pass('asm-found', note), pass('asm-issuer')]
  }
  const foreign = fits.find((fit) => fit.kind === 'foreign')
  if (foreign !== undefined) {
    const evidence = { expected: issuer, actual: foreign.named }
    return [pass('asm-found'), fail(foreign.issuer, evidence)]
  }
  const table = attempts.map(({ exchange: { url, status, fault } }) => ({
    url,
    result: status === undefined ? (fault?.detail ?? '') : String(status),
  }))
  const values = { n: attempts.length, why: failureOf(fits) ?? '', issuer }
  const problem =
    attempts.length === 0
      ? problemOf('asm-found', 'not-http')
      : problemOf('asm-found', missOf(fits), values)
  return [fail(problem, { actual: table }), skip('asm-issuer', 'no document was found')]
}

/** What to do where there is no metadata: the remedy of the location that said most. */
export const discoveryRemedy = ({ checks }: Pick<Discovery, 'checks'>): string => {
  const cause = checks.find(
    ({ id, status }) => status === 'fail' && (id === 'asm-found' || id === 'asm-issuer'),
  )
  return cause !== undefined && isFinding(cause)
    ? hintOf(problemFrom(cause))
    : openHintOf({ code: 'asm-found' })
}

/** No document of which a member appears twice is used, so that another may have been. */
const duplicateCheck = (fits: readonly Fit[]): Check => {
  const id = 'asm-duplicate-member'
  const twice = fits.flatMap((fit) =>
    fit.kind === 'failed' && fit.duplicate !== undefined ? [fit.duplicate] : [],
  )
  const [first, ...others] = twice
  if (first !== undefined) return fail(together(first, ...others))
  return fits.some(({ kind }) => kind !== 'failed') ? pass(id) : skip(id, 'no document was found')
}

const logFound = (ports: Ports, form: MetadataForm, metadata: AuthServerMetadata): void =>
  ports.log.info(
    {
      issuer: metadata.issuer,
      jwks_uri: metadata.jwks_uri,
      introspection_endpoint: introspectionEndpointOf(metadata),
      source: formSource(form),
      form,
    },
    'discovered authorization server',
  )

interface Walk {
  readonly attempts: readonly DiscoveryAttempt[]
  readonly fits: readonly Fit[]
}

const walk = async (issuer: string, ports: Ports, options: DiscoveryOptions): Promise<Walk> => {
  const { allowHttp = false, reach = 'private', attemptMs = 5000, totalMs = 10_000 } = options
  const expected = options.metadataIssuer ?? issuer
  const startedAt = ports.clock.now()
  const attempts: DiscoveryAttempt[] = []
  const fits: Fit[] = []
  for (const { form, url } of metadataLocations(issuer)) {
    const leftMs = totalMs - (ports.clock.now() - startedAt)
    if (leftMs <= 0 || options.signal?.aborted === true) break
    const isFound = fits.some(({ kind }) => kind === 'used')
    if (isFound && options.exhaustive !== true) break
    const request = { url, headers: { accept: 'application/json' } }
    const answer = await exchange(
      options.signal === undefined ? request : { ...request, signal: options.signal },
      ports,
      { timeoutMs: Math.min(attemptMs, leftMs), allowHttp, reach },
    )
    const fit = fitOf(answer, expected)
    fits.push(fit)
    const fitting = isFound ? 'spare' : 'used'
    attempts.push({
      form,
      exchange: answer,
      outcome: fit.kind === 'used' ? fitting : 'failed',
      problem: fit.kind === 'used' ? undefined : fit.problem,
      document: fit.kind === 'failed' ? undefined : fit.metadata.raw,
    })
  }
  return { attempts, fits }
}

/** Answers that leave open where the document is. One that is broken is in its place. */
const leavesOpen: ReadonlySet<Miss> = new Set(['nowhere', 'guarded', 'page', 'empty', 'redirected'])

const searchOptions = ({ search, allowHttp = false, signal }: DiscoveryOptions) => ({
  allowHttp,
  reachOf: search?.reachOf ?? ((): Reach => 'public'),
  paths: search?.paths ?? [],
  signal,
})

/** A document of another issuer: whether that one publishes it itself. */
const withNameTried = async (
  found: Discovery,
  { issuer, named, metadata, url }: Extract<Fit, { kind: 'foreign' }> & { readonly url: string },
  ports: Ports,
  options: DiscoveryOptions,
): Promise<Discovery> => {
  if (issuer.case !== 'other' || options.metadataIssuer !== undefined) return found
  if (await isServedByItself({ metadata, url }, ports, searchOptions(options))) return found
  const what = nearMiss(named, found.issuer) ?? 'the whole string'
  const values = { named, asked: found.issuer, what, place: url }
  const problem = problemOf('asm-issuer', 'unserved', values)
  const evidence = { expected: found.issuer, actual: named }
  const checks = found.checks.map((check) =>
    check.id === 'asm-issuer' ? fail(problem, evidence) : check,
  )
  return { ...found, checks, failure: problem.detail }
}

/** The same discovery, with what other places have (`search`), where this one found nothing. */
export const searched = async (
  found: Discovery,
  ports: Ports,
  options: DiscoveryOptions,
): Promise<Discovery> => {
  if (found.metadata !== undefined) return found
  const { issuer, attempts } = found
  const fits = attempts.map(({ exchange: answer }) =>
    fitOf(answer, options.metadataIssuer ?? issuer),
  )
  const at = fits.findIndex(({ kind }) => kind === 'foreign')
  const foreign = fits[at]
  if (foreign?.kind === 'foreign') {
    const url = attempts[at]?.exchange.url ?? issuer
    return withNameTried(found, { ...foreign, url }, ports, options)
  }
  if (attempts.length === 0 || !leavesOpen.has(missOf(fits))) return found
  const { hit, problem } = await searchElsewhere(issuer, ports, searchOptions(options))
  const values = { n: attempts.length, why: found.failure ?? '', issuer }
  const said =
    problem ?? (missOf(fits) === 'nowhere' ? problemOf('asm-found', 'lost', values) : undefined)
  if (said === undefined) return found
  const checks = found.checks.map((check) =>
    check.id === 'asm-found' && isFinding(check)
      ? fail(said, { actual: check.evidence?.actual ?? null })
      : check,
  )
  if (hit === undefined) return { ...found, checks }
  const more: DiscoveryAttempt = {
    form: 'elsewhere',
    exchange: hit.exchange,
    outcome: 'failed',
    problem: said.detail,
    document: hit.metadata.raw,
  }
  return { ...found, attempts: [...attempts, more], checks, failure: said.detail }
}

/**
 * Asks the locations in order until a document fits. Resolves for every kind of trouble. Does not fetch
 * the key set nor try any endpoint that the document names.
 */
export const discoverAuthServer = async (
  issuer: string,
  ports: Ports,
  options: DiscoveryOptions = {},
): Promise<Discovery> => {
  const { strategy, allowHttp = false } = options
  const expected = options.metadataIssuer ?? issuer
  const { attempts, fits } = await walk(issuer, ports, options)
  const used = attempts.find(({ outcome }) => outcome === 'used')
  const named = fits.flatMap((fit) => (fit.kind === 'foreign' ? [fit.named] : []))
  const checks = [
    checkIssuerSyntax(issuer, allowHttp),
    checkIssuerTemplate(expected, ...(used === undefined ? named : [])),
    ...foundChecks(expected, fits, attempts),
    duplicateCheck(fits),
  ]
  const fit = fits.find(({ kind }) => kind === 'used')
  if (used === undefined || fit?.kind !== 'used') {
    const failure =
      failureOf(fits) ?? `failed to discover auth server at ${issuer}: not an http URL`
    const nothing = { issuer, attempts, form: undefined, metadata: undefined, checks, failure }
    return options.search === undefined ? nothing : searched(nothing, ports, options)
  }
  const { metadata } = fit
  logFound(ports, used.form, metadata)
  return {
    issuer,
    attempts,
    form: used.form,
    metadata,
    checks: [
      ...checks,
      checkForm(
        used.form,
        attempts.filter(({ outcome }) => outcome === 'spare').map(({ form }) => form),
      ),
      checkFirstAnswers(
        attempts.map((attempt, at) => {
          const one = fits[at]
          const foreign = one?.kind === 'foreign' ? one.named : undefined
          return { exchange: attempt.exchange, isUsed: attempt === used, foreign }
        }),
      ),
      checkHttp(used.exchange),
      checkServerMembers(metadata.raw, used.form),
      ...(options.exhaustive === true ? [checkAgreement(attempts)] : []),
      ...checkMetadata(metadata, { strategy, allowHttp, issuer }),
    ],
    failure: undefined,
  }
}
