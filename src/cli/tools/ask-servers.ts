// Asks servers for all their lists, side by side; one that cannot be asked is explained, and the others go on.
import { isJsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { unavailable } from '../../backends/failure.ts'
import { nobody } from '../../mcp/questions.ts'
import type { FoundTarget } from '../backend/find-targets.ts'
import type { ListedKind } from '../backend/offers.ts'
import { withServer } from '../backend/open-server.ts'
import { serverReport, troubleReport } from '../backend/server-report.ts'
import { parametersOf } from '../call/schema-types.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { interruptible } from '../command/interruptible.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { withProgress } from '../terminal/progress.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { ListReport, OfferReport } from './tools-report.ts'

export interface AskFlags extends NetworkFlagValues {
  readonly timeout: number
}

const order = ['tools', 'resources', 'resourceTemplates', 'prompts'] as const

const listReports = (lists: readonly ListedKind[]): readonly ListReport[] =>
  order.flatMap((kind) => {
    const found = lists.find((list) => list.kind === kind)
    return found === undefined ? [] : [{ kind, items: found.items, trouble: found.trouble ?? null }]
  })

/** A call that could be typed: of the tool with the fewest arguments that are needed. */
const exampleCall = (lists: readonly ListReport[], { words, from }: FoundTarget): string[] => {
  const tools = lists.find(({ kind }) => kind === 'tools')?.items.filter(isJsonObject) ?? []
  const [first] = tools
    .flatMap(({ name, inputSchema }) =>
      typeof name === 'string' ? [{ name, required: parametersOf(inputSchema).required }] : [],
    )
    .toSorted((a, b) => a.required.length - b.required.length)
  if (first === undefined) return []
  const call = [
    shellWord(first.name),
    ...first.required.map((name) => `${shellWord(name)}=...`),
  ].join(' ')
  return [
    from === 'command'
      ? `mcp-proxy call ${call} ${words.join(' ')}`
      : `mcp-proxy call ${[words[0] ?? '', call, ...words.slice(1)].join(' ')}`,
  ]
}

interface Asking {
  readonly flags: AskFlags
  readonly narrator: Narrator
  readonly ports: Ports
}

const askOne = async (target: FoundTarget, signal: AbortSignal, { ports }: Asking) => {
  const { clock } = ports
  return withServer(
    target.config,
    { ports, signal, capabilities: {}, peer: nobody, onNotification: () => undefined },
    async (server) => {
      const startedAt = clock.now()
      const lists = await server.lists()
      return {
        agreement: server.agreement,
        connect: server.connectMs,
        lists: listReports(lists),
        took: clock.now() - startedAt,
      }
    },
  )
}

/** What one server offers, or why it could not be asked. */
export interface Offer {
  readonly report: OfferReport
  readonly exitCode: number
}

const offerOf = async (
  target: FoundTarget,
  asked: Awaited<ReturnType<typeof askOne>>,
  late: boolean,
  { flags, narrator, ports }: Asking,
): Promise<Offer> => {
  const base = { target: target.shown }
  if (asked.kind === 'done') {
    const { agreement, connect, lists, took } = asked.result
    return {
      report: {
        ...base,
        verdict: 'ok',
        server: serverReport(agreement, target.config),
        lists,
        trouble: null,
        time: { connect, lists: took },
        next: exampleCall(lists, target),
      },
      exitCode: exitCodes.accepted,
    }
  }
  const why = `no answer in ${String(flags.timeout)} s (--timeout)`
  const problem = late ? unavailable(target.config.name, why, 'silent') : asked.problem
  const { explainTrouble } = await import('../backend/explain-trouble.ts')
  const trouble = await explainTrouble(problem, target, {
    ports,
    network: flags,
    timeout: flags.timeout,
    narrator,
    isDefinite: late,
  })
  return {
    report: {
      ...base,
      verdict: 'unreached',
      server: null,
      lists: [],
      trouble: troubleReport(trouble, asked.said),
      time: { connect: asked.ms, lists: null },
      next: trouble.next,
    },
    exitCode: trouble.exitCode,
  }
}

export const askServers = async (
  targets: readonly FoundTarget[],
  flags: AskFlags,
  narrator: Narrator,
): Promise<readonly Offer[]> => {
  const { quiet, note } = narrator
  const asking = { flags, narrator, ports: await networkPorts(flags, narrator) }
  const { result, late } = await withProgress(
    { text: `asking ${targets.map(({ shown }) => shown).join(', ')}`, quiet },
    () =>
      interruptible(flags.timeout, note, (signal) =>
        Promise.all(targets.map((target) => askOne(target, signal, asking))),
      ),
  )
  const offers: Offer[] = []
  for (const [at, target] of targets.entries()) {
    const asked = result[at]
    if (asked !== undefined) offers.push(await offerOf(target, asked, late, asking))
  }
  return offers
}
