// What `discover` found, as its JSON report says it.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Problem } from '../../problems/problem.ts'
import {
  isFinding as isFound,
  problemFrom,
  severityOf,
  type Check,
  type FailedCheck,
} from '../../core/verdict/check.ts'
import { gradeOf, unsettledChecks, type Letter } from '../../core/verdict/grade.ts'
import type {
  FoundKeys,
  FoundServer,
  Investigation,
} from '../../core/investigation/investigation.ts'
import type { Outcome } from '../../core/investigation/outcome.ts'
import { keyThumbprint } from '../../core/keys/key-thumbprint.ts'
import { findingsInOrder } from '../../core/verdict/leading-finding.ts'
import type { RuleFor } from '../../core/readiness/readiness-rule.ts'
import {
  isBroken,
  readinessOf,
  type ReadinessRow,
  type RuleStatus,
} from '../../core/readiness/readiness.ts'
import {
  atLeast,
  checkReport,
  orNull,
  problemReport,
  type CheckReport,
  type ProblemReport,
} from '../../core/verdict/checks-report.ts'
import { admissionOf } from '../../core/known-clients/admission.ts'
import { clientReport, type ClientReport } from './client-report.ts'
import { attemptsOf, tokenAttempts, type ExchangeReport } from './discover-attempts.ts'
import { nextCommand } from './discover-next.ts'
import type { HintReport } from '../report/hints.ts'
import { redact } from '../report/redact.ts'
import type { TokenReport, TokenTrial } from './token-report.ts'

export interface DiscoverCheck extends CheckReport {
  /** Why it was skipped, where something could be done: an answer did not come, or there is no token. */
  readonly missing: 'answer' | 'token' | null
}

export interface GradeReport {
  /** Null: something could not be established, or there is nothing to grade: see `outcome`. */
  readonly letter: Letter | null
  /** No answer that is still missing could make it better. */
  readonly at_best: Letter
  readonly decided_by: readonly string[]
  readonly passed: number
  readonly skipped: number
  readonly findings: Readonly<Record<Severity, number>>
}

export interface ReadinessReport {
  readonly id: string
  readonly for: RuleFor
  readonly level: 'MUST' | 'SHOULD' | 'MAY'
  readonly revisions: readonly string[]
  readonly rule: string
  readonly spec: string
  readonly checks: readonly string[]
  readonly status: RuleStatus
  readonly because: string | null
  readonly decided_by: readonly string[]
}

/** How the look at the address ended, beside the grades. */
export interface OutcomeReport {
  /** Without a grade: what keeps it from one. `unavailable`: 5xx or 429. */
  readonly kind: Outcome['kind']
  /** What was found, and the next step; null where it is graded. */
  readonly code: string | null
  readonly case: string | null
  readonly detail: string | null
  readonly hint: string | null
  /** The address to look at in its place. */
  readonly instead: string | null
}

export interface DiscoverReport {
  readonly schema_version: 1
  readonly command: 'discover'
  /** `clean`: nothing at or above --fail-on. `undecided`: the network did not let us tell. */
  readonly verdict: 'clean' | 'findings' | 'undecided'
  readonly address: string
  readonly as: 'issuer' | 'mcp'
  readonly fail_on: Severity
  readonly strict: boolean
  readonly outcome: OutcomeReport
  readonly grade: GradeReport
  /** The finding to mend first; where it is undecided, the first question that got no answer. */
  readonly problem: ProblemReport | null
  /** The ids of all that was found, in the order in which they are worth mending. */
  readonly findings: readonly string[]
  /** The next useful command. */
  readonly next: string
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
  /** Every one that was asked, in the order of the document. */
  readonly authorization_servers: readonly {
    readonly issuer: string
    readonly from: 'argument' | 'authorization_servers' | 'origin'
    readonly used: boolean
    readonly form: string | null
    readonly failure: string | null
  }[]
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
  readonly checks: readonly DiscoverCheck[]
  readonly readiness: readonly ReadinessReport[]
  /** Which known MCP clients get in; none where there is nothing that they could use. */
  readonly clients: readonly ClientReport[]
  readonly hints: readonly HintReport[]
  readonly attempts: readonly ExchangeReport[]
  /** Of --token or --store: what the server and we think of it; null where none was shown. */
  readonly token: TokenReport | null
}

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
          flaw: flaw?.code ?? null,
          thumbprint: key === undefined ? null : keyThumbprint(key),
        })),
      }

export const isFinding = ({ status, severity }: CheckReport, threshold: Severity): boolean =>
  (status === 'fail' || status === 'warn') && atLeast(severity, threshold)

const publishedHints = async (
  checks: readonly Check[],
  server: Investigation['server'],
): Promise<readonly HintReport[]> => {
  const { hintsFor } = await import('../../core/providers/hints.ts')
  return hintsFor({ checks, issuer: server?.issuer, metadata: server?.metadata })
}

const severities = ['fatal', 'high', 'medium', 'low', 'info'] as const

const outcomeReport = (outcome: Outcome): OutcomeReport => {
  if (outcome.kind === 'graded') {
    return { kind: 'graded', code: null, case: null, detail: null, hint: null, instead: null }
  }
  const { kind, problem, instead = null } = outcome
  const { code, case: name, detail, hint } = problemReport(problem)
  return { kind, code, case: name, detail, hint, instead }
}

const gradeReport = (checks: readonly Check[], isGraded: boolean): GradeReport => {
  const { letter, atBest, decidedBy } = gradeOf(checks)
  const findings = checks.filter(isFound)
  return {
    letter: isGraded ? (letter ?? null) : null,
    at_best: atBest,
    decided_by: decidedBy,
    passed: checks.filter(({ status }) => status === 'pass').length,
    skipped: checks.filter(({ status }) => status === 'skip').length,
    findings: Object.fromEntries(
      severities.map((severity) => [
        severity,
        findings.filter((check) => severityOf(check) === severity).length,
      ]),
    ) as GradeReport['findings'],
  }
}

const discoverCheck = (check: Check): DiscoverCheck => ({
  ...checkReport(check),
  missing: (check.status === 'skip' ? check.missing : undefined) ?? null,
})

const readinessReport = (row: ReadinessRow): ReadinessReport => ({
  id: row.id,
  for: row.for,
  level: row.level,
  revisions: row.revisions,
  rule: row.rule,
  spec: row.spec,
  checks: row.checks,
  status: row.status,
  because: orNull(row.because),
  decided_by: row.decidedBy,
})

export interface Threshold {
  readonly failOn: Severity
  /** SHOULD counts, and so does whatever could not be established. */
  readonly strict: boolean
}

/** Definite findings speak first: what is still unknown cannot take them back. */
const verdictOf = (
  checks: readonly DiscoverCheck[],
  rows: readonly ReadinessRow[],
  { failOn, strict }: Threshold,
): DiscoverReport['verdict'] => {
  const counts = strict && atLeast(failOn, 'low') ? 'low' : failOn
  if (checks.some((check) => isFinding(check, counts))) return 'findings'
  if (checks.some(({ missing }) => missing === 'answer')) return 'undecided'
  return strict && rows.some((row) => isBroken(row, true)) ? 'findings' : 'clean'
}

const serverReport = (server: FoundServer) => ({
  issuer: server.issuer,
  from: server.from,
  form: server.form ?? null,
  failure: server.failure ?? null,
})

/** Advice must not stand where the verdict comes from something else. */
const leadingProblem = (
  verdict: DiscoverReport['verdict'],
  { checks, outcome }: Pick<Investigation, 'checks' | 'outcome'>,
  findings: readonly FailedCheck[],
): Problem | undefined => {
  if (outcome.kind !== 'graded' && outcome.kind !== 'open') return outcome.problem
  const [open] = unsettledChecks(checks)
  if (verdict === 'undecided' && open?.status === 'skip') {
    const { id, because, case: name, hint } = open
    return {
      code: id,
      detail: because,
      ...(name === undefined ? {} : { case: name }),
      ...(hint === undefined ? {} : { hint }),
    }
  }
  const [leading] = findings
  return leading === undefined ? undefined : problemFrom(leading)
}

/** A refused token is no flaw of what is published, and decides all the same. */
const withToken = (
  verdict: DiscoverReport['verdict'],
  token: TokenReport | undefined,
): DiscoverReport['verdict'] => {
  if (verdict === 'findings' || token?.verdict === 'rejected') return 'findings'
  return token?.verdict === 'undecided' ? 'undecided' : verdict
}

/** `address` as the command line gave it. */
export const discoverReport = async (
  address: string,
  threshold: Threshold,
  investigated: Investigation,
  trial?: TokenTrial,
): Promise<DiscoverReport> => {
  const found = { ...investigated, checks: [...investigated.checks, ...(trial?.checks ?? [])] }
  const { resource, server, servers, keys, checks, outcome } = found
  const token = trial?.report
  const told = checks.map(discoverCheck)
  const rows = readinessOf(checks)
  const grade = gradeReport(checks, outcome.kind === 'graded')
  const findings = findingsInOrder(checks)
  const published = verdictOf(told, rows, threshold)
  const verdict = withToken(published, token)
  const problem = leadingProblem(published, found, findings)
  return {
    schema_version: 1,
    command: 'discover',
    verdict,
    address,
    as: found.as,
    fail_on: threshold.failOn,
    strict: threshold.strict,
    outcome: outcomeReport(outcome),
    grade,
    problem: token?.problem ?? (problem === undefined ? null : problemReport(problem)),
    findings: [...new Set(findings.map(({ id }) => id))],
    next: token?.next ?? nextCommand(address, found, grade.letter),
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
            ...serverReport(server),
            metadata: server.metadata === undefined ? null : redact(server.metadata.raw),
          },
    authorization_servers: servers.map((other) => ({
      ...serverReport(other),
      used: other === server && other.metadata !== undefined,
    })),
    key_set: keySetReport(keys),
    checks: told,
    readiness: rows.map(readinessReport),
    clients: admissionOf(address, investigated).map(clientReport),
    hints: await publishedHints(checks, server),
    attempts: [...attemptsOf(found), ...tokenAttempts(trial?.probes ?? [])],
    token: token ?? null,
  }
}
