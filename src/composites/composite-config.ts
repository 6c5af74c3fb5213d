// The section [[composite_tools]]: tools of the proxy itself that call tools of backends.
import * as z from 'zod'
import { isJsonValue } from '../base/json.ts'

const jsonTable = z
  .record(z.string(), z.unknown())
  .refine(isJsonValue, 'has a value that JSON cannot express: a date, infinity or NaN')

const targetName = z
  .string()
  .min(1)
  .describe('A tool, as clients see it or as `backend/tool` by the name that the backend gives it')

/** Where an argument comes from (RFC 6901). */
const reference = z
  .string()
  .regex(
    /^\/(?:input|steps\/[^/]+)(?:\/.*)?$/,
    'is no JSON Pointer that begins with /input or with /steps and the name of a step',
  )

const step = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'use letters, digits, "_", "-" and ".", at most 64')
    .optional()
    .describe(
      'Its name in later steps and in errors; default: the name of the tool at its backend',
    ),
  tool: targetName,
  arguments: jsonTable
    .default({})
    .describe('Constant arguments, which override all others of the same name'),
  arguments_from: z
    .record(z.string(), reference)
    .optional()
    .describe(
      'Where arguments come from: `/input/x` is an argument of the caller, `/steps/name/structuredContent/x` a part of the result of an earlier step, `/steps/name/json/x` of its text read as JSON. Default: every argument of the caller under its own name',
    ),
})

export const mostSteps = 32

const composite = z.strictObject({
  name: z
    .string()
    .regex(/^[\w./-]{1,128}$/, 'use letters, digits, "_", "-", "." and "/", at most 128')
    .describe('The name that clients see, without a prefix'),
  title: z.string().min(1).optional().describe('The title that clients see'),
  description: z.string().describe('The description that clients see'),
  tools: z
    .array(targetName)
    .min(1)
    .max(mostSteps)
    .optional()
    .describe('The tools that it calls, each with the arguments of the caller'),
  steps: z
    .array(step)
    .min(1)
    .max(mostSteps)
    .optional()
    .describe('The same, with arguments for each step; either `tools` or `steps`'),
  strategy: z
    .enum(['parallel', 'sequential', 'first'])
    .default('parallel')
    .describe(
      '`parallel` calls all at the same time, `sequential` one after the other until one fails, `first` one after the other until one succeeds',
    ),
  results: z
    .enum(['all', 'last'])
    .default('all')
    .describe('Whether the caller gets the results of all steps in their order, or only the last'),
  input_schema: jsonTable
    .optional()
    .describe(
      'The JSON Schema of its arguments, of type object; default: derived from the schemas of the tools that it calls',
    ),
  timeout_seconds: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe('Seconds for all steps; what has no result by then is cancelled. Default: no limit'),
})

export const compositeKeys = {
  composite_tools: z
    .array(composite)
    .max(256)
    .default([])
    .describe('Tools of the proxy itself that call tools of backends'),
}

export type CompositeConfig = z.infer<typeof composite>

/** A step as it is carried out. */
export interface Step {
  readonly name: string
  /** As the configuration names it. */
  readonly tool: string
  readonly constants: Readonly<Record<string, unknown>>
  /** By argument; undefined: every argument of the caller under its own name. */
  readonly from: Readonly<Record<string, string>> | undefined
}

/** The part behind the last `/`; of an exposed name with another separator the whole. */
const shortName = (tool: string): string => tool.slice(tool.lastIndexOf('/') + 1)

/** The names of steps that have none: those of their tools, and where these are alike the whole reference. */
export const stepsOf = ({ tools = [], steps }: CompositeConfig): readonly Step[] => {
  const all = steps ?? tools.map((tool) => ({ tool, arguments: {}, arguments_from: undefined }))
  const short = all.map(({ tool }) => shortName(tool))
  return all.map((one, index): Step => {
    const name = short[index] ?? one.tool
    const isAlone = short.filter((other) => other === name).length === 1
    return {
      name: ('name' in one ? one.name : undefined) ?? (isAlone ? name : one.tool),
      tool: one.tool,
      constants: one.arguments,
      from: one.arguments_from,
    }
  })
}

/** The key that names the tool of a step. */
export const targetPath = (
  { steps }: CompositeConfig,
  composite: number,
  step: number,
): readonly (string | number)[] =>
  steps === undefined
    ? ['composite_tools', composite, 'tools', step]
    : ['composite_tools', composite, 'steps', step, 'tool']
