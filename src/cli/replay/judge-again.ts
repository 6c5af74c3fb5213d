// One recorded decision before another configuration: the same, another, or not to be judged.
import { isProblemCode, problemSpec, type ProblemCode } from '../../problems/problem.ts'
import { causeReports, type DecisionReport } from '../../decisions/decision-report.ts'
import type { Candidate } from './candidate.ts'
import { isRefusedCredential, judgeCredential } from './credential.ts'
import { judgeRequest, type JudgedRequest } from './request.ts'
import type { Change, Reason, Recorded, SideReport } from './replay-report.ts'

export type JudgedAgain =
  | { readonly kind: 'same' }
  | {
      readonly kind: 'changed'
      readonly change: Change
      readonly was: SideReport
      readonly now: SideReport | null
    }
  | { readonly kind: 'unjudged'; readonly reason: Reason; readonly about: string | null }

const unjudged = (reason: Reason, about?: string): JudgedAgain => ({
  kind: 'unjudged',
  reason,
  about: about ?? null,
})

const same: JudgedAgain = { kind: 'same' }

/** What a call that a backend could not answer had been: allowed. */
const wasOf = ({ outcome, code, by }: Recorded): SideReport => ({
  code: outcome === 'failed' || outcome === 'accepted' ? null : code,
  by,
})

/** By kind and name: which pattern of a list matched makes no other rule. */
const isSameRule = (a: SideReport, b: SideReport): boolean => {
  const names = ({ by }: SideReport) => by.map(({ kind, name }) => `${kind} ${name}`).join('\n')
  return a.code === b.code && names(a) === names(b)
}

const changeOf = (was: SideReport, now: SideReport): Change => {
  if (was.code === null) return now.code === null ? 'other-rule' : 'allow-to-deny'
  return now.code === null ? 'deny-to-allow' : 'other-rule'
}

const compared = (was: SideReport, now: SideReport): JudgedAgain =>
  isSameRule(was, now) ? same : { kind: 'changed', change: changeOf(was, now), was, now }

const refusedBy = (record: Recorded, code: ProblemCode): JudgedAgain => {
  const was = wasOf(record)
  return was.code === code ? same : compared(was, { code, by: [] })
}

/** Refusals that depend on numbers and names of the configuration which are not compared. */
const settings: readonly string[] = ['req-body-size', 'req-client-certificate', 'verify-identity']
/** Who may ask, by the headers of the request. */
const guarded: readonly string[] = ['req-host', 'req-origin']

const isAbout = (group: string, code: string | null): boolean =>
  code !== null && isProblemCode(code) && problemSpec(code).group === group

const judgeGuard = ({ facts, request }: Recorded, { guard }: Candidate): ProblemCode | undefined =>
  facts.host === null || request.door === 'stdio'
    ? undefined
    : guard.check({
        host: facts.host,
        ...(facts.origin === null ? {} : { origin: facts.origin }),
      })?.code

const judgeKnown = (record: Recorded, judged: JudgedRequest): JudgedAgain => {
  const { code } = record
  const was = wasOf(record)
  switch (judged.kind) {
    case 'open':
      return unjudged(judged.reason, judged.about)
    case 'allowed':
      return compared(was, { code: null, by: causeReports(judged.by) })
    case 'refused': {
      const now = { code: judged.code, by: causeReports(judged.by) }
      const isSure = judged.isFirst || was.code === null || was.code === judged.code
      if (!isSure) return unjudged('rule')
      return !judged.isFirst && code === judged.code ? same : compared(was, now)
    }
  }
}

const lastWords = (record: Recorded, candidate: Candidate): JudgedAgain => {
  const { code, facts, outcome } = record
  const credential = judgeCredential(record, candidate)
  if (credential.kind === 'open') return unjudged(credential.reason, credential.about)
  if (credential.kind === 'refused') return refusedBy(record, credential.code)
  const isLetIn = isRefusedCredential(record) && record.request.door !== 'verify'
  if (isLetIn || credential.kind === 'accepted') {
    return { kind: 'changed', change: 'let-in', was: wasOf(record), now: null }
  }
  if (isAbout('limit', code)) return unjudged('limit')
  if (code !== null && settings.includes(code)) return unjudged('setting', code)
  // What is wrong with the request itself is so everywhere.
  if (isAbout('request', code) && !isRefusedCredential(record)) return same
  if (outcome === 'undecided' && facts.caller !== null) return unjudged('undecided')
  return judgeKnown(record, judgeRequest(record, credential.caller, candidate))
}

const cutFacts: readonly string[] = ['scopes', 'audience', 'roles', 'own_roles']

const judgeRecorded = (record: Recorded, candidate: Candidate): JudgedAgain => {
  const { code, facts, request } = record
  const cut = facts.cut.find((name) => cutFacts.includes(name))
  if (request.door === 'admin') return unjudged('admin')
  if (cut !== undefined) return unjudged('cut', cut)
  const isUnread = facts.caller === null && code !== null && !isRefusedCredential(record)
  const isGuarded = code !== null && guarded.includes(code)
  if (isUnread && !isGuarded) {
    if (isAbout('limit', code)) return unjudged('limit')
    return settings.includes(code) ? unjudged('setting', code) : same
  }
  const foreign = judgeGuard(record, candidate)
  if (foreign !== undefined) return refusedBy(record, foreign)
  // Nothing of its credential was judged.
  if (isGuarded) return unjudged('not-asked')
  return lastWords(record, candidate)
}

/** `candidate`: undefined where the endpoint of the request is not there. */
export const judgeAgain = (
  decision: DecisionReport,
  candidate: Candidate | undefined,
): JudgedAgain => {
  const { facts, request } = decision
  if (candidate === undefined) return unjudged('endpoint', request.path ?? undefined)
  return facts === null ? unjudged('no-facts') : judgeRecorded({ ...decision, facts }, candidate)
}
