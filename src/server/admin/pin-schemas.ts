// What the admin API answers about pinned tools.
import * as z from 'zod'
import { pinModes } from '../../pins/pins-config.ts'
import { components } from './schemas.ts'

const change = z.object({
  path: z.string().describe('Such as inputSchema.properties.path.description'),
  before: z.unknown().describe('null where it is not there'),
  after: z.unknown().describe('null where it is not there'),
})

export const pinsSchema = z
  .array(
    z.object({
      backend: z.string(),
      pin_tools: z.enum(pinModes),
      quarantined: z.array(
        z.object({
          tool: z.string().describe('The name that the backend gives it'),
          state: z.enum(['changed', 'new']),
          changes: z.array(change),
        }),
      ),
    }),
  )
  .readonly()
components.add(pinsSchema, { id: 'Pins' })
