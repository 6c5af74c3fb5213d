// The servers in the configuration files of an MCP client, as that client would reach them.
import { homedir } from 'node:os'
import path from 'node:path'
import { printable } from '../../base/escape.ts'
import { gatherBackends, type GatheredFile } from '../../config/clients/gather.ts'
import { clientNames, type ClientName } from '../../config/clients/places.ts'
import type { Import, Imported } from '../../config/clients/entry.ts'
import { parseConfig } from '../../config/load.ts'
import { nearest } from '../../config/nearest.ts'
import type { BackendConfig } from '../../config/schema.ts'
import { problemFromUsage, usageError, UsageError } from '../../problems/usage-error.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Credential, FoundTarget } from '../backend/find-targets.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { Hidden } from './hidden.ts'

interface Named {
  /** Its name in the file. */
  readonly name: string
  readonly file: string
}

export interface ReadyServer extends Named {
  readonly config: BackendConfig
  readonly target: FoundTarget
  /** What the client does and we do not. */
  readonly differences: readonly string[]
}

/** One that cannot be tried says why. */
export interface UntriedServer extends Named {
  readonly why: string
  /** What would have to be done; undefined: the file itself leaves it out. */
  readonly problem?: Problem
}

export type ClientServer = ReadyServer | UntriedServer

export const isReady = (server: ClientServer): server is ReadyServer => 'target' in server

export interface ClientFiles {
  readonly servers: readonly ClientServer[]
  /** Files that are there and cannot be read. */
  readonly faults: readonly { readonly file: string; readonly why: string }[]
  /** The secrets that were read, and what is shown in their place. */
  readonly hidden: Hidden
}

const isClientName = (word: string): word is ClientName => clientNames.some((name) => name === word)

/** A word without a dot or a slash is meant as the name of a client. */
const checkWord = (word: string): void => {
  if (isClientName(word) || /[./\\]/.test(word)) return
  const meant = nearest(word, clientNames)
  const name = printable(word)
  throw usageError(
    meant === undefined
      ? problemOf('usage-flag', 'unknown-client', { name, clients: clientNames.join(', ') })
      : problemOf('usage-flag', 'similar-client', { name, meant }),
  )
}

const credentialOf = ({ bearer_token: token }: BackendConfig): Credential | undefined =>
  token === undefined ? undefined : { token: token.reveal(), source: 'the file of the client' }

/** What is shown is written without the secrets that the config has. */
const targetFrom = (
  config: BackendConfig,
  { values: { command = '', args = [], url: written = '' } }: Imported,
): FoundTarget => {
  const { url } = config
  return {
    from: url === undefined ? 'command' : 'address',
    config,
    shown: (url === undefined ? [command, ...args].join(' ') : written).replaceAll('$${', '${'),
    words: url === undefined ? ['--', command, ...args].map(shellWord) : [shellWord(url)],
    credential: credentialOf(config),
  }
}

const differencesOf = ({ leftOut, notes }: Imported): readonly string[] => [
  ...notes,
  ...leftOut
    .filter(({ key }) => /^(?:headers|oauth|auth|env|url)/.test(key))
    .map(({ key, why }) => `${key}: ${why}`),
]

/** Its place in a configuration of ours means nothing to the person. */
const problemOfEntry = (error: UsageError): Problem => {
  const [first] = error.problems
  if (first === undefined) throw error
  const problem = problemFromUsage(first, '')
  return { ...problem, detail: problem.detail.replace(/^backends\[0\]\.?/, '') }
}

/** Cases of client-server that the person wants so. */
const leftByFile: ReadonlySet<string> = new Set(['disabled', 'extension', 'same'])

const serverFrom = async (
  imported: Import,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ClientServer> => {
  const named = { name: imported.was, file }
  if ('skipped' in imported) {
    const { skipped } = imported
    return leftByFile.has(skipped.case ?? '')
      ? { ...named, why: skipped.detail }
      : { ...named, why: skipped.detail, problem: skipped }
  }
  const document = { proxy: { name: 'client' }, backends: [imported.values] }
  try {
    const { config } = await parseConfig(JSON.stringify(document), { file, format: 'json', env })
    const [backend] = config.backends
    if (backend === undefined) return { ...named, why: 'it has no server' }
    // In reports it has the name that the client knows.
    const own = { ...backend, name: imported.was }
    return {
      ...named,
      config: own,
      target: targetFrom(own, imported),
      differences: differencesOf(imported),
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const problem = problemOfEntry(error)
    return { ...named, why: problem.detail, problem }
  }
}

export const readClientServers = async (
  word: string,
  env: NodeJS.ProcessEnv,
): Promise<ClientFiles> => {
  checkWord(word)
  const secrets = new Map<string, string>()
  const gathered = await gatherBackends({
    platform: process.platform,
    home: homedir(),
    cwd: process.cwd(),
    env,
    taken: [],
    keep: (name, secret) => secrets.set(name, secret),
    ...(isClientName(word) ? { client: word } : { from: word }),
  })
  if (gathered.files.length === 0) {
    throw usageError(problemOf('usage-flag', 'client-without-files', { client: word }))
  }
  const known = { ...env, ...Object.fromEntries(secrets) }
  const named = gathered.variables
    .list()
    .flatMap(({ name }) =>
      known[name] === undefined ? [] : [[known[name], `\${${name}}`] as const],
    )
  const fileOf = ({ place }: GatheredFile): string => {
    const relative = path.relative(process.cwd(), place.file)
    return relative.startsWith('..') ? place.file : relative
  }
  const servers: ClientServer[] = []
  for (const found of gathered.files) {
    for (const imported of found.imports) {
      servers.push(await serverFrom(imported, fileOf(found), known))
    }
  }
  return {
    servers,
    faults: gathered.files.flatMap((found) =>
      found.fault === undefined ? [] : [{ file: fileOf(found), why: found.fault }],
    ),
    hidden: named,
  }
}
