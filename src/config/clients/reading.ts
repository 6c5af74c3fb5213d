// The reading of one server of another client's file: its texts become texts of ours, without the secrets in them.
import { problemOf, type Problem } from '../../problems/problem.ts'
import { configText, piecesOf, type Piece, type ReferenceScope } from './references.ts'
import { secretSpans, variableNameOf } from '../secret-like.ts'
import type { Variables } from './variables.ts'

/** A key of another client's file that has no place in ours. */
export interface LeftOut {
  readonly key: string
  readonly why: string
}

export interface ImportContext {
  readonly folder: string
  readonly home: string
  /** Whether relative paths in it start at `folder`. */
  readonly inFolder: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly variables: Variables
  /** Names of backends that are taken; the new name is added. */
  readonly names: Set<string>
  /** Stands behind a name that is taken. */
  readonly label: string
  /** The names of the variables in an envFile, or why there are none. */
  readonly envFile: (file: string) => readonly string[] | string
}

export type Entry = Readonly<Record<string, unknown>>

export const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export interface Reading {
  readonly name: string
  readonly entry: Entry
  readonly context: ImportContext
  /** What its env says so far, by name. */
  readonly own: Map<string, readonly Piece[]>
  readonly leftOut: LeftOut[]
  /** What a person should know about it. */
  readonly notes: string[]
  /** Why it cannot be taken at all. */
  readonly faults: Problem[]
}

const scopeOf = ({ context, own }: Reading): ReferenceScope => ({
  folder: context.folder,
  home: context.home,
  isSet: (name) => (context.env[name] ?? '') !== '',
  own,
  nameFor: (id) => variableNameOf(id),
})

export const read = (text: string, reading: Reading): readonly Piece[] =>
  piecesOf(text, scopeOf(reading))

/** No program can be given these, and no TOML can hold half a character. */
const isPlain = (text: string): boolean => !text.includes('\u0000') && !/\p{Surrogate}/u.test(text)

export const written = (pieces: readonly Piece[], key: string, { faults }: Reading): string => {
  const text = configText(pieces)
  if (text === undefined) faults.push(problemOf('client-server', 'dollar', { key }))
  else if (!isPlain(text)) faults.push(problemOf('client-server', 'text', { key }))
  return text ?? ''
}

export const place = (key: string, { name }: Reading): string => `${key} of ${name}`

/** Secrets in literal text become variables; `wish` names them. */
export const masked = (
  pieces: readonly Piece[],
  reading: Reading,
  key: string,
  wish: (called: string) => readonly string[],
): readonly Piece[] =>
  pieces.flatMap((piece): readonly Piece[] => {
    if ('variable' in piece) {
      reading.context.variables.refer(piece.variable, place(key, reading), piece.was)
      return [piece]
    }
    const parts: Piece[] = []
    let end = 0
    for (const span of secretSpans(piece.text)) {
      const secret = piece.text.slice(span.start, span.end)
      const variable = reading.context.variables.claim(
        secret,
        wish(span.called),
        place(key, reading),
      )
      parts.push({ text: piece.text.slice(end, span.start) }, { variable })
      end = span.end
    }
    return [...parts, { text: piece.text.slice(end) }]
  })

export const wishFor =
  ({ name }: Reading) =>
  (called: string): readonly string[] =>
    /^[A-Z][A-Z0-9_]*$/.test(called)
      ? [called, variableNameOf(name, called)]
      : [variableNameOf(name, called)]

/** The whole value, where all of it is secret. */
export const claimed = (
  text: string,
  reading: Reading,
  key: string,
  called: string,
): readonly Piece[] => [
  {
    variable: reading.context.variables.claim(text, wishFor(reading)(called), place(key, reading)),
  },
]

export const isLiteral = (pieces: readonly Piece[]): boolean =>
  pieces.every((piece) => 'text' in piece)
