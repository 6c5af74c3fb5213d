// What tells one public key from another whatever its kid: the thumbprint of RFC 7638.
import { createHash, type KeyObject } from 'node:crypto'

/** The members that count, in the order of RFC 7638 section 3.2 and RFC 8037 section 2. */
const members = ['crv', 'e', 'kty', 'n', 'x', 'y'] as const

/** Takes a public key that node:crypto could import. */
export const keyThumbprint = (key: KeyObject): string => {
  const jwk = key.export({ format: 'jwk' })
  const counted = Object.fromEntries(
    members.flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]])),
  )
  return createHash('sha256').update(JSON.stringify(counted)).digest('base64url')
}
