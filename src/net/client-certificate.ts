// The certificate that we show when a server asks for one. One object for each: connections are pooled by it.
import type { Secret } from '../base/secret.ts'

export interface ClientCertificate {
  /** PEM, with the intermediate certificates behind it where there are any. */
  readonly certificate: string
  /** PEM. */
  readonly key: Secret
}
