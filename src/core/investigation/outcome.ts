// How a look at an address ends: with a grade, or with what keeps it from one.
import type { Exchange } from '../../net/exchange.ts'
import type { Fault } from '../../net/fault.ts'
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
    | 'proxy'
    | 'plain-http'
    | 'forbidden',
  values: { readonly host: string; readonly why: string },
): Problem => problemOf('net-reach', name, values)

const caseOf = ({ kind, code, detail }: Fault): NetworkCase => {
  switch (kind) {
    case 'dns':
      return code === 'ENOTFOUND' ? 'dns' : 'dns-silent'
    case 'connect':
      return code === 'ECONNREFUSED' ? 'refused' : 'route'
    case 'tls':
      return detail.startsWith('certificate') ? 'certificate' : 'tls'
    case 'proxy':
      return 'proxy'
    case 'url':
      return 'plain-http'
    case 'address':
      return 'forbidden'
    case 'aborted':
    case 'budget':
      return 'given-up'
    case 'timeout':
      return 'timeout'
    default:
      return 'closed'
  }
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
