// The work of `pins`: shows what is pinned of the tools of backends, how they differ from it, and accepts what they are now.
import { systemClock } from '../../base/clock.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import { loadConfig } from '../../config/load.ts'
import type { BackendConfig } from '../../config/schema.ts'
import { judgePins, type JudgedTools, type Quarantined } from '../../pins/judgement.ts'
import { changePins, isPins, readPins, withTools, type Pins } from '../../pins/pin-file.ts'
import type { PinMode } from '../../pins/pins-config.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { problemFromUsage, usageError } from '../../problems/usage-error.ts'
import { backendTargets, checkBackend } from '../backend/target.ts'
import { unknownName } from '../backend/unknown-name.ts'
import { chosenAction } from '../command/action-word.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { askServers, type AskFlags, type Offer } from '../tools/ask-servers.ts'
import { pinsActions } from './pins-actions.ts'
import type { PinnedBackend, PinnedTool, PinsReport } from './pins-report.ts'
import { pinsLine, pinsText } from './pins-text.ts'

export interface PinsFlags extends AskFlags {
  readonly config: string
}

type Pinned = BackendConfig & { readonly pin_tools: PinMode }

const isPinned = (backend: BackendConfig): backend is Pinned => backend.pin_tools !== undefined

interface World {
  readonly file: string
  /** Those that the words name, else all with pin_tools. */
  readonly backends: readonly Pinned[]
  /** Tools that the words name; undefined: all of the backend. */
  readonly tools: ReadonlyMap<string, ReadonlySet<string>>
}

/** `files`, or `files/read_file` for one tool. */
const wordsOf = (
  words: readonly string[],
): ReadonlyMap<string, ReadonlySet<string> | undefined> => {
  const named = new Map<string, ReadonlySet<string> | undefined>()
  for (const word of words) {
    const at = word.indexOf('/')
    const backend = at < 0 ? word : word.slice(0, at)
    const known = named.get(backend)
    if (at < 0) named.set(backend, undefined)
    else if (!named.has(backend) || known !== undefined)
      named.set(backend, new Set([...(known ?? []), word.slice(at + 1)]))
  }
  return named
}

const worldOf = async (
  words: readonly string[],
  { config: file }: PinsFlags,
  { env, warn }: Narrator,
): Promise<World> => {
  const { config, warnings } = await loadConfig(file, env)
  for (const warning of warnings) warn(problemFromUsage(warning, ''))
  const all = config.backends.filter(isPinned)
  if (all.length === 0) throw usageError(problemOf('usage-missing', 'pinned-backend', { file }))
  const named = wordsOf(words)
  const names = all.map(({ name }) => name)
  for (const name of named.keys()) checkBackend(name, names, file)
  const tools = new Map<string, ReadonlySet<string>>()
  for (const [name, some] of named) if (some !== undefined) tools.set(name, some)
  const backends = all.filter(({ name }) => named.size === 0 || named.has(name))
  return { file: config.proxy.pins_file, backends, tools }
}

const pinsIn = (read: Pins | Problem): Pins => {
  if (isPins(read)) return read
  throw usageError(read)
}

const changesOf = ({ state, definition, differences }: Quarantined): PinnedTool['changes'] =>
  state === 'new'
    ? Object.entries(definition).map(([path, after = null]) => ({ path, before: null, after }))
    : differences.map(({ path, before = null, after = null }) => ({ path, before, after }))

/** In the order of the names. */
const toolsOf = ({ tools, quarantined, gone }: JudgedTools): readonly PinnedTool[] => {
  const wrong = new Map(quarantined.map((one) => [one.tool, one]))
  const now = [...tools.keys()].map((tool): PinnedTool => {
    const found = wrong.get(tool)
    return found === undefined
      ? { tool, state: 'pinned', changes: [] }
      : { tool, state: found.state, changes: changesOf(found) }
  })
  const left = gone.map((tool): PinnedTool => ({ tool, state: 'gone', changes: [] }))
  return [...now, ...left].toSorted((a, b) => (a.tool < b.tool ? -1 : 1))
}

const isAsked = ({ tools }: World, backend: string, tool: string): boolean =>
  tools.get(backend)?.has(tool) !== false

const list = (world: World): readonly PinnedBackend[] => {
  const pins = pinsIn(readPins(world.file))
  return world.backends.map(({ name, pin_tools }) => ({
    backend: name,
    pin_tools,
    trouble: null,
    tools: [...(pins.get(name)?.keys() ?? [])]
      .filter((tool) => isAsked(world, name, tool))
      .map((tool) => ({ tool, state: 'pinned', changes: [] })),
  }))
}

interface Asked {
  readonly backend: Pinned
  readonly offer: Offer
  /** Undefined where its tools are not known. */
  readonly items: readonly Json[] | undefined
}

const ask = async (
  { backends }: World,
  flags: PinsFlags,
  narrator: Narrator,
): Promise<readonly Asked[]> => {
  const targets = backendTargets(backends, { config: flags.config }).map((target) => ({
    ...target,
    credential: undefined,
  }))
  const offers = await askServers(targets, flags, narrator)
  return backends.flatMap((backend, index): Asked[] => {
    const offer = offers[index]
    if (offer === undefined) return []
    const tools = offer.report.lists.find(({ kind }) => kind === 'tools')
    const isKnown = offer.report.verdict === 'ok' && (tools?.trouble ?? null) === null
    return [{ backend, offer, items: isKnown ? (tools?.items ?? []) : undefined }]
  })
}

/** What is seen first would be pinned by serve, but is not yet: a difference here all the same. */
const judged = ({ backend: { name }, items = [] }: Asked, pins: Pins): JudgedTools =>
  judgePins({ name, pin_tools: 'accepted' }, items, pins)

const reportOf = (world: World, asked: Asked, pins: Pins): PinnedBackend => {
  const { backend, offer, items } = asked
  const tools = items === undefined ? [] : toolsOf(judged(asked, pins))
  return {
    backend: backend.name,
    pin_tools: backend.pin_tools,
    tools: tools.filter(({ tool }) => isAsked(world, backend.name, tool)),
    trouble: offer.report.trouble,
  }
}

/** What the backend offers now, in the place of what is pinned: of all its tools, or of those that are named. */
const accepted = (world: World, asked: readonly Asked[], pins: Pins): Pins =>
  asked.reduce((all, one) => {
    const { name } = one.backend
    if (one.items === undefined) return all
    const { tools } = judged(one, all)
    const before = all.get(name) ?? new Map<string, JsonObject>()
    const kept = [...before].filter(([tool]) => !isAsked(world, name, tool))
    const taken = [...tools].filter(([tool]) => isAsked(world, name, tool))
    return withTools(all, name, new Map([...kept, ...taken]))
  }, pins)

/** Throws where a word names a tool that is neither offered nor pinned. */
const checkTools = ({ tools }: World, asked: Asked, pins: Pins): void => {
  const { name } = asked.backend
  if (asked.items === undefined) return
  const known = toolsOf(judged(asked, pins)).map(({ tool }) => tool)
  const stray = [...(tools.get(name) ?? [])].find((tool) => !known.includes(tool))
  if (stray !== undefined) throw unknownName('tool', stray, known)
}

const codeOf = (asked: readonly Asked[], otherwise: number): number =>
  asked.find(({ items }) => items === undefined)?.offer.exitCode ?? otherwise

export const workOnPins = async (
  [word, ...words]: readonly string[],
  flags: PinsFlags,
  narrator: Narrator,
): Promise<CommandResult<PinsReport>> => {
  const action = chosenAction('pins', word, pinsActions)
  const world = await worldOf(words, flags, narrator)
  const conclude = (
    verdict: PinsReport['verdict'],
    backends: readonly PinnedBackend[],
    exitCode: number,
  ): CommandResult<PinsReport> => {
    const report: PinsReport = {
      schema_version: 1,
      command: 'pins',
      verdict,
      file: world.file,
      backends,
    }
    const { columns } = narrator
    return {
      report,
      exitCode,
      text: (style) => pinsText(report, { style, columns }),
      line: () => pinsLine(report),
    }
  }
  if (action === 'list') return conclude('list', list(world), exitCodes.accepted)
  const before = pinsIn(readPins(world.file))
  const asked = await ask(world, flags, narrator)
  for (const one of asked) checkTools(world, one, before)
  const backends = asked.map((one) => reportOf(world, one, before))
  const isWhole = asked.every(({ items }) => items !== undefined)
  if (action === 'accept') {
    pinsIn(await changePins(world.file, systemClock, (now) => accepted(world, asked, now)))
    return conclude(isWhole ? 'accepted' : 'unreached', backends, codeOf(asked, exitCodes.accepted))
  }
  const differs = backends.some(({ tools }) => tools.some(({ state }) => state !== 'pinned'))
  if (differs) return conclude('differs', backends, exitCodes.rejected)
  return conclude(isWhole ? 'same' : 'unreached', backends, codeOf(asked, exitCodes.accepted))
}
