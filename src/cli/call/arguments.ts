// The arguments of a call, from the words of a command line: key=value, key:=JSON, or one object of JSON.
import type { Json, JsonObject } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { nearest } from '../../config/nearest.ts'
import { looksLikeToken } from '../../base/token-like.ts'
import { convert, convertList, json, type Converted } from './convert.ts'
import { shapeText, type Parameters, type Shape } from './schema-types.ts'

export interface ReadArguments {
  readonly args: JsonObject
  /** Everything that is wrong, so that it is fixed at once. */
  readonly faults: readonly Problem[]
}

interface Given {
  readonly name: string
  readonly words: string[]
  readonly raw: string[]
}

/** `a=b=c` is the value `b=c` of a; `a:=1` is JSON, and so is it for no other than the first sign. */
const split = (word: string): { name: string; value: string; isRaw: boolean } | undefined => {
  const at = word.indexOf('=')
  if (at < 1) return undefined
  const isRaw = word[at - 1] === ':'
  const name = word.slice(0, isRaw ? at - 1 : at)
  return name === '' ? undefined : { name, value: word.slice(at + 1), isRaw }
}

const gather = (
  words: readonly string[],
): { readonly given: ReadonlyMap<string, Given>; readonly faults: readonly Problem[] } => {
  const given = new Map<string, Given>()
  const faults: Problem[] = []
  for (const word of words) {
    const read = split(word)
    if (read === undefined) {
      // It may be a secret that lost its name: the word is not repeated.
      faults.push(problemOf('usage-flag', 'argument-unnamed'))
      continue
    }
    const own = given.get(read.name) ?? { name: read.name, words: [], raw: [] }
    ;(read.isRaw ? own.raw : own.words).push(read.value)
    given.set(read.name, own)
  }
  return { given, faults }
}

const untyped: Shape = { types: [], values: undefined, items: undefined, about: undefined }

const isOnlyList = ({ types }: Shape): boolean =>
  types.includes('array') && types.every((type) => type === 'array' || type === 'null')

const valueOf = ({ words, raw }: Given, shape: Shape): Converted => {
  const count = words.length + raw.length
  const [first] = raw
  if (raw.length > 0 && count > 1) return { fault: 'is given more than once' }
  if (first !== undefined) return json(first)
  const [word = ''] = words
  if (isOnlyList(shape) && !(count === 1 && shape.types.includes('null') && word === 'null')) {
    return convertList(words, shape)
  }
  if (count > 1) {
    return shape.types.includes('array')
      ? convertList(words, shape)
      : { fault: 'is given more than once' }
  }
  return convert(word, shape)
}

const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`

const unknownFault = (name: string, { shapes }: Parameters, used: ReadonlySet<string>): Problem => {
  const names = [...shapes.keys()]
  const meant = nearest(
    name,
    names.filter((one) => !used.has(one)),
  )
  if (looksLikeToken(name)) return problemOf('usage-flag', 'argument-like-token')
  return meant === undefined
    ? problemOf('usage-flag', 'unknown-argument', { name, names: listed(names) })
    : problemOf('usage-flag', 'similar-argument', { name, meant })
}

const missingFaults = (
  { required, shapes }: Parameters,
  used: ReadonlySet<string>,
  replaced: ReadonlySet<string>,
): readonly Problem[] =>
  required
    .filter((name) => !used.has(name) && !replaced.has(name))
    .map((name) => {
      const shape = shapes.get(name) ?? untyped
      const about = shape.about === undefined ? '' : `: ${shape.about}`
      const isJson = shape.types.includes('object')
      return problemOf('usage-missing', 'argument', {
        name,
        wanted: `${shapeText(shape)}${about}`,
        form: isJson ? `${name}:='{...}'` : `${name}=<value>`,
      })
    })

/** The names alone: what the values have to be is for the server to say. */
const checkNames = (names: readonly string[], parameters: Parameters): readonly Problem[] => {
  const used = new Set(names)
  const { shapes, isOpen } = parameters
  const unknown = isOpen ? [] : names.filter((name) => !shapes.has(name))
  const faults = unknown.map((name) => unknownFault(name, parameters, used))
  const meant = new Set(
    unknown.flatMap(
      (name) =>
        nearest(
          name,
          [...shapes.keys()].filter((one) => !used.has(one)),
        ) ?? [],
    ),
  )
  // What was misspelt is not missing as well.
  return [...faults, ...missingFaults(parameters, used, meant)]
}

/** Arguments that came as one object. */
export const checkObject = (args: JsonObject, parameters: Parameters): readonly Problem[] =>
  checkNames(Object.keys(args), parameters)

export const readArguments = (words: readonly string[], parameters: Parameters): ReadArguments => {
  const { given, faults } = gather(words)
  const args: [string, Json][] = []
  const found = [...faults, ...checkNames([...given.keys()], parameters)]
  for (const one of given.values()) {
    const shape = parameters.shapes.get(one.name) ?? untyped
    const value = valueOf(one, shape)
    if ('fault' in value) {
      found.push(
        problemOf('usage-flag', 'argument-value', {
          name: one.name,
          fault: value.fault,
          wanted: shapeText(shape),
        }),
      )
    } else args.push([one.name, value.value])
  }
  // Makes a member even of `__proto__`.
  return { args: Object.fromEntries(args), faults: found }
}
