// The certificates of the servers that were asked over https: each origin once.
import type { Reach } from '../../net/address.ts'
import type { Exchange } from '../../net/exchange.ts'
import type { FaultKind } from '../../net/fault.ts'
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { SeenCertificate } from './certificate-check.ts'

/** Here no TLS connection was tried, or nobody answers one. */
const unreached: readonly FaultKind[] = ['url', 'address', 'dns', 'connect', 'aborted']

const originsOf = (exchanges: readonly Exchange[]): readonly string[] => {
  const origins = exchanges.flatMap(({ url, fault }) =>
    url.startsWith('https:') && (fault === undefined || !unreached.includes(fault.kind))
      ? [new URL(url).origin]
      : [],
  )
  return [...new Set(origins)].slice(0, 6)
}

export const seeCertificates = (
  exchanges: readonly Exchange[],
  reach: (url: string) => Reach,
  { look, signal }: { look?: LookAtCertificate | undefined; signal?: AbortSignal | undefined },
): Promise<readonly SeenCertificate[]> =>
  Promise.all(
    originsOf(exchanges).map(async (origin) => ({
      origin,
      seen: await look?.(origin, {
        reach: reach(origin),
        ...(signal === undefined ? {} : { signal }),
      }),
    })),
  )
