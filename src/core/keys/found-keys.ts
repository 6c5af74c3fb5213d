// The key set that metadata names, fetched once and looked at from every side.
import type { Reach } from '../../net/address.ts'
import type { Exchange } from '../../net/exchange.ts'
import type { Ports } from '../../base/ports.ts'
import { fail, pass, skip, type Check } from '../verdict/check.ts'
import { readKeySetAnswer, requestKeySet } from './key-set-request.ts'
import { checkCaching, checkCertificates, checkFetch, checkRotation } from './key-set-checks.ts'
import { examineKeySet, type KeySetExamination } from './key-set.ts'

export interface FoundKeys {
  readonly url: string
  readonly exchange: Exchange
  readonly examination: KeySetExamination | undefined
  readonly checks: readonly Check[]
}

export interface KeyRequest {
  readonly reach: Reach
  readonly allowHttp: boolean
  readonly signal?: AbortSignal
}

/** Resolves for every kind of trouble. Reads the answer as `serve` does. */
export const askForKeys = async (
  url: string,
  ports: Ports,
  request: KeyRequest,
): Promise<FoundKeys> => {
  const exchange = await requestKeySet(url, ports, request)
  const read = readKeySetAnswer(exchange)
  if ('problem' in read) {
    const { problem, isDocument } = read
    const checks = [
      ...(isDocument
        ? [checkFetch(exchange, undefined), fail(problem)]
        : [checkFetch(exchange, problem)]),
      skip('jwks-usable', 'there is no key set'),
    ]
    return { url, exchange, examination: undefined, checks }
  }
  const examination = examineKeySet(read.document)
  const checks = [
    checkFetch(exchange, undefined),
    pass('jwks-duplicate-member'),
    ...examination.checks,
    checkCertificates(read.document, ports.clock.now()),
    checkCaching(exchange),
    checkRotation(examination),
  ]
  return { url, exchange, examination, checks }
}
