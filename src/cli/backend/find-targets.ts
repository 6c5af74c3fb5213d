// From the words of a command line to the servers that they mean, each with its credential.
import { notedAddress } from '../address/checked-address.ts'
import { checkLogin, storedToken } from '../login/stored-token.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { sendableToken } from '../token/sendable-token.ts'
import { tokenText } from '../token/token-source.ts'
import type { ServerFlagValues } from './server-flags.ts'
import {
  addressTarget,
  commandTarget,
  configuredTargets,
  isBackendName,
  type Target,
} from './target.ts'

export interface Credential {
  readonly token: string
  /** Where it came from. */
  readonly source: string
  /** The name of the login, where it is one. */
  readonly login?: string
}

export interface FoundTarget extends Target {
  /** What was given on the command line for it; undefined: nothing, or the configuration has it. */
  readonly credential: Credential | undefined
}

/** The address of an MCP server, of any transport that has one. */
const words = { example: 'mcp-proxy tools https://mcp.example.com/mcp', sockets: true }

const storedCredential = async (
  address: string,
  name: string,
  flags: ServerFlagValues,
  narrator: Narrator,
): Promise<Credential | undefined> => {
  const stored = await storedToken(undefined, { ...flags, store: name }, narrator)
  if (stored === undefined) return undefined
  checkLogin(address, name, stored.resource)
  return { token: stored.text, source: stored.source, login: name }
}

/** Without a flag the environment may have one; nothing is asked for, since many servers want none. */
const givenCredential = async (
  flags: ServerFlagValues,
  { env, warn, note }: Narrator,
): Promise<Credential | undefined> => {
  const variable = env['MCP_PROXY_TOKEN'] ?? ''
  if (flags.token === undefined && variable === '') return undefined
  const { text, source } = await tokenText({
    argument: flags.token,
    stdinTaken: false,
    env,
    warn,
    note,
  })
  const token = sendableToken({ text, source }, warn)
  if (flags.token === undefined) note('using the token in MCP_PROXY_TOKEN')
  return { token, source }
}

const noCredential = (flags: ServerFlagValues, whose: string): void => {
  if (flags.store === undefined && flags.token === undefined) return
  throw usageError(problemOf('usage-flag', 'credential-elsewhere', { whose }))
}

/**
 * `word`: an address or the name of a backend; undefined: every backend of the configuration. `command`: what came
 * after `--`.
 */
export const findTargets = async (
  word: string | undefined,
  command: readonly string[] | undefined,
  flags: ServerFlagValues,
  narrator: Narrator,
): Promise<readonly FoundTarget[]> => {
  if (command !== undefined) {
    noCredential(flags, 'a command gets its credential from its environment')
    return [{ ...commandTarget(command, flags), credential: undefined }]
  }
  if (word === undefined || isBackendName(word)) {
    noCredential(flags, 'a backend has its bearer_token in the configuration')
    const targets = await configuredTargets(word, flags, narrator)
    return targets.map((target) => ({ ...target, credential: undefined }))
  }
  const { address } = notedAddress(word, words, narrator)
  const credential =
    flags.store === undefined
      ? await givenCredential(flags, narrator)
      : await storedCredential(address, flags.store, flags, narrator)
  return [{ ...addressTarget(address, flags, credential?.token), credential }]
}
