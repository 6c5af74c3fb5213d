// The work of `key`: makes API keys, lists them and revokes them, in the key file of a configuration.
import { existsSync } from 'node:fs'
import { systemClock } from '../../base/clock.ts'
import { isoSeconds } from '../../base/duration.ts'
import { keyState, type KeyEntry } from '../../core/api-keys/key-file.ts'
import { keyDigest, makeKey } from '../../core/api-keys/key-form.ts'
import { keysFileOf } from '../../core/auth-config/auth-kinds.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import { chosenAction } from '../command/action-word.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { keyActions } from './key-actions.ts'
import { changeKeys, readKeys } from './change-keys.ts'
import { checkKeyName, checkOwner, expiryOf, meantKey, rolesOf, scopesOf } from './key-words.ts'
import { keyListText, keyRevokeText } from './key-text.ts'
import {
  listed,
  type KeyCreateReport,
  type KeyListReport,
  type KeyReport,
  type KeyRevokeReport,
} from './key-report.ts'

export interface KeyFlags {
  readonly file?: string | undefined
  readonly config?: string | undefined
  readonly owner?: string | undefined
  readonly expires?: string | undefined
  readonly scope?: readonly string[] | undefined
  readonly role?: readonly string[] | undefined
}

/** What only a new key has. */
const ofCreate = ['owner', 'expires', 'scope', 'role'] as const

const usualExpiry = '90d'
const usualConfig = 'proxy.toml'

/** --file, else what the configuration says. */
const keyFileOf = async ({ file, config }: KeyFlags, { env }: Narrator): Promise<string> => {
  if (file !== undefined) return file
  if (config === undefined && !existsSync(usualConfig)) {
    throw usageError(problemOf('usage-missing', 'key-file'))
  }
  const { loadConfig } = await import('../../config/load.ts')
  const name = config ?? usualConfig
  const loaded = await loadConfig(name, env)
  const found = keysFileOf(loaded.config.auth)
  if (found === undefined) throw usageError(problemOf('usage-missing', 'keys-file', { file: name }))
  return found
}

const iso = (moment: number): string => isoSeconds(Math.floor(moment / 1000))

const common = (file: string, now: number) =>
  ({ schema_version: 1, command: 'key', now: iso(now), file }) as const

const create = async (
  word: string | undefined,
  flags: KeyFlags,
  narrator: Narrator,
): Promise<CommandResult<KeyCreateReport>> => {
  const now = systemClock.now()
  const name = checkKeyName(word)
  const owner = checkOwner(flags.owner)
  const expires = expiryOf(flags.expires ?? usualExpiry, now)
  const scopes = scopesOf(flags.scope)
  const roles = rolesOf(flags.role)
  const file = await keyFileOf(flags, narrator)
  const { id, text } = makeKey()
  const entry: KeyEntry = {
    id,
    name,
    sha256: keyDigest(text),
    ...(owner === undefined ? {} : { owner }),
    created: iso(now),
    ...(expires === undefined ? {} : { expires: iso(expires) }),
    scopes: [...scopes],
    roles: [...roles],
  }
  await changeKeys(file, { clock: systemClock, create: true }, (keys) => {
    const twin = keys.find((key) => key.name === name && keyState(key, now) === 'active')
    if (twin !== undefined) {
      throw usageError(problemOf('usage-flag', 'key-taken', { name, id: twin.id, file }))
    }
    return { keys: [...keys, entry], result: undefined }
  })
  const report: KeyCreateReport = {
    ...common(file, now),
    verdict: 'created',
    created: listed(entry, now),
    key: text,
  }
  const until = entry.expires === undefined ? 'it does not expire' : `until ${entry.expires}`
  narrator.note(`created the key ${name} (${id}) in ${file}, ${until}; it is not shown again`)
  return { report, exitCode: exitCodes.accepted, text: () => text }
}

const list = async (flags: KeyFlags, narrator: Narrator): Promise<CommandResult<KeyListReport>> => {
  const now = systemClock.now()
  const file = await keyFileOf(flags, narrator)
  const keys = readKeys(file).map((entry) => listed(entry, now))
  const report: KeyListReport = { ...common(file, now), verdict: 'list', keys }
  return { report, exitCode: exitCodes.accepted, text: (style) => keyListText(report, style) }
}

const revoke = async (
  word: string | undefined,
  flags: KeyFlags,
  narrator: Narrator,
): Promise<CommandResult<KeyRevokeReport>> => {
  const now = systemClock.now()
  const file = await keyFileOf(flags, narrator)
  const { entry, already } = await changeKeys(
    file,
    { clock: systemClock, create: false },
    (keys) => {
      const found = meantKey(keys, word)
      if (found.revoked !== undefined) {
        return { keys: undefined, result: { entry: found, already: true } }
      }
      const revoked: KeyEntry = { ...found, revoked: iso(now) }
      const next = keys.map((key) => (key === found ? revoked : key))
      return { keys: next, result: { entry: revoked, already: false } }
    },
  )
  const report: KeyRevokeReport = {
    ...common(file, now),
    verdict: 'revoked',
    revoked: listed(entry, now),
    already,
  }
  return { report, exitCode: exitCodes.accepted, text: () => keyRevokeText(report) }
}

export const workOnKeys = async (
  words: { readonly action?: string | undefined; readonly name?: string | undefined },
  flags: KeyFlags,
  narrator: Narrator,
): Promise<CommandResult<KeyReport>> => {
  const action = chosenAction('key', words.action, keyActions)
  if (action === 'create') return create(words.name, flags, narrator)
  const stray = ofCreate.find((name) => flags[name] !== undefined)
  if (stray !== undefined) {
    throw usageError(problemOf('usage-flag', 'key-flag', { flag: stray, action }))
  }
  if (action === 'revoke') return revoke(words.name, flags, narrator)
  if (words.name !== undefined) {
    throw usageError(problemOf('usage-flag', 'extra-arguments', { n: 1, command: 'key' }))
  }
  return list(flags, narrator)
}
