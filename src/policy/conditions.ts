// Conditions of auth.rules in CEL: compiled once, with declared variables, and with bounds on what evaluating them can cost.
import {
  Environment,
  ParseError,
  TypeError as CelTypeError,
  type ASTNode,
} from '@marcbachmann/cel-js'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import { numberOf } from '../base/exact-json.ts'
import { noReads, noteReads, type CallerReads } from './caller-reads.ts'
import { globMatches } from './glob.ts'

/** What a condition may read that is not always known. */
export type Fact = 'caller' | 'peer' | 'annotations' | 'args'

/**
 * What a condition sees. `args` is undefined where no call is made: in lists, and for tasks. `caller` and `peer` are where
 * no caller is there yet: in forecasts.
 */
export interface Facts {
  readonly caller?: JsonObject
  readonly tool: JsonObject
  /** Absent in forecasts about a tool that no backend was asked for: rules about its annotations are left open. */
  readonly annotations?: 'judged'
  readonly peer?: JsonObject
  readonly args?: JsonObject
  /** Whether a condition with these reads looks at a claim that is not known; absent: all claims are. */
  readonly hides?: (reads: CallerReads) => boolean
}

export interface Condition {
  readonly reads: CallerReads
  /** Without one of these it cannot be judged: only calls have arguments. */
  readonly needs: readonly Fact[]
  /** Throws where it cannot be evaluated. */
  holds(facts: Facts): boolean
}

/** Where in the text it is wrong, and why. */
export interface ConditionFault {
  readonly why: string
  /** Characters before it. */
  readonly at: number
}

const limits = {
  maxAstNodes: 500,
  maxDepth: 32,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 8,
}

/** Each is a loop over what it is called on. */
const loops: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map'])
/** A loop inside of a loop costs the product of both. */
const deepestLoops = 2

/** The most that arguments may have for a condition without loops, and for one with; each is read once for all conditions. */
const budgets = [
  { values: 100_000, characters: 4_194_304, read: new WeakMap<JsonObject, unknown>() },
  { values: 1_000, characters: 100_000, read: new WeakMap<JsonObject, unknown>() },
] as const

const environment = new Environment({ limits, enableOptionalTypes: false })
  .registerVariable({
    name: 'caller',
    schema: {
      subject: 'string',
      issuer: 'string',
      client_id: 'string',
      method: 'string',
      scopes: 'list<string>',
      roles: 'list<string>',
      claims: 'map<string, dyn>',
    },
  })
  .registerVariable({
    name: 'tool',
    schema: {
      name: 'string',
      backend: 'string',
      annotations: {
        readOnlyHint: 'bool',
        destructiveHint: 'bool',
        idempotentHint: 'bool',
        openWorldHint: 'bool',
      },
    },
  })
  .registerVariable({ name: 'peer', schema: { address: 'string' } })
  .registerVariable('args', 'map<string, dyn>')
  .registerFunction('string.glob(string): bool', (text: string, pattern: string) =>
    globMatches(pattern, text),
  )

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value

const partsOf = (value: unknown): readonly ASTNode[] => {
  if (isNode(value)) return [value]
  return Array.isArray(value) ? value.flatMap(partsOf) : []
}

interface Reading {
  readonly names: Set<string>
  readonly reads: CallerReads
  loops: number
  fault: ConditionFault | undefined
}

const readNode = (node: ASTNode, depth: number, reading: Reading): void => {
  if (node.op === 'id') reading.names.add(node.args)
  let within = depth
  if (node.op === 'rcall') {
    const [name] = node.args
    if (loops.has(name)) within += 1
    // A regular expression of JavaScript can take for ever on what a caller sends.
    if (name === 'matches') {
      reading.fault ??= { why: 'matches() is not offered: use glob() with * and ?', at: node.start }
    }
    if (within > deepestLoops) {
      reading.fault ??= {
        why: `more than ${deepestLoops} loops inside of each other`,
        at: node.start,
      }
    }
  }
  if (node.op === 'call' && node.args[0] === 'matches') {
    reading.fault ??= { why: 'matches() is not offered: use glob() with * and ?', at: node.start }
  }
  reading.loops = Math.max(reading.loops, within)
  if (noteReads(node, reading.reads)) {
    reading.names.add('caller')
    return
  }
  for (const part of partsOf(node.args)) readNode(part, within, reading)
}

/** Plain values with exact numbers as the nearest ones. Throws beyond the budget. */
const bounded = (
  value: Json | undefined,
  budget: { values: number; characters: number },
): unknown => {
  budget.values -= 1
  if (typeof value === 'string') budget.characters -= value.length
  if (budget.values < 0 || budget.characters < 0)
    throw new Error('the arguments are too large for a condition')
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => bounded(one, budget))
  const number = numberOf(value)
  if (number !== undefined) return number
  if (!isJsonObject(value)) return value
  return new Map(
    Object.entries(value).map(([name, member]) => {
      budget.characters -= name.length
      return [name, bounded(member, budget)]
    }),
  )
}

const facts: readonly Fact[] = ['caller', 'peer', 'annotations', 'args']

const noArguments: ReadonlyMap<string, unknown> = new Map()

/** Throws where there are none: such a call is judged by nothing that it brings. */
const argumentsOf = (args: JsonObject | undefined, budget: (typeof budgets)[number]): unknown => {
  if (args === undefined) throw new Error('the arguments are no object')
  const known = budget.read.get(args)
  if (known !== undefined) return known
  const read = bounded(args, { values: budget.values, characters: budget.characters })
  budget.read.set(args, read)
  return read
}

const faultOf = (error: unknown): ConditionFault => {
  if (error instanceof ParseError || error instanceof CelTypeError) {
    return { why: error.summary, at: error.range?.start ?? 0 }
  }
  return {
    why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    at: 0,
  }
}

/** Does not evaluate anything. */
export const compileCondition = (text: string): Condition | ConditionFault => {
  let parsed: ReturnType<typeof environment.parse>
  try {
    parsed = environment.parse(text)
  } catch (error) {
    return faultOf(error)
  }
  const checked = parsed.check()
  if (!checked.valid) return faultOf(checked.error)
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    return {
      why: `a condition is true or false, and this is of type ${checked.type ?? '?'}`,
      at: 0,
    }
  }
  const reading: Reading = { names: new Set(), reads: noReads(), loops: 0, fault: undefined }
  readNode(parsed.ast, 0, reading)
  if (reading.fault !== undefined) return reading.fault
  const budget = reading.loops > 0 ? budgets[1] : budgets[0]
  const readsArgs = reading.names.has('args')
  return {
    reads: reading.reads,
    // It may not look at the annotations after all: then they are looked up and not used.
    needs: facts.filter((fact) =>
      fact === 'annotations'
        ? reading.names.has('tool') && text.includes(fact)
        : reading.names.has(fact),
    ),
    holds: ({ caller, tool, peer, args }) => {
      const value: unknown = parsed({
        caller: caller ?? {},
        tool,
        peer: peer ?? {},
        args: readsArgs ? argumentsOf(args, budget) : noArguments,
      })
      if (typeof value !== 'boolean') throw new Error('the condition is neither true nor false')
      return value
    },
  }
}
