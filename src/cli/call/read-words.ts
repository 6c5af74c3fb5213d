// The words of `call`: which server, what of it, and the arguments as far as they can be read without the server.
import { readJson } from '../../base/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { isReadFault, readFileOrPipe } from '../../base/read-file.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { readStandardInput } from '../terminal/stdin.ts'
import type { Subject } from './content.ts'

export interface Wanted {
  /** An address or the name of a backend; undefined: a command follows. */
  readonly target: string | undefined
  readonly kind: Subject
  readonly name: string
  /** `key=value` and the like. */
  readonly words: readonly string[]
  /** All arguments as one object, in place of words. */
  readonly object: JsonObject | undefined
}

export interface WordFlags {
  readonly resource?: string | undefined
  readonly prompt?: string | undefined
}

const largest = 10 * 1_048_576

const objectIn = (text: string, from: string): JsonObject => {
  let value: unknown
  try {
    value = readJson(text)
  } catch {
    throw usageError(problemOf('usage-flag', 'arguments-json', { from }))
  }
  if (!isJsonObject(value)) throw usageError(problemOf('usage-flag', 'arguments-object', { from }))
  return value
}

const fromFile = async (file: string): Promise<JsonObject> => {
  const read = await readFileOrPipe(file, { maxBytes: largest })
  if (isReadFault(read)) {
    throw usageError(problemOf('usage-flag', 'arguments-unreadable', { file, why: read.why }))
  }
  return objectIn(read.bytes.toString('utf8'), file)
}

/** One word that is the whole object: as JSON, in a file, on standard input. */
const wholeObject = (words: readonly string[]): Promise<JsonObject> | JsonObject | undefined => {
  const [word] = words.filter((one) => /^[{@]/.test(one) || one === '-')
  if (word === undefined) return undefined
  if (words.length > 1) {
    throw usageError(problemOf('usage-flag', 'arguments-mixed'))
  }
  if (word === '-') {
    return readStandardInput('the arguments').then((text) => objectIn(text, 'standard input'))
  }
  return word.startsWith('@') ? fromFile(word.slice(1)) : objectIn(word, 'the command line')
}

export const readWords = async (
  argv: readonly string[],
  command: readonly string[] | undefined,
  flags: WordFlags,
): Promise<Wanted> => {
  const words = [...argv]
  const target = command === undefined ? words.shift() : undefined
  if (command === undefined && target === undefined) {
    throw usageError(problemOf('usage-missing', 'server'))
  }
  const { resource, prompt } = flags
  if (resource !== undefined && words.length > 0) {
    throw usageError(problemOf('usage-flag', 'resource-arguments'))
  }
  const kind = resource === undefined ? (prompt === undefined ? 'tool' : 'prompt') : 'resource'
  const name = resource ?? prompt ?? words.shift()
  if (name === undefined) {
    throw usageError(problemOf('usage-missing', 'tool-name'))
  }
  const object = await wholeObject(words)
  return { target, kind, name, words: object === undefined ? words : [], object }
}
