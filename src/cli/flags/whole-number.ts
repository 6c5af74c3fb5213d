// A flag whose value is a whole number between two others.
import { custom } from '@oclif/core/flags'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

// A type and not an interface: oclif wants to know that it has these two members alone.
// oxlint-disable-next-line typescript/consistent-type-definitions
type Range = { readonly min: number; readonly max: number }

/** The value is not repeated: it can be anything, a secret included. */
export const wholeNumber = custom<number, Range>({
  parse: async (input, { id }, { name, min, max }) => {
    const value = Number(input)
    if (/^-?\d+$/.test(input) && value >= min && value <= max) return value
    const values = { flag: name, min, max, command: String(id) }
    throw usageError(problemOf('usage-flag', 'whole-number', values))
  },
})
