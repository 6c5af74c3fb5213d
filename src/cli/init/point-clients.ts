// The end of `init`: each client that is found on this machine, how it is pointed at the proxy, and, on request, its file
// with that entry in it.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { insertEntry } from '../../config/clients/insert-entry.ts'
import { knowsProxy } from '../../config/clients/knows-proxy.ts'
import {
  clientNames,
  findClient,
  placesOf,
  type ClientName,
  type FoundClient,
  type Machine,
} from '../../config/clients/places.ts'
import {
  entryText,
  proxyEntry,
  type ProxyAddress,
  type ProxyEntry,
} from '../../config/clients/proxy-entry.ts'
import { printable } from '../../base/escape.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { createAsker, type Asker } from '../terminal/ask.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { stderr } from '../terminal/output.ts'
import { shellWord } from '../terminal/shell-word.ts'
import {
  checkWritable,
  newestBackup,
  readClientFile,
  replaceClientFile,
  restoreBackup,
  textOf,
  type FileState,
} from './client-file.ts'
import { shownFile } from './decide-backends.ts'
import type { InitFlags } from './session.ts'
import { shownDifference } from './shown-difference.ts'

export interface ClientReport {
  readonly client: ClientName
  readonly called: string
  readonly file: string
  /** A command of the client's own that adds the proxy. */
  readonly command: string | null
  /** What its file has to have; null where the client needs the token as text. */
  readonly entry: string | null
  /** `shown`: nothing was written. `there`: the client already configured. */
  readonly status: 'shown' | 'there' | 'written' | 'declined' | 'restored'
  readonly backup: string | null
  /** The lines that were or would be changed, without the values of others. */
  readonly difference: readonly string[]
}

const machineOf = ({ env }: Narrator): Machine => ({
  platform: process.platform,
  home: homedir(),
  cwd: process.cwd(),
  env,
})

interface Plan {
  readonly found: FoundClient
  readonly state: FileState
  readonly before: string
  /** Undefined: the proxy is there already. */
  readonly after: string | undefined
  readonly entry: ProxyEntry
}

const shownName = (file: string): string => printable(shownFile(file, process.cwd()))

const refused = (
  { called, place }: FoundClient,
  insertion: Exclude<Awaited<ReturnType<typeof insertEntry>>, { kind: 'inserted' }>,
  name: string,
): UsageError => {
  const file = shownName(place.file)
  if (insertion.kind === 'taken') {
    return usageError(problemOf('client-file', 'name-taken', { client: called, name, file }))
  }
  return usageError(problemOf('client-file', insertion.kind, { file, why: insertion.why }))
}

/** What would be written; throws where it cannot be. */
const planFor = async (
  client: ClientName,
  proxy: ProxyAddress,
  machine: Machine,
): Promise<Plan> => {
  const found = findClient(client, machine, existsSync)
  if (found === undefined) throw usageError(problemOf('client-file', 'not-found', { client }))
  const entry = proxyEntry(client, proxy)
  if (entry === undefined) {
    throw usageError(problemOf('client-file', 'literal-token', { client: found.called }))
  }
  const state = readClientFile(found.place.file)
  const before = textOf(state)
  if (before === undefined) {
    throw refused(found, { kind: 'shape', why: 'it is not UTF-8' }, proxy.name)
  }
  if (await knowsProxy(before, found.place, proxy)) {
    return { found, state, before, after: undefined, entry }
  }
  const insertion = await insertEntry(before, found.place.file, entry)
  if (insertion.kind !== 'inserted') throw refused(found, insertion, proxy.name)
  checkWritable(state)
  return { found, state, before, after: insertion.text, entry }
}

const reportOf = (
  { client, called, place }: FoundClient,
  entry: ProxyEntry | undefined,
  status: ClientReport['status'],
  more: Partial<Pick<ClientReport, 'backup' | 'difference'>> = {},
): ClientReport => ({
  client,
  called,
  file: place.file,
  command: entry?.command?.map(shellWord).join(' ') ?? null,
  entry: entry === undefined ? null : entryText(place.file, entry),
  status,
  backup: null,
  difference: [],
  ...more,
})

/** Shown before anything is written; in a terminal it is asked as well. */
const agreed = async (
  question: string,
  lines: readonly string[],
  asker: Asker | undefined,
  narrator: Narrator,
): Promise<boolean> => {
  if (asker === undefined) {
    for (const line of lines) narrator.note(line)
    return true
  }
  stderr.write(`\n${lines.join('\n')}\n`)
  return asker.confirm(question, true)
}

const write = async (
  { found, state, before, after, entry }: Plan,
  asker: Asker | undefined,
  narrator: Narrator,
): Promise<ClientReport> => {
  if (after === undefined) return reportOf(found, entry, 'there')
  const difference = shownDifference(before, after, { ...entry.value, path: entry.path })
  const file = shownName(found.place.file)
  const lines = [`${found.called}: ${file}`, ...difference]
  if (!(await agreed(`Write ${file}? A backup is kept beside it.`, lines, asker, narrator))) {
    return reportOf(found, entry, 'declined', { difference })
  }
  const backup = replaceClientFile(state, after)
  return reportOf(found, entry, 'written', { backup, difference })
}

/** Every client that is found, and how it is pointed at the proxy. */
export const showClients = async (
  proxy: ProxyAddress,
  narrator: Narrator,
): Promise<readonly ClientReport[]> => {
  const machine = machineOf(narrator)
  return Promise.all(
    clientNames.flatMap((client) => {
      const found = findClient(client, machine, existsSync)
      if (found === undefined) return []
      const look = async (): Promise<ClientReport> => {
        const entry = proxyEntry(client, proxy)
        const text = existsSync(found.place.file) ? textOf(readClientFile(found.place.file)) : ''
        const isThere = await knowsProxy(text ?? '', found.place, proxy)
        return reportOf(found, entry, isThere ? 'there' : 'shown')
      }
      // A file that cannot be read has its place in the list all the same.
      return [look().catch(() => reportOf(found, proxyEntry(client, proxy), 'shown'))]
    }),
  )
}

/** Looks at what would be written to each, before anything is: throws at the first that cannot be. */
export const checkClients = async (
  clients: readonly ClientName[],
  proxy: ProxyAddress,
  narrator: Narrator,
): Promise<void> => {
  for (const client of clients) await planFor(client, proxy, machineOf(narrator))
}

export const writeClients = async (
  clients: readonly ClientName[],
  proxy: ProxyAddress,
  asker: Asker | undefined,
  narrator: Narrator,
): Promise<readonly ClientReport[]> => {
  const reports: ClientReport[] = []
  for (const client of clients) {
    reports.push(await write(await planFor(client, proxy, machineOf(narrator)), asker, narrator))
  }
  return reports
}

/** Puts the newest backup of a file of the client back. */
export const undoClient = async (
  client: ClientName,
  { force = false, yes = false }: Pick<InitFlags, 'force' | 'yes'>,
  narrator: Narrator,
): Promise<ClientReport> => {
  const places = placesOf(client, machineOf(narrator))
  const backup = newestBackup(places.map(({ file }) => file))
  const place = places.find(({ file }) => existsSync(path.dirname(file)))
  if (backup === undefined || place === undefined) {
    throw usageError(problemOf('client-file', 'no-backup', { client }))
  }
  const { state, bytes, isChanged } = backup
  const found = { client, called: place.client, place: { ...place, file: state.file } }
  const file = shownName(state.file)
  const difference = shownDifference(
    state.bytes?.toString('utf8') ?? '',
    bytes?.toString('utf8') ?? '',
    {},
  )
  const asker = yes || !narrator.canAsk() ? undefined : await createAsker()
  if (isChanged && !force) {
    throw usageError(problemOf('client-file', 'changed-since', { file }))
  }
  const question = bytes === undefined ? `Remove ${file}?` : `Restore ${file}?`
  if (!(await agreed(question, [`${found.called}: ${file}`, ...difference], asker, narrator))) {
    process.exit(exitCodes.interrupted)
  }
  restoreBackup(backup)
  return reportOf(found, undefined, 'restored', { backup: backup.backup, difference })
}
