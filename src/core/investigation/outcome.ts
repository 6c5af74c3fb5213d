// How a look at an address ends: with a grade, or with what keeps it from one.
import type { Exchange } from '../../net/exchange.ts'
import type { Fault, FaultKind } from '../../net/fault.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { ResourceAnswer } from '../resource/resource-answer.ts'
import { problemFrom, type Check } from '../verdict/check.ts'

export type Outcome =
  | { readonly kind: 'graded' }
  /** Nothing answers at the address. */
  | { readonly kind: 'unreachable'; readonly problem: Problem; readonly instead?: undefined }
  | ResourceAnswer

type NetworkCase = Parameters<typeof reachProblem>[0]

const reachProblem = (
  name:
    | 'dns'
    | 'dns-silent'
    | 'refused'
    | 'route'
    | 'timeout'
    | 'given-up'
    | 'tls'
    | 'certificate'
    | 'closed'
    | 'unreadable'
    | 'proxy'
    | 'plain-http'
    | 'forbidden',
  values: { readonly host: string; readonly why: string },
): Problem => problemOf('net-reach', name, values)

/** The other kinds of fault end a connection that was there. */
const cases: Partial<Record<FaultKind, NetworkCase>> = {
  proxy: 'proxy',
  url: 'plain-http',
  address: 'forbidden',
  aborted: 'given-up',
  budget: 'given-up',
  timeout: 'timeout',
  protocol: 'unreadable',
  encoding: 'unreadable',
  'too-large': 'unreadable',
}

const caseOf = ({ kind, code, detail }: Fault): NetworkCase => {
  if (kind === 'dns') return code === 'ENOTFOUND' ? 'dns' : 'dns-silent'
  if (kind === 'connect') return code === 'ECONNREFUSED' ? 'refused' : 'route'
  if (kind === 'tls') return detail.startsWith('certificate') ? 'certificate' : 'tls'
  return cases[kind] ?? 'closed'
}

/** Of the first request to an address that never answered. A certificate that was looked at says more. */
export const unreachable = (
  address: string,
  { fault }: Pick<Exchange, 'fault'>,
  checks: readonly Check[],
): Outcome => {
  const { host } = new URL(address)
  const trust = checks.find(
    ({ id, status }) => (id === 'net-tls' || id === 'net-certificate') && status === 'fail',
  )
  const kind = 'unreachable'
  if (trust?.status === 'fail') return { kind, problem: problemFrom(trust) }
  const values = { host, why: fault?.detail ?? 'no answer' }
  return { kind, problem: reachProblem(fault === undefined ? 'closed' : caseOf(fault), values) }
}
