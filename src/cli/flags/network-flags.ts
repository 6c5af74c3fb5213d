// How a command reaches the network: whom it trusts, and whether a proxy stands between.
import { string } from '@oclif/core/flags'
import { forwardProxies } from '../../net/forward-proxy.ts'
import type { HttpOptions } from '../../net/http.ts'
import type { LookAtCertificate } from '../../net/peer-certificate.ts'
import type { Ports } from '../../base/ports.ts'
import { systemPorts } from '../../net/system-ports.ts'
import { isReadFault, readFileOrPipe } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { wholeNumber } from './whole-number.ts'

export const networkFlags = {
  'ca-file': string({
    description:
      'also trust the CA certificates in this PEM file; proxies are read from HTTPS_PROXY, HTTP_PROXY and NO_PROXY',
    helpValue: '<pem>',
    helpGroup: 'NETWORK',
  }),
}

/** `patience`: the default, in seconds. */
export const timeoutFlag = (patience: number, what = 'network requests') => ({
  timeout: wholeNumber({
    description: `timeout in seconds for ${what}`,
    helpValue: '<seconds>',
    default: patience,
    min: 1,
    max: 600,
  }),
})

export interface NetworkFlagValues {
  readonly 'ca-file'?: string | undefined
}

const largestFile = 1_048_576

const readText = async (file: string): Promise<string> => {
  const read = await readFileOrPipe(file, { maxBytes: largestFile })
  if (isReadFault(read)) {
    const { why } = read
    throw usageError(problemOf('usage-flag', 'ca-file-unreadable', { why }), { place: { file } })
  }
  return read.bytes.toString('utf8')
}

const block = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END [A-Z0-9 ]+-----/g

const isReadable = async (pem: string): Promise<boolean> => {
  const { X509Certificate } = await import('node:crypto')
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

/** The certificates of a file, and nothing else that stands in it. Each one has to be readable. */
const authoritiesIn = async (file: string): Promise<string> => {
  const text = await readText(file)
  const blocks = [...text.matchAll(block)]
  if (blocks.length === 0) {
    throw usageError(problemOf('usage-flag', 'ca-file-empty'), { place: { file } })
  }
  for (const { 0: pem, index } of blocks) {
    if (!(await isReadable(pem))) {
      const line = text.slice(0, index).split('\n').length
      throw usageError(problemOf('usage-flag', 'ca-file-certificate'), { place: { file, line } })
    }
  }
  return blocks.map(([pem]) => pem).join('\n')
}

/** Says once of each proxy that it is used, and by which variable. */
const proxyOptions = ({ env, note }: Pick<Narrator, 'env' | 'note'>): HttpOptions => ({
  proxyFor: forwardProxies(env),
  onProxy: ({ shown, variable }) => {
    note(`asking through the proxy ${shown} (${variable})`)
  },
})

/** The ports of a process whose environment may name a proxy. */
export const proxiedPorts = (
  narrator: Pick<Narrator, 'env' | 'note'>,
  overrides: Partial<Ports> = {},
): Ports => systemPorts(overrides, proxyOptions(narrator))

/** Looks at certificates where such ports would meet them: not past a proxy, and trusting the same. */
export const networkCertificates = async (
  { 'ca-file': file }: NetworkFlagValues,
  { env }: Pick<Narrator, 'env'>,
): Promise<LookAtCertificate> => {
  const proxyFor = forwardProxies(env)
  const authorities = file === undefined ? undefined : await authoritiesIn(file)
  return async (origin, options) => {
    if (proxyFor(new URL(origin)) !== undefined) return undefined
    const { lookAtCertificate } = await import('../../net/peer-certificate.ts')
    return lookAtCertificate(origin, {
      ...options,
      ...(authorities === undefined ? {} : { authorities }),
    })
  }
}

/** The ports of a command: `proxiedPorts` that trust what `--ca-file` names as well. */
export const networkPorts = async (
  { 'ca-file': file }: NetworkFlagValues,
  narrator: Pick<Narrator, 'env' | 'note'>,
  overrides: Partial<Ports> = {},
): Promise<Ports> =>
  systemPorts(overrides, {
    ...proxyOptions(narrator),
    authorities: file === undefined ? undefined : await authoritiesIn(file),
  })

/** Flags that would lift what stood in the way, as far as the faults of a run tell. */
export const networkAdvice = (problems: readonly (string | null)[]): readonly string[] => {
  const some = (pattern: RegExp): boolean =>
    problems.some((problem) => problem !== null && pattern.test(problem))
  return [
    ...(some(/certificate not trusted \((?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO)/)
      ? ['if the authority behind that certificate is your own: --ca-file <pem>']
      : []),
    ...(some(/ is a (?:private|loopback) address/)
      ? ['if a document may lead to private addresses: --allow-private']
      : []),
  ]
}
