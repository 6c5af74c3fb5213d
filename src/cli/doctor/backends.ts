// The section backends: whether each one works, what it speaks and offers, and what is wrong with what it offers.
import type { Agreement } from '../../backends/backend.ts'
import { isJsonObject, type Json } from '../../base/json.ts'
import { andMore, type Problem, problemOf, together } from '../../problems/problem.ts'
import type { BackendConfig } from '../../config/schema.ts'
import { fail, pass, warn, type Check } from '../../core/verdict/check.ts'
import { secretAccidents } from '../../core/client/secret-shape.ts'
import { fitItem } from '../../mcp/item-shape.ts'
import { headerFaults, isAnnotated } from '../../mcp/tool-lint.ts'
import { judgePins, quarantineProblem } from '../../pins/judgement.ts'
import { isPins, readPins } from '../../pins/pin-file.ts'
import { listSpecs } from '../../proxy/lists/list-kinds.ts'
import type { ListedKind } from '../backend/offers.ts'
import { programProblem } from '../backend/program-problem.ts'
import { targetOf } from '../backend/target.ts'
import type { ExaminedBackend } from './backend-examination.ts'
import { localNameChecks } from './names.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

type Up = Extract<ExaminedBackend, { readonly state: 'up' }>
type Down = Extract<ExaminedBackend, { readonly state: 'down' }>

/** How long a call waits for a backend that still starts: see backends/open.ts. */
const patienceSeconds = 5

const itemsOf = ({ lists }: Up, kind: string): readonly unknown[] =>
  lists.find((list) => list.kind === kind)?.items ?? []

const few = (first: Problem, others: readonly Problem[]): Problem =>
  andMore(together(first, ...others.slice(0, 2)), others.length - 2)

interface ItemFault {
  readonly tool: string
  readonly why: string
}

/** One warning for all items that have the fault, or a pass. */
const faultCheck = (
  id: 'backend-tool-shape' | 'backend-param-headers',
  faults: readonly ItemFault[],
  problemWith: (fault: ItemFault) => Problem,
): Check => {
  const [first, ...others] = faults.map(problemWith)
  return first === undefined ? pass(id) : warn(few(first, others))
}

const wordOf = {
  tools: 'tool',
  prompts: 'prompt',
  resources: 'resource',
  resourceTemplates: 'template',
} as const

/** Of every item that clients are not shown as the backend describes it. */
const shapeChecks = ({ lists, health: { era } }: Up): Check[] => {
  const fixed: ItemFault[] = []
  const leftOut: ItemFault[] = []
  for (const { kind, items } of lists) {
    items.forEach((came, index) => {
      const { item, faults } = fitItem(kind, came, era)
      if (faults.length === 0) return
      const own = isJsonObject(came) ? came[listSpecs[kind].key] : undefined
      const word = wordOf[kind]
      const name = typeof own === 'string' && own !== '' ? own : `${word} ${index + 1}`
      const tool = kind === 'tools' || name !== own ? name : `${word} ${name}`
      ;(item === undefined ? leftOut : fixed).push({ tool, why: faults.join(', ') })
    })
  }
  const id = 'backend-tool-shape'
  const checks = [
    ...(leftOut.length === 0
      ? []
      : [faultCheck(id, leftOut, (fault) => problemOf(id, 'left-out', fault))]),
    ...(fixed.length === 0
      ? []
      : [faultCheck(id, fixed, (fault) => problemOf(id, 'fixed', fault))]),
  ]
  return checks.length === 0 ? [pass(id)] : checks
}

/** What the list of tools says, whichever backend it is from. */
const toolChecks = (found: Up): Check[] => {
  const raw = itemsOf(found, 'tools')
  const tools = raw.filter(isJsonObject)
  if (raw.length === 0) return []
  const bare = tools.filter((tool) => !isAnnotated(tool)).length
  const headers = tools.flatMap((tool, index) => {
    const name = typeof tool['name'] === 'string' ? tool['name'] : `tool ${index + 1}`
    return headerFaults(tool).map((why) => ({ tool: name, why }))
  })
  return [
    bare === 0
      ? pass('backend-annotations')
      : warn(problemOf('backend-annotations', { n: bare, total: tools.length })),
    faultCheck('backend-param-headers', headers, (fault) =>
      problemOf('backend-param-headers', fault),
    ),
  ]
}

const listCheck = ({ kind, items, trouble, isCut }: ListedKind): Check => {
  if (trouble === undefined) return pass('backend-lists', kind)
  const { method } = listSpecs[kind]
  return isCut
    ? warn(
        problemOf('backend-lists', 'incomplete', { kind, method, why: trouble, n: items.length }),
      )
    : fail(problemOf('backend-lists', 'failed', { kind, method, why: trouble }))
}

const emptiness = ({ lists }: Up): Check[] =>
  lists.some(({ items, trouble }) => items.length > 0 || trouble !== undefined)
    ? []
    : [warn(problemOf('backend-empty'))]

const slowness = ({ ms }: Up): Check => {
  const seconds = Math.round(ms / 100) / 10
  return seconds > patienceSeconds
    ? warn(problemOf('backend-slow', { seconds, limit: patienceSeconds }))
    : pass('backend-slow', `${seconds} s`)
}

const serverText = ({ health }: Up): string => {
  const { name, version } = health.serverInfo ?? {}
  return [name, version].filter((part) => typeof part === 'string').join(' ')
}

const counts = (found: Up): string => {
  const words = { tools: 'tool', prompts: 'prompt', resources: 'resource' } as const
  const bare = itemsOf(found, 'tools').filter((tool) => isJsonObject(tool) && !isAnnotated(tool))
  return Object.entries(words)
    .flatMap(([kind, word]) => {
      const n = itemsOf(found, kind).length
      const hints = kind === 'tools' && bare.length > 0 ? ` (${bare.length} without hints)` : ''
      return n === 0 ? [] : [`${plural(n, word)}${hints}`]
    })
    .join(', ')
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** Servers of that age are found by asking in vain first, each time. */
const oldTransport = ({ health }: Up): Fact[] =>
  health.transport === 'sse'
    ? [['transport', 'HTTP+SSE of 2024-11-05, deprecated; transport = "sse" would say so']]
    : []

const spoken = ({ era, protocolVersion, transport }: Agreement): string =>
  `${protocolVersion} (${era === 'modern' ? 'stateless' : 'sessions'}${transport === 'sse' ? ', HTTP+SSE' : ''})`

/** Where a backend of both eras offers something else to clients of the session era. */
const inSessions = ({ capabilities, sessions }: Up['health']): Fact[] => {
  const offered = Object.keys(sessions?.capabilities ?? capabilities).join(', ')
  return offered === Object.keys(capabilities).join(', ') ? [] : [['in sessions', offered]]
}

/** Its revision, what it offers, and how long that took. */
export const workingSummary = (found: Up): string => {
  const { sessions } = found.health
  const offers = counts(found)
  return [
    spoken(found.health),
    ...(sessions === undefined ? [] : [spoken(sessions)]),
    offers === '' ? 'offers nothing' : offers,
    seconds(found.ms),
  ].join(', ')
}

export const workingFacts = (found: Up): Fact[] => [
  ['target', targetOf(found.config)],
  ['server', serverText(found)],
  ['capabilities', Object.keys(found.health.capabilities).join(', ')],
  ...inSessions(found.health),
  ...oldTransport(found),
]

/** What is right and wrong with a server that answers, whichever client asks. */
export const workingChecks = (found: Up): readonly Check[] => [
  found.further === undefined ? pass('backend-unavailable') : warn(found.further),
  pass('backend-protocol', found.health.protocolVersion),
  ...found.lists.map(listCheck),
  ...emptiness(found),
  slowness(found),
  ...shapeChecks(found),
  ...toolChecks(found),
]

/** What of its tools is not what was pinned. */
const pinChecks = (found: Up, { loaded }: DoctorContext): readonly Check[] => {
  if (found.config.pin_tools === undefined) return []
  const pins = readPins(loaded.config.proxy.pins_file)
  if (!isPins(pins)) return [fail(pins)]
  const judged = judgePins(found.config, itemsOf(found, 'tools') as readonly Json[], pins)
  const [first, ...others] = judged.quarantined.map(quarantineProblem)
  return [first === undefined ? pass('policy-pin') : warn(few(first, others))]
}

const working = (
  found: Up,
  base: Pick<ReportSection, 'section' | 'subject'>,
  world: DoctorContext,
): ReportSection => ({
  ...base,
  summary: workingSummary(found),
  facts: workingFacts(found),
  checks: [
    ...workingChecks(found),
    ...pinChecks(found, world),
    ...localNameChecks(found, world.loaded.config.proxy.separator),
  ],
})

/** A refused credential, in the words for the one that is configured. */
const refusedCredential = (config: BackendConfig, problem: Problem): Problem => {
  const { code, case: name, detail: said } = problem
  const { bearer_token: token, basic_auth: basic, oauth } = config
  if (code !== 'backend-auth' || name !== 'unauthorized') return problem
  if (oauth !== undefined) return problemOf('backend-auth', 'oauth', { said })
  const key = token !== undefined ? 'bearer_token' : basic !== undefined ? 'basic_auth' : 'headers'
  const accidents = secretAccidents((token ?? basic?.password)?.reveal() ?? '')
  return accidents.length > 0
    ? problemOf('backend-auth', 'shape', { said, key, accidents: accidents.join(', ') })
    : problemOf('backend-auth', 'configured', { said, key })
}

/** Something else answers at the address of a backend. */
const wrongAddress = ({ config, problem, instead }: Down): Problem => {
  const { transport, url = '' } = config
  const { detail: said } = problem
  if (instead !== undefined) {
    return problemOf('backend-protocol', 'elsewhere', { said, url: instead })
  }
  const isAddressed = problem.case === 'status' || problem.case === 'type'
  if (!isAddressed && problem.case !== 'opening') return problem
  if (transport === 'sse') return problemOf('backend-protocol', 'stream', { said })
  if (transport === 'websocket') return problemOf('backend-protocol', 'socket', { said })
  const path = URL.canParse(url) ? new URL(url).pathname : ''
  return problemOf('backend-protocol', path.endsWith('/mcp') ? 'other' : 'path', { said })
}

/** Why it is down, with the remedy for the way in which it is configured. */
const explained = (found: Down): Problem => {
  const { config, problem } = found
  if (config.transport === 'stdio') return programProblem(problem)
  return problem.code === 'backend-protocol'
    ? wrongAddress(found)
    : refusedCredential(config, problem)
}

export const causeOf = (detail: string, name: string): string =>
  detail.replace(new RegExp(`^Backend ${name} (?:is not reachable: )?`), '')

const saidFacts = (said: readonly string[]): Fact[] =>
  said.map((line) => ['stderr', line.slice(0, 300)])

/** Who is out of order over the network may be back in a minute; a program that does not run will not. */
const mayPass = ({ config, problem }: Down): boolean =>
  (config.transport !== 'stdio' && problem.code === 'backend-unavailable') ||
  (problem.code === 'backend-credential' &&
    (problem.case === 'unreachable' || problem.case === 'busy'))

const broken = (found: Down, base: Pick<ReportSection, 'section' | 'subject'>): ReportSection => {
  const { config, problem, said } = found
  const check = fail(explained(found))
  return {
    ...base,
    summary: causeOf(problem.detail, config.name),
    facts: [['target', targetOf(config)], ...saidFacts(said)],
    ...(mayPass(found) ? { checks: [], open: [check] } : { checks: [check] }),
  }
}

const silent = (
  found: ExaminedBackend,
  base: Pick<ReportSection, 'section' | 'subject'>,
): ReportSection => {
  const { config, ms, said } = found
  const why = `no answer in ${seconds(ms)}`
  const problem = problemOf('backend-unavailable', 'unanswered', { backend: config.name, why })
  return {
    ...base,
    summary: why,
    facts: [['target', targetOf(config)], ...saidFacts(said)],
    checks: [],
    open: [fail(problem)],
  }
}

export const backends = async (world: DoctorContext): Promise<readonly ReportSection[]> =>
  (await world.backends()).map((found) => {
    const base = { section: 'backends', subject: found.config.name } as const
    switch (found.state) {
      case 'up':
        return working(found, base, world)
      case 'down':
        return broken(found, base)
      case 'silent':
        return silent(found, base)
    }
  })
