// The MCP servers behind the proxy: those that clients of this machine know already, and those that are typed in.
import { homedir } from 'node:os'
import path from 'node:path'
import { backendNamePattern } from '../../backends/config.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { hintOf, problemOf, type Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { backendNameFrom } from '../../config/clients/backend-name.ts'
import { importEntry, type Import, type Imported } from '../../config/clients/entry.ts'
import { gatherBackends, type Gathered, type GatheredFile } from '../../config/clients/gather.ts'
import type { ImportContext } from '../../config/clients/reading.ts'
import type { Variable } from '../../config/clients/variables.ts'
import { readPasted } from '../address/pasted-address.ts'
import type { Asker } from '../terminal/ask.ts'
import { printable } from '../../base/escape.ts'
import { stderr } from '../terminal/output.ts'
import type { Facts } from './facts.ts'
import { keyVariable, secretVariable, type BackendAnswer } from './draft.ts'
import type { Wizard } from './session.ts'
import { shellWords } from '../terminal/shell-words.ts'

export interface FileReport {
  readonly client: string
  readonly file: string
  readonly servers: number
  readonly fault: string | null
}

export interface SkippedServer {
  readonly name: string
  readonly source: string
  readonly problem: Problem
}

export interface Backends {
  readonly answers: readonly BackendAnswer[]
  readonly files: readonly FileReport[]
  readonly skipped: readonly SkippedServer[]
  readonly variables: () => readonly Variable[]
}

export const shownFile = (file: string, cwd: string): string => {
  const inside = path.relative(cwd, file)
  if (!inside.startsWith('..') && !path.isAbsolute(inside)) return inside
  const home = homedir()
  return file.startsWith(home + path.sep) ? `~${file.slice(home.length)}` : file
}

const sourceOf = ({ place }: GatheredFile, cwd: string): string => {
  const file = shownFile(place.file, cwd)
  return place.client === file || path.resolve(cwd, place.client) === place.file
    ? file
    : `${place.client} (${file})`
}

interface Found {
  readonly answer: BackendAnswer
  readonly scope: 'folder' | 'user'
  readonly file: string
}

const isImported = (one: Import): one is Imported => 'values' in one

/** A client that knows this proxy already would have it call itself. */
const isItself = ({ values: { url, args = [] } }: Imported, own: readonly string[]): boolean =>
  url === undefined
    ? args.includes('--stdio') && args.some((word) => own.includes(word))
    : own.includes(url.replace('//localhost', '//127.0.0.1'))

const ownProblem = ({ values: { url } }: Imported): Problem =>
  problemOf('client-server', url === undefined ? 'itself' : 'own-address')

const sorted = (gathered: Gathered, cwd: string, own: readonly string[]) => {
  const found: Found[] = []
  const skipped: SkippedServer[] = []
  for (const file of gathered.files) {
    const source = sourceOf(file, cwd)
    for (const one of file.imports) {
      if (!isImported(one)) skipped.push({ name: one.was, source, problem: one.skipped })
      else if (isItself(one, own)) skipped.push({ name: one.was, source, problem: ownProblem(one) })
      else
        found.push({ answer: { ...one, source }, scope: file.place.scope, file: file.place.file })
    }
  }
  return { found, skipped }
}

type Entry =
  { readonly url: string } | { readonly command: string; readonly args: readonly string[] }

/** What follows the name: an address, as people paste them, or a command with its arguments. */
const entryFrom = (target: string): Entry | undefined => {
  const read = readPasted(target, { sockets: true, hosts: false })
  if (read.kind === 'address') return { url: read.address }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return { url: target }
  const words = shellWords(target)
  const [command, ...args] = words ?? []
  return command === undefined ? undefined : { command, args }
}

const fromFlag = (text: string, context: ImportContext): BackendAnswer => {
  const [, name = '', target = ''] = /^([^=\s]+)=(.+)$/s.exec(text) ?? []
  const entry = entryFrom(target)
  if (name === '' || entry === undefined) {
    throw usageError(problemOf('usage-flag', 'backend-form'))
  }
  const made = importEntry(name, entry, context)
  if (!isImported(made)) {
    const values = { name: printable(name), why: made.skipped.detail, remedy: hintOf(made.skipped) }
    throw usageError(problemOf('usage-flag', 'backend-unusable', values))
  }
  return { ...made, source: 'the command line' }
}

const targetOf = ({ values }: BackendAnswer): string =>
  printable(values.url ?? [values.command, ...(values.args ?? [])].join(' '))

const asked = async (
  asker: Asker,
  found: readonly Found[],
  columns: number,
): Promise<readonly BackendAnswer[]> => {
  if (found.length === 0) return []
  const options = found.map(({ answer, scope }) => {
    const head = `${answer.values.name}  `
    const room = Math.max(20, columns - head.length - 8)
    const target = targetOf(answer)
    return {
      name: `${head}${target.length > room ? `${target.slice(0, room - 1)}…` : target}`,
      short: answer.values.name,
      value: answer,
      description: `from ${printable(answer.source)}`,
      ticked: scope === 'folder' || found.every((one) => one.scope === 'user'),
    }
  })
  return asker.tick('Which of the servers found should the proxy serve?', options)
}

const targetFault = (text: string, isNeeded: boolean): string | undefined => {
  if (text === '') return isNeeded ? 'at least one is required' : undefined
  const entry = entryFrom(text)
  if (entry === undefined) return 'a quote is not closed'
  return 'url' in entry && !/^https?:/i.test(entry.url) ? 'http or https' : undefined
}

const nameFault = (name: string): string | undefined =>
  backendNamePattern.test(name) && name !== 'proxy'
    ? undefined
    : `lower-case letters, digits and "-", such as ${backendNameFrom(name)}`

/** Of a server on this machine the address says nothing that a person would call it. */
const nameOfUrl = (address: string): string => {
  const { hostname } = new URL(address)
  return isLoopbackHost(hostname) ? 'local' : backendNameFrom(hostname)
}

const nameOfCommand = (line: string): string => {
  const words = line.split(/[\s/]+/).filter((word) => /^[a-z]/i.test(word))
  const telling = words.findLast((word) => /mcp|server/i.test(word)) ?? words[0] ?? 'backend'
  return backendNameFrom(
    telling.replace(/@.*$/, '').replace(/^(?:mcp-)?server-|\.[cm]?[jt]s$/g, ''),
  )
}

const typed = async (asker: Asker, context: ImportContext): Promise<readonly BackendAnswer[]> => {
  const answers: BackendAnswer[] = []
  for (;;) {
    const isFirst = context.names.size === 0
    const target = await asker.text(
      isFirst
        ? 'Command or URL of an MCP server:'
        : 'Add another backend: command or URL (Enter to finish):',
      '',
      (text) => targetFault(text, isFirst),
    )
    if (target === '') return answers
    const entry = entryFrom(target) ?? { command: target, args: [] }
    const name = await asker.text(
      'Its name (tools appear as name__tool):',
      'url' in entry ? nameOfUrl(entry.url) : nameOfCommand(target),
      nameFault,
    )
    const made = importEntry(name, entry, context)
    if (isImported(made)) answers.push({ ...made, source: 'your answers' })
    else
      await asker.confirm(
        `It cannot be used: ${made.skipped.detail} (${hintOf(made.skipped)}). Go on?`,
        true,
      )
  }
}

interface Given {
  readonly answers: readonly BackendAnswer[]
  readonly skipped: readonly SkippedServer[]
}

/** The server whose address was given: only one that lets the proxy in without a login of its own. */
const fromFacts = async (
  facts: Facts | undefined,
  { asker, narrator }: Wizard,
  context: ImportContext,
): Promise<Given> => {
  if (facts?.as !== 'mcp') return { answers: [], skipped: [] }
  const source = 'the address that was given'
  const name = nameOfUrl(facts.address)
  const add = (): Given => {
    const made = importEntry(name, { url: facts.address }, context)
    return isImported(made)
      ? { answers: [{ ...made, source }], skipped: [] }
      : { answers: [], skipped: [{ name, source, problem: made.skipped }] }
  }
  if (facts.isOpen) return add()
  const problem = problemOf('client-server', 'login', { url: facts.address })
  const left: Given = { answers: [], skipped: [{ name, source, problem }] }
  if (asker === undefined) return left
  narrator.note(`  ${problem.detail}`)
  return (await asker.confirm('Add it anyway?', false)) ? add() : left
}

/** What was found and is not among the answers. */
const leftBy = (found: Found, isAsked: boolean, cwd: string): SkippedServer => {
  const { answer, file } = found
  const problem = isAsked
    ? problemOf('client-server', 'unchosen')
    : problemOf('client-server', 'personal', { file: shownFile(file, cwd) })
  return { name: answer.was, source: answer.source, problem }
}

export const decideBackends = async (
  session: Wizard,
  facts: Facts | undefined,
  own: readonly string[],
): Promise<Backends> => {
  const { flags, narrator, asker, cwd } = session
  const { env } = narrator
  const isSearched =
    flags.from !== undefined || (flags.backend === undefined && flags['no-import'] !== true)
  const taken = [secretVariable, keyVariable, ...(flags.bearer ?? [])]
  const machine = { platform: process.platform, home: homedir(), cwd, env }
  const gathered = isSearched
    ? await gatherBackends({ ...machine, from: flags.from, taken })
    : await gatherBackends({ ...machine, places: [], taken })
  const [only] = gathered.files
  if (flags.from !== undefined && only?.fault !== undefined) {
    const values = { file: printable(flags.from), why: only.fault }
    throw usageError(problemOf('usage-flag', 'import-source', values))
  }
  const { found, skipped: unusable } = sorted(gathered, cwd, own)
  const names = new Set(found.map(({ answer }) => answer.values.name))
  const context: ImportContext = {
    folder: cwd,
    home: machine.home,
    inFolder: true,
    env,
    variables: gathered.variables,
    names,
    label: 'more',
    envFile: () => 'belongs to a file',
  }
  const direct = (flags.backend ?? []).map((text) => fromFlag(text, context))
  const target = await fromFacts(facts, session, context)
  const skipped = [...target.skipped, ...unusable]
  const inFolder = found.filter(({ scope }) => scope === 'folder')
  const proposal = inFolder.length > 0 ? inFolder : found
  const imported =
    asker === undefined || flags.from !== undefined
      ? proposal.map(({ answer }) => answer)
      : await asked(asker, found, stderr.columns ?? 80)
  const chosen = [...direct, ...target.answers, ...imported]
  const byHand =
    asker === undefined || flags.backend !== undefined || flags.from !== undefined
      ? []
      : await typed(asker, { ...context, names: new Set(chosen.map(({ values }) => values.name)) })
  const answers = [...chosen, ...byHand]
  if (answers.length === 0) {
    const why = skipped
      .slice(0, 5)
      .map(
        ({ name, source, problem }) =>
          `${printable(name)} of ${source}: ${printable(problem.detail)}`,
      )
    const more = skipped.length > 5 ? `; and ${String(skipped.length - 5)} more` : ''
    throw usageError(
      why.length === 0
        ? problemOf('usage-missing', 'init-backend')
        : problemOf('usage-missing', 'init-backend-left', { others: `${why.join('; ')}${more}` }),
    )
  }
  const left = found.filter(({ answer }) => !answers.includes(answer))
  return {
    answers,
    files: gathered.files.map(({ place, imports, fault }) => ({
      client: place.client,
      file: place.file,
      servers: imports.length,
      fault: fault ?? null,
    })),
    skipped: [...skipped, ...left.map((one) => leftBy(one, asker !== undefined, cwd))],
    variables: () => gathered.variables.list(),
  }
}
