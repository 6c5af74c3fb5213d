// The words of the catalogue with the values of one case put in.
import { problemSpec, type ProblemCode } from './problem.ts'

export type Values = Readonly<Record<string, string | number>>

/** Puts values into the `{name}` places of a catalogue message. */
export const phrase = (template: string, values: Values = {}): string =>
  template.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))

/** The catalogue's own message for the id, with its places filled. */
export const messageOf = (id: ProblemCode, values?: Values): string =>
  phrase(problemSpec(id).message, values)
