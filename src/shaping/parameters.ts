// Parameters of one tool as callers see them: what is hidden, renamed and filled in, and how arguments are turned back.
import type { Json, JsonObject } from '../base/json.ts'
import { problemOf, type Problem } from '../problems/problem.ts'
import type { ShapingConfig } from './shaping-config.ts'

/** All names are the backend's own, but for the values of `renamed`. */
export interface Parameters {
  /** Those that callers do not see. */
  readonly gone: ReadonlySet<string>
  /** Those that cannot be sent, if the backend has them, since another one has the name. */
  readonly taken: ReadonlySet<string>
  /** Those that callers do not see and may send all the same: what they send is replaced. */
  readonly replaced: ReadonlySet<string>
  /** By the name of the backend, the one for callers. */
  readonly renamed: ReadonlyMap<string, string>
  /** By the name for callers, the one of the backend. */
  readonly own: ReadonlyMap<string, string>
  /** What the backend gets where the caller sends nothing. */
  readonly filled: ReadonlyMap<string, Json>
  /** What the backend gets whatever the caller sends. */
  readonly fixed: ReadonlyMap<string, Json>
}

type Override = ShapingConfig['param_overrides'][number]
type Injection = ShapingConfig['inject_args'][number]

const jsonEntries = (values: Readonly<Record<string, unknown>>): [string, Json][] =>
  Object.entries(values) as [string, Json][]

const noOverride: Pick<Override, 'hide' | 'defaults' | 'rename'> = {
  hide: [],
  defaults: {},
  rename: {},
}

/** The later of them wins: for all tools, for this tool, for a parameter of it. */
const parametersOf = (
  defaults: ShapingConfig['default_args'],
  injections: readonly Injection[],
  { hide, defaults: own, rename }: Pick<Override, 'hide' | 'defaults' | 'rename'> = noOverride,
): Parameters => {
  const renamed = new Map(Object.entries(rename).filter(([from, to]) => from !== to))
  const argsOf = (overwrite: boolean) =>
    injections.flatMap((one) => (one.overwrite === overwrite ? jsonEntries(one.args) : []))
  const fixed = new Map(argsOf(true))
  return {
    gone: new Set([...hide, ...fixed.keys()]),
    taken: new Set([...renamed.values()].filter((name) => !renamed.has(name))),
    replaced: new Set([...fixed.keys()].filter((name) => !hide.includes(name))),
    renamed,
    own: new Map([...renamed].map(([from, to]) => [to, from])),
    filled: new Map([...jsonEntries(defaults), ...argsOf(false), ...jsonEntries(own)]),
    fixed,
  }
}

/** By the backend's own name of a tool; undefined: its parameters are as the backend has them. */
export type FindParameters = (tool: string) => Parameters | undefined

/** Undefined where no tool has other parameters than its own. */
export const compileParameters = ({
  default_args: defaults,
  inject_args: injections,
  param_overrides: overrides,
}: Pick<ShapingConfig, 'default_args' | 'inject_args' | 'param_overrides'>):
  FindParameters | undefined => {
  const tools = new Set([...injections, ...overrides].map(({ tool }) => tool))
  const byTool = new Map(
    [...tools].map((tool) => [
      tool,
      parametersOf(
        defaults,
        injections.filter((one) => one.tool === tool),
        overrides.find((one) => one.tool === tool),
      ),
    ]),
  )
  const others = Object.keys(defaults).length === 0 ? undefined : parametersOf(defaults, [])
  return byTool.size === 0 && others === undefined
    ? undefined
    : (tool) => byTool.get(tool) ?? others
}

export type OwnArguments =
  | { readonly args: JsonObject }
  /** What the caller sent and cannot send. */
  | { readonly fault: Problem }

const noArgument = (name: string): OwnArguments => ({
  fault: problemOf('req-params', 'argument', { name: JSON.stringify(name.slice(0, 128)) }),
})

/** What a caller sent, as the backend gets it. Does not compare it with the schema of the tool. */
export const ownArguments = (parameters: Parameters, given: JsonObject): OwnArguments => {
  const { gone, replaced, renamed, own, filled, fixed } = parameters
  const args = new Map<string, Json | undefined>()
  for (const [name, value] of Object.entries(given)) {
    const from = own.get(name)
    const isOpen =
      from !== undefined || replaced.has(name) || !(gone.has(name) || renamed.has(name))
    if (!isOpen) return noArgument(name)
    args.set(from ?? name, value)
  }
  for (const [name, value] of filled) if (!args.has(name)) args.set(name, value)
  for (const [name, value] of fixed) args.set(name, value)
  return { args: Object.fromEntries(args) }
}
