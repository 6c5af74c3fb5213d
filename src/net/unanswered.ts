// Whether an exchange told anything: a server that is down, or that was not asked, has not answered.
import type { Exchange } from './exchange.ts'
import type { FaultKind } from './fault.ts'

const silentFaults: ReadonlySet<FaultKind> = new Set([
  'url',
  'address',
  'dns',
  'connect',
  'tls',
  'timeout',
  'reset',
  'aborted',
  'proxy',
  'budget',
])

/** Why nobody can tell from it; undefined where it is an answer, be it a bad one. */
export const silenceOf = ({ status, fault }: Exchange): string | undefined => {
  if (fault !== undefined && silentFaults.has(fault.kind)) return fault.detail
  if (status === undefined) return fault === undefined ? 'no answer' : undefined
  return status >= 500 || status === 429 ? `answered ${String(status)}` : undefined
}
