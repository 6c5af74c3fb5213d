// What a request shows beside its token: the DPoP proofs, and the client certificate that a trusted peer forwards.
import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Config } from '../../config/schema.ts'
import { readCertificate } from '../../core/possession/certificate.ts'
import type { Shown, ShownCertificate } from '../../core/verdict/presentation.ts'
import { trustedPeers } from './trusted-peers.ts'

/** Undefined for a request that shows nothing beside its token. */
export type ShownReader = (req: IncomingMessage) => Shown | undefined

const rememberedCertificates = 1000

const certificateReader = (
  header: string,
  trusted: readonly string[],
): ((req: IncomingMessage) => ShownCertificate) => {
  const isTrusted = trustedPeers(trusted)
  const known = new LRUCache<string, ShownCertificate>({ max: rememberedCertificates })
  const name = header.toLowerCase()
  return ({ headersDistinct, socket }) => {
    const [value, ...more] = headersDistinct[name] ?? []
    if (value === undefined || value === '') return { missing: `there is no ${header} header` }
    const peer = socket.remoteAddress ?? ''
    if (!isTrusted(peer)) {
      return { missing: `${header} came from ${peer}, which is not in security.trusted_proxies` }
    }
    if (more.length > 0) return { missing: `there are ${more.length + 1} ${header} headers` }
    const seen = known.get(value)
    if (seen !== undefined) return seen
    const read = readCertificate(value)
    known.set(value, read)
    return read
  }
}

/** Reads what the configuration asks for; undefined where only the token counts. Does not check any of it. */
export const shownReader = ({ auth, security }: Config): ShownReader | undefined => {
  if (auth.type !== 'jwt' && auth.type !== 'oauth') return undefined
  const { sender_constraint: constraint, client_cert_header: header } = auth
  if (constraint === 'dpop') {
    return ({ method = '', headersDistinct }) => {
      const proofs = headersDistinct['dpop']
      return proofs === undefined ? undefined : { method, proofs }
    }
  }
  if (constraint !== 'mtls' || header === undefined) return undefined
  const certificate = certificateReader(header, security.trusted_proxies)
  return (req) => ({ method: req.method ?? '', proofs: [], certificate: certificate(req) })
}
