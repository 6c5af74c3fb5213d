// Everything that the known places and a named file offer as backends. Reads files and nothing else.
import path from 'node:path'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { commonEntry } from './entry-dialects.ts'
import { importEntry, type Import } from './entry.ts'
import { readServerList } from './document.ts'
import {
  clientPlaces,
  placesOf,
  type ClientName,
  type ClientPlace,
  type Machine,
} from './places.ts'
import { isEntry } from './reading.ts'
import { referredNames } from './references.ts'
import { createVariables, type KeepSecret, type Variables } from './variables.ts'

export interface GatheredFile {
  readonly place: ClientPlace
  /** What it offers, in the order of the file. */
  readonly imports: readonly Import[]
  /** Why it offers nothing. */
  readonly fault: string | undefined
}

export interface Gathered {
  /** Files that are there, in the order in which clients prefer them. */
  readonly files: readonly GatheredFile[]
  readonly variables: Variables
}

/** The file of a person's Claude Code holds much beside servers. */
const largest = 64 * 1_048_576

type Text = { readonly text: string } | { readonly fault: string } | undefined

/** Undefined where there is no such file. */
const textOf = (file: string): Text => {
  const read = readRegularFile(file, { maxBytes: largest })
  if (!isReadFault(read)) return { text: read.bytes.toString('utf8') }
  return read.code === 'ENOENT' || read.code === 'ENOTDIR' ? undefined : { fault: read.why }
}

const largestEnvFile = 1_048_576

/** As programs that read such files take a value: without the quotes around it. */
const plainValue = (written: string): string => {
  const text = written.trim()
  const [, , inner] = /^(["'])(.*)\1$/s.exec(text) ?? []
  return inner ?? text
}

/** Names alone: the values stay where they are, unless they are kept. */
const envFileNames = (file: string, keep: KeepSecret): readonly string[] | string => {
  const read = readRegularFile(file, { maxBytes: largestEnvFile })
  if (isReadFault(read)) return `it cannot be read (${read.why}); write what it sets into env`
  const text = read.bytes.toString('utf8')
  return text.split('\n').flatMap((line) => {
    const [all, name] = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/.exec(line) ?? []
    if (all === undefined || name === undefined) return []
    keep(name, plainValue(line.slice(all.length)))
    return [name]
  })
}

interface Read {
  readonly place: ClientPlace
  readonly servers: readonly (readonly [string, unknown])[]
  readonly fault: string | undefined
}

const readPlace = async (place: ClientPlace, named: boolean): Promise<Read[]> => {
  const read = textOf(place.file)
  if (read === undefined && !named) return []
  const fault = 'no such file'
  if (read === undefined) return [{ place, servers: [], fault }]
  if ('fault' in read) return [{ place, servers: [], fault: read.fault }]
  const list = await readServerList(read.text, place)
  // The settings of a client have much beside servers, and often none.
  if ('missing' in list && !named) return []
  if ('fault' in list) return [{ place, servers: [], fault: list.fault }]
  return [{ place, servers: list.servers, fault: undefined }]
}

/** Two entries are the same server when they start or ask the same thing. */
const identity = (given: unknown): string => {
  const { command, args, url } = isEntry(given) ? commonEntry(given).entry : {}
  return JSON.stringify([command, args, url])
}

/** Variables that an entry expects from outside; those of its own env are its own. */
const foreignNames = (given: unknown): readonly string[] => {
  const entry = isEntry(given) ? commonEntry(given).entry : {}
  const { env } = entry as { readonly env?: object | null }
  const own = new Set(Object.keys(env ?? {}))
  const outside = Object.values(env ?? {}).flatMap((value) => referredNames(String(value)))
  return [
    ...referredNames(JSON.stringify(entry) ?? '').filter((name) => !own.has(name)),
    ...outside,
  ]
}

export interface GatherOptions extends Machine {
  /** Only this file, whatever client it belongs to. */
  readonly from?: string | undefined
  /** Default: the known ones. */
  readonly places?: readonly ClientPlace[]
  /** Only the places of this client. */
  readonly client?: ClientName | undefined
  /** Gets the secrets that are in the files. */
  readonly keep?: KeepSecret
  /** Names of variables that mean something else. */
  readonly taken: readonly string[]
}

const namedPlace = (file: string, cwd: string): ClientPlace => {
  const whole = path.resolve(cwd, file)
  const parent = path.dirname(whole)
  const isNested = /^\.(?:vscode|cursor)$/.test(path.basename(parent))
  return {
    client: file,
    label: 'imported',
    file: whole,
    scope: 'folder',
    folder: isNested ? path.dirname(parent) : parent,
  }
}

export const gatherBackends = async (options: GatherOptions): Promise<Gathered> => {
  const { from, cwd, home, env, client, keep = () => undefined } = options
  const known = client === undefined ? clientPlaces(options) : placesOf(client, options)
  const places = from === undefined ? (options.places ?? known) : [namedPlace(from, cwd)]
  const read = (
    await Promise.all(places.map((place) => readPlace(place, from !== undefined)))
  ).flat()
  const referred = read.flatMap(({ servers }) =>
    servers.flatMap(([, entry]) => foreignNames(entry)),
  )
  const variables = createVariables([...options.taken, ...referred], keep)
  const names = new Set<string>()
  const seen = new Map<string, string>()
  const files = read.map(({ place, servers, fault }): GatheredFile => {
    const imports = servers.map(([was, entry]): Import => {
      const same = seen.get(identity(entry))
      if (same !== undefined)
        return { was, skipped: problemOf('client-server', 'same', { name: same }) }
      const imported = importEntry(was, entry, {
        folder: place.folder,
        home,
        inFolder: place.scope === 'folder',
        env,
        variables,
        names,
        label: place.label,
        envFile: (file) => envFileNames(path.resolve(place.folder, file), keep),
      })
      if ('values' in imported) seen.set(identity(entry), imported.values.name)
      return imported
    })
    return { place, imports, fault }
  })
  return { files, variables }
}
