// The keys of [[backends]] that shape what clients see of it: what is offered, and under which names.
import * as z from 'zod'

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

export const shapingKeys = {
  expose_tools: expose('tools, by the names of the backend,'),
  hide_tools: hide('tools, by the names of the backend,'),
  expose_resources: expose('resources and templates, by the URIs of the backend,'),
  hide_resources: hide('resources and templates, by the URIs of the backend,'),
  expose_prompts: expose('prompts, by the names of the backend,'),
  hide_prompts: hide('prompts, by the names of the backend,'),
}

export const shapingSchema = z.object(shapingKeys)
export type ShapingConfig = z.infer<typeof shapingSchema>
