// The request that brought a sender-constrained token, as a person captured it: proof, method, URL, certificate.
import { string } from '@oclif/core/flags'
import { isReadFault, readFileOrPipe } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { AuthConfig } from '../../core/auth-config/auth-config.ts'
import { readCertificate } from '../../core/possession/certificate.ts'
import type { Presentation } from '../../core/verdict/presentation.ts'
import { knownUrl } from '../report/http-answer.ts'

const group = { helpGroup: 'CAPTURED REQUEST' } as const

export const requestFlags = {
  'dpop-proof': string({
    description: 'judge the token as sent with this DPoP proof: "@file", or the proof itself',
    helpValue: '<@file>',
    ...group,
  }),
  method: string({
    description: 'the method of the request that the proof was made for (default POST)',
    helpValue: '<method>',
    ...group,
  }),
  url: string({
    description:
      'the URL of the request that the proof was made for (default: the public URL of the configuration)',
    helpValue: '<url>',
    ...group,
  }),
  certificate: string({
    description:
      'judge the token as sent with this client certificate: a file with PEM, DER or what a header held',
    helpValue: '<file>',
    exclusive: ['dpop-proof'],
    ...group,
  }),
}

export interface RequestFlagValues {
  readonly 'dpop-proof'?: string | undefined
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly certificate?: string | undefined
}

const largestFile = 1_048_576

const read = async (flag: string, file: string): Promise<Buffer> => {
  const found = await readFileOrPipe(file, { maxBytes: largestFile })
  if (!isReadFault(found)) return found.bytes
  const why = `${found.code}: ${found.why}`
  throw usageError(problemOf('usage-flag', 'captured-file', { flag, file, why }))
}

/** What the flags ask for beside the [auth] section, where no file says how possession is proven. */
export const possessionOverrides = (flags: RequestFlagValues): Record<string, unknown> => {
  if (flags['dpop-proof'] !== undefined) return { sender_constraint: 'dpop' }
  return flags.certificate === undefined
    ? {}
    : { sender_constraint: 'mtls', client_cert_header: 'Client-Cert' }
}

const demand = (auth: AuthConfig, constraint: 'dpop' | 'mtls', flag: string): void => {
  const configured =
    auth.type === 'jwt' || auth.type === 'oauth' ? auth.sender_constraint : undefined
  if (configured === constraint) return
  throw usageError(problemOf('usage-flag', 'captured-in-vain', { flag, constraint }))
}

/** DER begins with the tag of a sequence, which no text does that can be read as a certificate. */
const derStart = 0x30

const certificateIn = async (file: string): Promise<{ readonly thumbprint: string }> => {
  const bytes = await read('--certificate', file)
  const shown = readCertificate(bytes.toString(bytes[0] === derStart ? 'base64' : 'latin1'))
  if ('thumbprint' in shown) return shown
  throw usageError(problemOf('usage-flag', 'captured-certificate', { file }))
}

/**
 * Undefined where the token is to be judged as a plain bearer token. A UsageError for what cannot be read,
 * and for what the configured proxy would not look at.
 */
export const capturedRequest = async (
  flags: RequestFlagValues,
  { auth, publicUrl }: { readonly auth: AuthConfig; readonly publicUrl: string | undefined },
): Promise<Presentation | undefined> => {
  const { certificate, method = 'POST', 'dpop-proof': proof } = flags
  if (certificate !== undefined) {
    demand(auth, 'mtls', '--certificate')
    const shown = await certificateIn(certificate)
    return { scheme: 'bearer', method, url: '', proofs: [], certificate: shown, captured: true }
  }
  if (proof === undefined) {
    if (flags.method === undefined && flags.url === undefined) return undefined
    throw usageError(problemOf('usage-flag', 'proof-absent'))
  }
  demand(auth, 'dpop', '--dpop-proof')
  const url = flags.url ?? knownUrl(publicUrl)
  if (url === undefined) throw usageError(problemOf('usage-flag', 'proof-url'))
  const text = proof.startsWith('@')
    ? (await read('--dpop-proof', proof.slice(1))).toString('utf8').trim()
    : proof
  return { scheme: 'dpop', method, url, proofs: [text], captured: true }
}
