// A flag whose value is a whole number between two others.
import { custom } from '@oclif/core/flags'
import { UsageError } from '../../problems/usage-error.ts'

// A type and not an interface: oclif wants to know that it has these two members alone.
// oxlint-disable-next-line typescript/consistent-type-definitions
type Range = { readonly min: number; readonly max: number }

/** The value is not repeated: it can be anything, a secret included. */
export const wholeNumber = custom<number, Range>({
  parse: async (input, { id }, { name, min, max }) => {
    const value = Number(input)
    if (/^-?\d+$/.test(input) && value >= min && value <= max) return value
    throw new UsageError({
      code: 'usage-flag',
      message: `--${name} wants a whole number from ${String(min)} to ${String(max)}`,
      hint: `see mcp-proxy ${String(id)} --help`,
    })
  },
})
