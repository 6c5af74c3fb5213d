// What a request shows beside its token: the DPoP proofs, and the client certificate that a trusted peer forwards.
import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Config } from '../../config/schema.ts'
import { asksForCertificates } from '../../config/public-url.ts'
import { readCertificate } from '../../core/possession/certificate.ts'
import type { ClientCertificates } from '../tls/client-certificates.ts'
import type { Shown, ShownCertificate } from '../../core/verdict/presentation.ts'
import { trustedPeers } from './trusted-peers.ts'

/** Undefined for a request that shows nothing beside its token. */
export type ShownReader = (req: IncomingMessage) => Shown | undefined

const rememberedCertificates = 1000

const certificateReader = (
  header: string,
  isTrusted: (address: string) => boolean,
): ((req: IncomingMessage) => ShownCertificate) => {
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

type CertificateReader = (req: IncomingMessage) => ShownCertificate

/** A trusted peer speaks for others and never for itself; any other peer speaks for itself alone. */
const oneSource = (
  forwarded: CertificateReader | undefined,
  own: CertificateReader | undefined,
  isTrusted: (address: string) => boolean,
): CertificateReader | undefined => {
  if (forwarded === undefined || own === undefined) return forwarded ?? own
  return (req) => (isTrusted(req.socket.remoteAddress ?? '') ? forwarded : own)(req)
}

/** Reads what the configuration asks for; undefined where only the token counts. Does not check any of it. */
export const shownReader = (
  config: Config,
  certificates: Pick<ClientCertificates, 'of'>,
): ShownReader | undefined => {
  const { auth, security } = config
  if (auth.type !== 'jwt' && auth.type !== 'oauth') return undefined
  const { sender_constraint: constraint, client_cert_header: header } = auth
  if (constraint === 'dpop') {
    return ({ method = '', headersDistinct }) => {
      const proofs = headersDistinct['dpop']
      return proofs === undefined ? undefined : { method, proofs }
    }
  }
  if (constraint !== 'mtls') return undefined
  const isTrusted = trustedPeers(security.trusted_proxies)
  const forwarded = header === undefined ? undefined : certificateReader(header, isTrusted)
  const own = asksForCertificates(config)
    ? ({ socket }: IncomingMessage) => certificates.of(socket)
    : undefined
  const certificate = oneSource(forwarded, own, isTrusted)
  if (certificate === undefined) return undefined
  return (req) => ({ method: req.method ?? '', proofs: [], certificate: certificate(req) })
}
