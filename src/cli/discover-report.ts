// What `discover` found, as its JSON report says it.
import type { Exchange } from '../base/exchange.ts'
import type { JsonObject } from '../base/json.ts'
import type { Severity } from '../base/problem.ts'
import { skip, type Check } from '../core/check.ts'
import type { FoundKeys, Investigation } from '../core/investigation.ts'
import { keyThumbprint } from '../core/key-thumbprint.ts'
import { atLeast, checkReport, type CheckReport } from './checks-report.ts'
import type { HintReport } from './hints.ts'
import { redact } from './redact.ts'

/** One request, as the table of attempts shows it. */
export interface ExchangeReport {
  readonly step: 'resource' | 'resource-metadata' | 'authorization-server' | 'key-set'
  readonly method: string
  readonly url: string
  readonly status: number | null
  readonly type: string | null
  readonly bytes: number
  readonly ms: number
  readonly used: boolean
  readonly redirects: readonly string[]
  readonly problem: string | null
}

export interface DiscoverReport {
  readonly schema_version: 1
  readonly command: 'discover'
  /** `clean`: nothing at or above --fail-on. `undecided`: the network did not let us tell. */
  readonly verdict: 'clean' | 'findings' | 'undecided'
  readonly address: string
  readonly as: 'issuer' | 'mcp'
  readonly fail_on: Severity
  readonly resource: {
    readonly url: string
    readonly status: number | null
    readonly challenge: { readonly scheme: string; readonly params: JsonObject } | null
    readonly metadata: JsonObject | null
  } | null
  readonly authorization_server: {
    readonly issuer: string
    /** How it was found. */
    readonly from: 'argument' | 'authorization_servers' | 'origin'
    readonly form: string | null
    readonly metadata: JsonObject | null
    readonly failure: string | null
  } | null
  readonly key_set: {
    readonly url: string
    readonly usable: number
    readonly keys: readonly {
      readonly kid: string | null
      readonly kty: string
      readonly crv: string | null
      readonly alg: string | null
      readonly use: string | null
      readonly bits: number | null
      readonly flaw: string | null
      /** RFC 7638; null for a key that could not be read. */
      readonly thumbprint: string | null
    }[]
  } | null
  readonly checks: readonly CheckReport[]
  readonly hints: readonly HintReport[]
  readonly attempts: readonly ExchangeReport[]
}

const exchangeReports = (
  step: ExchangeReport['step'],
  answer: Exchange,
  used: boolean,
  problem: string | undefined,
): ExchangeReport => ({
  step,
  method: answer.method,
  url: answer.redirects[0]?.url ?? answer.url,
  status: answer.status ?? null,
  type: answer.contentType ?? null,
  bytes: answer.bytes,
  ms: Math.round(answer.ms),
  used,
  redirects:
    answer.redirects.length === 0
      ? []
      : [...answer.redirects.slice(1).map(({ url }) => url), answer.url],
  problem:
    answer.fault?.kind === 'aborted'
      ? 'no answer within --timeout'
      : (answer.fault?.detail ?? problem ?? null),
})

const attemptsOf = ({ resource, server, keys }: Investigation): ExchangeReport[] => [
  ...(resource === undefined
    ? []
    : [exchangeReports('resource', resource.probe, resource.isResource, undefined)]),
  ...(resource?.attempts ?? []).map(({ exchange: answer, document }) =>
    exchangeReports(
      'resource-metadata',
      answer,
      document !== undefined && document === resource?.metadata,
      undefined,
    ),
  ),
  ...(server?.attempts ?? []).map(({ exchange: answer, outcome, problem }) =>
    exchangeReports('authorization-server', answer, outcome === 'used', problem),
  ),
  ...(keys === undefined
    ? []
    : [exchangeReports('key-set', keys.exchange, keys.examination !== undefined, undefined)]),
]

const keySetReport = (keys: FoundKeys | undefined): DiscoverReport['key_set'] =>
  keys?.examination === undefined
    ? null
    : {
        url: keys.url,
        usable: keys.examination.usable,
        keys: keys.examination.keys.map(({ kid, kty, crv, alg, use, bits, flaw, key }) => ({
          kid: kid ?? null,
          kty,
          crv: crv ?? null,
          alg: alg ?? null,
          use: use ?? null,
          bits: bits ?? null,
          flaw: flaw?.id ?? null,
          thumbprint: key === undefined ? null : keyThumbprint(key),
        })),
      }

export const isFinding = ({ status, severity }: CheckReport, threshold: Severity): boolean =>
  (status === 'fail' || status === 'warn') && atLeast(severity, threshold)

/** Nobody could tell: nothing answered, or only with errors of its own. */
const couldNotTell = (attempts: readonly ExchangeReport[], found: Investigation): boolean => {
  const silent = ({ status }: ExchangeReport) => status === null || status >= 500 || status === 429
  if (attempts.every(silent)) return true
  const server = attempts.filter(({ step }) => step === 'authorization-server')
  if (found.server?.metadata === undefined && server.some(silent)) return true
  return attempts.some((attempt) => attempt.step === 'key-set' && !attempt.used && silent(attempt))
}

const publishedHints = async (
  checks: readonly Check[],
  server: Investigation['server'],
): Promise<readonly HintReport[]> => {
  const { hintsFor } = await import('../core/provider-hints.ts')
  return hintsFor({ checks, issuer: server?.issuer, metadata: server?.metadata })
}

/** `address` and `failOn` as the command line gave them. */
export const discoverReport = async (
  address: string,
  failOn: Severity,
  found: Investigation,
): Promise<DiscoverReport> => {
  const { resource, server, keys } = found
  const attempts = attemptsOf(found)
  const noKeys =
    keys === undefined ? [skip('jwks-usable', 'no key set address is known')] : keys.checks
  const made = [...(resource?.checks ?? []), ...(server?.checks ?? []), ...noKeys]
  const checks = made.map(checkReport)
  const findings = checks.some((check) => isFinding(check, failOn))
  return {
    schema_version: 1,
    command: 'discover',
    verdict: couldNotTell(attempts, found) ? 'undecided' : findings ? 'findings' : 'clean',
    address,
    as: found.as,
    fail_on: failOn,
    resource:
      resource === undefined
        ? null
        : {
            url: resource.url,
            status: resource.probe.status ?? null,
            challenge:
              resource.challenge === undefined
                ? null
                : { scheme: resource.challenge.scheme, params: resource.challenge.params },
            metadata: resource.metadata === undefined ? null : redact(resource.metadata),
          },
    authorization_server:
      server === undefined
        ? null
        : {
            issuer: server.issuer,
            from: server.from,
            form: server.form ?? null,
            metadata: server.metadata === undefined ? null : redact(server.metadata.raw),
            failure: server.failure ?? null,
          },
    key_set: keySetReport(keys),
    checks,
    hints: await publishedHints(made, server),
    attempts,
  }
}
