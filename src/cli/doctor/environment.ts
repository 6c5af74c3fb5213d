// The section environment: variables and key files that the configuration names, and what changes how this process connects.
import { stat } from 'node:fs/promises'
import { withoutLineEnds } from '../../base/trim.ts'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { isSecretPath } from '../../config/json-schema.ts'
import { showPath } from '../../config/key-path.ts'
import { pass, warn, type Check } from '../../core/verdict/check.ts'
import { issuersOf } from '../../core/auth-config/issuer-config.ts'
import { secretAccidents } from '../../core/client/secret-shape.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

interface Variable {
  readonly name: string
  readonly keys: readonly string[]
  readonly length: number
  readonly stripped: boolean
  readonly isSecret: boolean
}

/** Each variable once, with every key that it fills. */
const variablesOf = ({ loaded }: DoctorContext): readonly Variable[] => {
  const found = new Map<string, Variable>()
  for (const { name, path, length, stripped } of loaded.variables) {
    const known = found.get(name)
    found.set(name, {
      name,
      keys: [...(known?.keys ?? []), showPath(path)],
      length,
      stripped: stripped || known?.stripped === true,
      isSecret: isSecretPath(path) || known?.isSecret === true,
    })
  }
  return [...found.values()]
}

const described = ({ length, stripped }: Variable): string =>
  `set (${plural(length, 'character')}${stripped ? ', had a trailing newline: stripped' : ''})`

const secretChecks = (variables: readonly Variable[], env: DoctorContext['env']): Check[] =>
  variables
    .filter(({ isSecret }) => isSecret)
    .flatMap(({ name, stripped }) => {
      const value = env[name] ?? ''
      const used = stripped ? withoutLineEnds(value) : value
      return secretAccidents(used).map((why) =>
        warn(problemOf('config-secret-shape', { name, why })),
      )
    })

/** Private keys that stand in files of their own. */
const keyFilesOf = ({ loaded }: DoctorContext): readonly string[] => {
  const { auth } = loaded.config
  if (auth.type !== 'oauth') return []
  const named = issuersOf(auth).flatMap(({ auth: one }) => [one.client_key, one.client_cert_key])
  return [...new Set(named.filter((file) => typeof file === 'string'))]
}

const othersMayRead = 0o044

const keyFileCheck = async (file: string): Promise<Check> => {
  const mode = (await stat(file).catch(() => undefined))?.mode ?? 0
  return (mode & othersMayRead) === 0
    ? pass('config-file-mode', file)
    : warn(problemOf('config-file-mode', 'key', { file }))
}

/** Node says so once on stderr and goes on without it. */
const extraAuthorities = (file: string | undefined): Check[] => {
  if (file === undefined || file === '') return []
  const read = readRegularFile(file, { maxBytes: 16 * 1_048_576 })
  const why = isReadFault(read)
    ? `cannot be read: ${read.why}`
    : read.bytes.includes('-----BEGIN CERTIFICATE-----')
      ? undefined
      : 'contains no certificate'
  return [
    why === undefined ? pass('config-extra-ca', file) : warn(problemOf('config-extra-ca', { why })),
  ]
}

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const

/** Their values may hold a password. */
const proxyFacts = (env: DoctorContext['env']): Fact[] =>
  proxyVariables
    .flatMap((name) => [name, name.toLowerCase()])
    .filter((name) => (env[name] ?? '') !== '')
    .map((name) => [name, 'set'])

const summaryOf = (variables: readonly Variable[]): string => {
  const secrets = variables.filter(({ isSecret }) => isSecret)
  const [only] = secrets
  const told =
    only === undefined
      ? variables.length === 0
        ? 'no variable is used'
        : plural(variables.length, 'variable')
      : secrets.length === 1
        ? `${only.name} ${described(only)}`
        : `${plural(secrets.length, 'secret')} set`
  return `${told}, Node ${process.versions.node}`
}

export const environment = async (world: DoctorContext): Promise<ReportSection> => {
  const { env } = world
  const variables = variablesOf(world)
  const unverified = env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
  return {
    section: 'environment',
    summary: summaryOf(variables),
    facts: [
      ...variables.map((one): Fact => [one.name, `${described(one)}, in ${one.keys.join(', ')}`]),
      ...proxyFacts(env),
      ['node', process.versions.node],
    ],
    checks: [
      ...(variables.length > 0 ? [pass('config-variable')] : []),
      ...secretChecks(variables, env),
      ...(await Promise.all(keyFilesOf(world).map(keyFileCheck))),
      ...extraAuthorities(env['NODE_EXTRA_CA_CERTS']),
      unverified ? warn(problemOf('config-tls-unverified')) : pass('config-tls-unverified'),
    ],
  }
}
