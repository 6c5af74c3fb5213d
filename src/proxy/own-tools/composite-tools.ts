// The composite tools of a configuration: what a caller is shown of them, and how one is called.
import { outcomeOf } from '../../layers/outcome.ts'
import type { CancelSignal } from '../../base/cancellation.ts'
import { jsonRpcIdOf } from '../../mcp/json-rpc.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { stepsOf, type CompositeConfig, type Step } from '../../composites/composite-config.ts'
import { annotationsOf, inputSchemaOf, type StepTool } from '../../composites/input-schema.ts'
import { runSteps } from '../../composites/run-steps.ts'
import type { Call, Caller, Handler, Reply } from '../../mcp/call.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Listing, Snapshot } from '../lists/listing.ts'
import type { Upstream } from '../lists/member.ts'
import { stepCall, stepCaller } from './sub-call.ts'
import { exposedTarget } from './target-names.ts'

/** One that the caller is shown: at least one of its tools is. */
export interface ShownComposite {
  readonly config: CompositeConfig
  readonly item: JsonObject
  /** Its tools, by step; without those that the caller is not shown. */
  readonly tools: ReadonlyMap<Step, JsonObject>
}

export interface CompositeParts {
  readonly composites: readonly CompositeConfig[]
  readonly members: readonly Upstream[]
  /** What the backends list. */
  readonly listing: Pick<Listing, 'seen'>
  /** The whole way of a call, with the limits and the policy. */
  readonly handle: Handler
  readonly ports: Pick<Ports, 'clock' | 'log'>
  /** Whether a line is logged for each step. */
  readonly audit: boolean
}

export interface CompositeTools {
  readonly names: ReadonlySet<string>
  /** The snapshot from which they were made. */
  snapshot(caller: Caller): Promise<Snapshot>
  of(snapshot: Snapshot): readonly ShownComposite[]
  call(call: Call, name: string): Promise<Reply>
}

interface Planned {
  readonly config: CompositeConfig
  readonly steps: readonly Step[]
  /** As clients see them. */
  readonly targets: ReadonlyMap<Step, string>
}

const plan = (config: CompositeConfig, members: readonly Upstream[]): Planned => {
  const steps = stepsOf(config)
  const named = members.map(({ backend, names }) => ({ backend: backend.name, names }))
  const targets = new Map(steps.map((step) => [step, exposedTarget(step.tool, named)]))
  return { config, steps, targets }
}

const itemOf = (config: CompositeConfig, tools: readonly StepTool[]): JsonObject => ({
  name: config.name,
  ...(config.title === undefined ? {} : { title: config.title }),
  description: config.description,
  inputSchema: inputSchemaOf(config, tools),
  annotations: annotationsOf(tools),
})

const shownOf = (
  { config, steps, targets }: Planned,
  tools: ReadonlyMap<string, JsonObject>,
): ShownComposite | undefined => {
  const found = steps.flatMap((step): StepTool[] => {
    const tool = tools.get(targets.get(step) ?? '')
    return tool === undefined ? [] : [{ step, tool }]
  })
  if (found.length === 0) return undefined
  return {
    config,
    item: itemOf(config, found),
    tools: new Map(found.map(({ step, tool }) => [step, tool])),
  }
}

const schemaOf = (tool: JsonObject | undefined): JsonObject | undefined => {
  const schema = tool?.['inputSchema']
  return isJsonObject(schema) ? schema : undefined
}

/** What the schema asks for and the caller left out. */
const lackedBy = (item: JsonObject, input: JsonObject): string | undefined => {
  const { required } = schemaOf(item) ?? {}
  return Array.isArray(required)
    ? (required as readonly string[]).find((name) => !Object.hasOwn(input, name))
    : undefined
}

const refuse = (problem: Problem): Reply => ({ kind: 'refusal', problem })

const unknownTool = (name: string): Problem =>
  problemOf('name-unknown', 'unknown', { kind: 'Tool', name: JSON.stringify(name) })

/** Says how many steps are done, where the caller asked for it. */
const progressOf = (call: Call, total: number | undefined): ((message: string) => void) => {
  const meta = call.request.params?.['_meta']
  const token = isJsonObject(meta) ? jsonRpcIdOf(meta['progressToken']) : undefined
  if (token === undefined) return () => undefined
  let progress = 0
  return (message) => {
    progress += 1
    const params = {
      progressToken: token,
      progress,
      ...(total === undefined ? {} : { total }),
      message,
    }
    call.peer.notify({ jsonrpc: '2.0', method: 'notifications/progress', params })
  }
}

export const createCompositeTools = (parts: CompositeParts): CompositeTools => {
  const { composites, members, listing, handle, ports, audit } = parts
  const planned = composites.map((config) => plan(config, members))
  const byName = new Map(planned.map((one) => [one.config.name, one]))
  const made = new WeakMap<Snapshot, readonly ShownComposite[]>()

  const make = ({ items }: Snapshot): readonly ShownComposite[] => {
    const tools = new Map(items.map((item) => [item['name'] as string, item]))
    return planned.flatMap((one) => shownOf(one, tools) ?? [])
  }
  const of = (snapshot: Snapshot): readonly ShownComposite[] => {
    const known = made.get(snapshot) ?? make(snapshot)
    made.set(snapshot, known)
    return known
  }
  const snapshot = (caller: Caller) => listing.seen('tools', stepCaller(caller))

  const logStep = (call: Call, composite: string, step: Step, tool: string, begun: number) => {
    const { log, clock } = ports
    return (reply: Reply): Reply => {
      const { outcome, code, detail } = outcomeOf(reply)
      log.info(
        {
          event: 'step',
          request_id: call.requestId,
          composite,
          step: step.name,
          name: tool,
          outcome,
          ...(code === '' ? {} : { code }),
          ...(detail === undefined ? {} : { detail }),
          duration_ms: Math.round((clock.now() - begun) * 1000) / 1000,
        },
        'step',
      )
      return reply
    }
  }

  const run = async (call: Call, shown: ShownComposite, { targets, steps }: Planned) => {
    const { config, tools, item } = shown
    const given = call.request.params?.['arguments']
    const input = isJsonObject(given) ? given : {}
    const lacked = lackedBy(item, input)
    if (lacked !== undefined) {
      const why = `${config.name} needs the argument ${JSON.stringify(lacked)}`
      return refuse(problemOf('req-params', 'invalid', { why }))
    }
    const caller = stepCaller(call.caller)
    const progress = progressOf(call, config.strategy === 'first' ? undefined : steps.length)
    const callTool = async (step: Step, args: JsonObject, signal: CancelSignal) => {
      const tool = targets.get(step) ?? step.tool
      const called = handle(stepCall(call, caller, { tool, args, signal }))
      return audit ? called.then(logStep(call, config.name, step, tool, ports.clock.now())) : called
    }
    const result = await runSteps(config, {
      steps,
      clock: ports.clock,
      input,
      signal: call.signal,
      schemaOf: (step) => schemaOf(tools.get(step)),
      isHarmless: (step) => {
        const annotations = tools.get(step)?.['annotations']
        if (!isJsonObject(annotations)) return false
        return annotations['readOnlyHint'] === true || annotations['idempotentHint'] === true
      },
      callTool,
      onOutcome: ({ step, isFailed }) => progress(`${step.name}: ${isFailed ? 'failed' : 'done'}`),
    })
    return { kind: 'result', result: lazyFromValue(result) } as const
  }

  return {
    names: new Set(byName.keys()),
    snapshot,
    of,
    call: async (call, name) => {
      const one = byName.get(name)
      const shown = of(await snapshot(call.caller)).find(({ config }) => config.name === name)
      return one === undefined || shown === undefined
        ? refuse(unknownTool(name))
        : run(call, shown, one)
    },
  }
}
