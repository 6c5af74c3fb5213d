// One word of a command line becomes the value that a schema wants there.
import { readJson } from '../../base/exact-json.ts'
import type { Json } from '../../base/json.ts'
import { nearest } from '../../config/nearest.ts'
import { shapeText, type Shape, type TypeName } from './schema-types.ts'

export type Converted = { readonly value: Json } | { readonly fault: string }

const integer = /^[+-]?\d+$/
/** RFC 8259 section 6, and the signs and bare points that people write. */
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** As JSON writes it: without a plus, with a digit on both sides of the point, without zeros before it. */
const asJson = (text: string): string => {
  const [, sign = '', whole = '', fraction, exponent = ''] =
    /^\+?(-?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/.exec(text) ?? []
  const digits = whole.replace(/^0+(?=\d)/, '') || '0'
  return `${sign}${digits}${fraction === undefined || fraction === '' ? '' : `.${fraction}`}${exponent}`
}

/** Every digit counts: an integer beyond 2^53 is sent as it was written. */
const numeric = (text: string): Json => readJson(asJson(text)) as Json

const parsed = (text: string): Json | undefined => {
  try {
    return readJson(text) as Json
  } catch {
    return undefined
  }
}

/** Undefined where the word is no value of that type. */
const readers: Readonly<Record<TypeName, (word: string) => Json | undefined>> = {
  integer: (word) => (integer.test(word) ? numeric(word) : undefined),
  number: (word) => (number.test(word) ? numeric(word) : undefined),
  boolean: (word) => (word === 'true' ? true : word === 'false' ? false : undefined),
  null: (word) => (word === 'null' ? null : undefined),
  object: (word) => (word.trimStart().startsWith('{') ? parsed(word) : undefined),
  array: (word) => (word.trimStart().startsWith('[') ? parsed(word) : undefined),
  string: (word) => word,
}

/** Any word is a string: the others are tried before it. */
const inOrder = (types: readonly TypeName[]): readonly TypeName[] => [
  ...types.filter((type) => type !== 'string'),
  ...types.filter((type) => type === 'string'),
]

const isSame = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b)

const chosen = (word: string, { types, values = [] }: Shape): Converted => {
  const candidates = inOrder(types).flatMap((type) => readers[type](word) ?? [])
  const found = values.find((value) => candidates.some((one) => isSame(one, value)))
  if (found !== undefined) return { value: found }
  if (values.includes(null) && word === 'null') return { value: null }
  const words = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  const meant = nearest(word, words)
  const list = words.join(', ')
  return {
    fault:
      meant === undefined
        ? `must be one of ${list}`
        : `must be one of ${list}: did you mean ${meant}?`,
  }
}

/** Without a type a word stays a string. */
export const convert = (word: string, shape: Shape): Converted => {
  const { types, values } = shape
  if (values !== undefined) return chosen(word, shape)
  for (const type of inOrder(types.length === 0 ? ['string'] : types)) {
    const value = readers[type](word)
    if (value !== undefined) return { value }
  }
  const isJson = types.some((type) => type === 'object' || type === 'array')
  return { fault: `must be ${shapeText(shape)}${isJson ? ' (as JSON: name:=...)' : ''}` }
}

/** The words of an argument that may be a list, each an item of it. */
export const convertList = (words: readonly string[], shape: Shape): Converted => {
  const items: Json[] = []
  for (const word of words) {
    const item = convert(word, shape.items ?? { ...shape, types: [], values: undefined })
    if ('fault' in item) return { fault: `each item ${item.fault}` }
    items.push(item.value)
  }
  return { value: items }
}

export const json = (word: string): Converted => {
  const value = parsed(word)
  return value === undefined ? { fault: 'is not JSON behind :=' } : { value }
}
