// The keys of [[backends]] that shape what clients see of it: what is offered, under which names, with which parameters.
import * as z from 'zod'
import { isJsonValue } from '../base/json.ts'

const patterns = z.array(z.string().min(1))

const expose = (what: string) =>
  patterns
    .min(1)
    .optional()
    .describe(
      `Offer only the ${what} that match one of these patterns (* and ?, or re: and a regular expression); all others can be neither listed nor used`,
    )

const hide = (what: string) =>
  patterns
    .default([])
    .describe(
      `Offer all ${what} but those that match one of these patterns (* and ?, or re: and a regular expression)`,
    )

const localName = z.string().min(1)

const args = z
  .record(z.string(), z.unknown())
  .refine(isJsonValue, 'has a value that JSON cannot express: a date, infinity or NaN')

const alias = z.strictObject({
  from: localName.describe('The name that the backend gives the tool'),
  to: z
    .string()
    .regex(/^[\w./-]{1,128}$/, 'use letters, digits, "_", "-", "." and "/", at most 128')
    .describe('The name that clients see, behind the prefix of the backend'),
})

const injection = z.strictObject({
  tool: localName.describe('The name that the backend gives the tool'),
  args: args.describe('Arguments, by the names of the backend'),
  overwrite: z
    .boolean()
    .default(false)
    .describe(
      'Replace what the caller sends; the parameters are not shown then. Default: only what it leaves out',
    ),
})

const override = z.strictObject({
  tool: localName.describe('The name that the backend gives the tool'),
  hide: z
    .array(localName)
    .default([])
    .describe('Parameters that callers do not see and cannot send'),
  defaults: args
    .default({})
    .describe('What the backend gets of parameters that are hidden or left out, by its names'),
  rename: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('Names of parameters for callers, by the names of the backend'),
})

const words = z.strictObject({
  tool: localName.optional().describe('The name that the backend gives the tool'),
  prompt: localName.optional().describe('The name that the backend gives the prompt'),
  resource: localName
    .optional()
    .describe('The URI that the backend gives the resource, or the text of a template'),
  title: z.string().min(1).optional().describe('The title that clients see'),
  description: z.string().min(1).optional().describe('The description that clients see'),
})

export const shapingKeys = {
  expose_tools: expose('tools, by the names of the backend,'),
  hide_tools: hide('tools, by the names of the backend,'),
  expose_resources: expose('resources and templates, by the URIs of the backend,'),
  hide_resources: hide('resources and templates, by the URIs of the backend,'),
  expose_prompts: expose('prompts, by the names of the backend,'),
  hide_prompts: hide('prompts, by the names of the backend,'),
  aliases: z
    .array(alias)
    .default([])
    .describe('Other names for tools; their original names are no longer available'),
  descriptions: z
    .array(words)
    .default([])
    .describe('Titles and descriptions for tools, prompts and resources, instead of their own'),
  param_overrides: z
    .array(override)
    .default([])
    .describe('Parameters of tools that are hidden, renamed or filled in'),
  default_args: args
    .default({})
    .describe('Arguments that every tool of the backend gets where the caller leaves them out'),
  inject_args: z.array(injection).default([]).describe('Arguments that one tool gets'),
}

export const shapingSchema = z.object(shapingKeys)
export type ShapingConfig = z.infer<typeof shapingSchema>
