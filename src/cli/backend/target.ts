// What a command is pointed at: an address, a backend of the configuration, or a command that starts a server.
import path from 'node:path'
import {
  backendNamePattern,
  transportSchema,
  type BackendTransportConfig,
} from '../../backends/config.ts'
import { Secret } from '../../base/secret.ts'
import { nearest } from '../../config/nearest.ts'
import { requireSafeWay } from '../token/sendable-token.ts'
import { problemOf } from '../../problems/problem.ts'
import { problemFromUsage, usageError } from '../../problems/usage-error.ts'
import { placeOf } from '../command/failure.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { Narrator } from '../terminal/narrator.ts'

export interface Target {
  readonly from: 'address' | 'configuration' | 'command'
  readonly config: BackendTransportConfig
  /** As a person knows it: its address, its name in the configuration, its command. */
  readonly shown: string
  /** The words of a command line that name it again; a command comes after `--`. */
  readonly words: readonly string[]
}

export const transports = ['http', 'sse', 'websocket'] as const
export const protocols = ['auto', 'modern', 'legacy'] as const

export interface TargetFlagValues {
  readonly config?: string | undefined
  readonly transport?: (typeof transports)[number] | undefined
  readonly protocol?: (typeof protocols)[number] | undefined
  readonly 'allow-http'?: boolean | undefined
}

/** Where it is, without what may be secret in it. */
export const targetOf = ({
  command,
  url,
}: Pick<BackendTransportConfig, 'command' | 'url'>): string =>
  command ?? (url === undefined || !URL.canParse(url) ? '' : new URL(url).origin)

/** The words of a command line before `--`, and the command after it. */
export const splitCommand = (
  argv: readonly string[],
): { readonly own: string[]; readonly command: readonly string[] | undefined } => {
  const at = argv.indexOf('--')
  return at === -1
    ? { own: [...argv], command: undefined }
    : { own: argv.slice(0, at), command: argv.slice(at + 1) }
}

export const commandTarget = (
  [command, ...args]: readonly string[],
  { transport, protocol = 'auto' }: TargetFlagValues,
): Target => {
  if (command === undefined) throw usageError(problemOf('usage-flag', 'command-absent'))
  if (transport !== undefined) {
    throw usageError(
      problemOf('usage-flag', 'transport-elsewhere', {
        whose: 'a command speaks on its input and output',
      }),
    )
  }
  const name = path.basename(command)
  return {
    from: 'command',
    config: {
      ...transportSchema.parse({ name: 'server', transport: 'stdio', protocol }),
      name,
      command,
      args,
    },
    shown: [command, ...args].join(' '),
    words: ['--', command, ...args].map((word) => (word === '--' ? word : shellWord(word))),
  }
}

const isSocket = ({ protocol }: URL): boolean => protocol === 'ws:' || protocol === 'wss:'

const checkScheme = (url: URL, transport: TargetFlagValues['transport']): void => {
  if (transport === undefined || isSocket(url) === (transport === 'websocket')) return
  throw usageError(
    problemOf('usage-flag', 'transport-scheme', {
      transport,
      scheme: url.protocol,
      wanted: transport === 'websocket' ? 'ws:// or wss://' : 'http:// or https://',
    }),
  )
}

/** `token`: the credential for it. The address has been checked. */
export const addressTarget = (
  address: string,
  flags: TargetFlagValues,
  token: string | undefined,
): Target => {
  const { transport, protocol = 'auto' } = flags
  const url = new URL(address)
  checkScheme(url, transport)
  if (token !== undefined) requireSafeWay(url, flags['allow-http'] === true)
  const kind = transport ?? (isSocket(url) ? 'websocket' : 'http')
  return {
    from: 'address',
    config: {
      ...transportSchema.parse({ name: 'server', transport: kind, protocol }),
      name: url.host,
      url: address,
      bearer_token: token === undefined ? undefined : new Secret(token),
    },
    shown: address,
    words: [shellWord(address)],
  }
}

export const isBackendName = (word: string): boolean => backendNamePattern.test(word)

/** Throws where the configuration has no such backend. */
export const checkBackend = (name: string, names: readonly string[], file: string): void => {
  if (names.includes(name)) return
  const meant = nearest(name, names)
  throw usageError(
    meant === undefined
      ? problemOf('usage-flag', 'unknown-backend', { file, name, names: names.join(', ') })
      : problemOf('usage-flag', 'similar-backend', { file, name, meant }),
  )
}

/** The backends of a configuration: the named one, or all. */
export const configuredTargets = async (
  name: string | undefined,
  flags: TargetFlagValues,
  { env, warn }: Pick<Narrator, 'env' | 'warn'>,
): Promise<readonly Target[]> => {
  const file = flags.config ?? 'proxy.toml'
  if (flags.transport !== undefined) {
    throw usageError(
      problemOf('usage-flag', 'transport-elsewhere', { whose: 'a configuration says it itself' }),
    )
  }
  const { loadConfig } = await import('../../config/load.ts')
  const { config, warnings } = await loadConfig(file, env)
  for (const warning of warnings) warn(problemFromUsage(warning, placeOf(warning)))
  if (name !== undefined) {
    checkBackend(
      name,
      config.backends.map((backend) => backend.name),
      file,
    )
  }
  return backendTargets(
    config.backends.filter((backend) => name === undefined || backend.name === name),
    flags,
  )
}

/** Backends of a configuration that was read. */
export const backendTargets = (
  backends: readonly BackendTransportConfig[],
  { config: file, protocol }: TargetFlagValues,
): readonly Target[] => {
  const inFile = file === undefined ? [] : ['--config', shellWord(file)]
  return backends.map((backend) => ({
    from: 'configuration',
    config: { ...backend, protocol: protocol ?? backend.protocol },
    shown: backend.name,
    words: [backend.name, ...inFile],
  }))
}
