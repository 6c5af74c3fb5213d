// The file of pins: for each backend the definitions of its tools as they were accepted. Sorted, so that it reads well in reviews.
import { changeFile } from '../base/change-file.ts'
import type { Clock } from '../base/clock.ts'
import { isJsonObject, parseJson, type JsonObject } from '../base/json.ts'
import { isReadFault, modeForOthers, readRegularFile } from '../base/read-file.ts'
import { codeOf, lockOf } from '../base/replace-file.ts'
import { fileWords } from '../base/system-errors.ts'
import { problemOf, type Problem } from '../problems/problem.ts'

/** By backend, then by the backend's own name of the tool. */
export type Pins = ReadonlyMap<string, ReadonlyMap<string, JsonObject>>

/** Some ten thousand tools. */
const largest = 32 * 1_048_576

/** Deeper than any schema that a backend can send. */
const deepest = 100_000

export const isPins = (read: Pins | Problem): read is Pins => read instanceof Map

/** What is wrong goes on from "cannot be used: ". */
const parsePins = (bytes: Buffer): Pins | string => {
  const parsed = parseJson(bytes, { maxBytes: largest, maxDepth: deepest })
  if (!parsed.ok) return `it is no JSON: ${parsed.reason}`
  if (parsed.duplicates.length > 0) return 'a member is there twice'
  const { value } = parsed
  if (!isJsonObject(value) || value['version'] !== 1) return 'version: must be 1'
  const { backends } = value
  if (!isJsonObject(backends)) return 'backends: must be an object'
  const pins = new Map<string, ReadonlyMap<string, JsonObject>>()
  for (const [backend, tools] of Object.entries(backends)) {
    if (!isJsonObject(tools)) return `backends.${backend}: must be an object`
    const definitions = new Map<string, JsonObject>()
    for (const [tool, definition] of Object.entries(tools)) {
      if (!isJsonObject(definition)) return `backends.${backend}.${tool}: must be an object`
      definitions.set(tool, definition)
    }
    pins.set(backend, definitions)
  }
  return pins
}

/** A file that is not there yet has no pins. */
export const readPins = (file: string): Pins | Problem => {
  const read = readRegularFile(file, { maxBytes: largest })
  if (isReadFault(read)) {
    return read.code === 'ENOENT'
      ? new Map()
      : problemOf('pin-file', 'unreadable', { file, why: read.why })
  }
  const open = modeForOthers(read.mode ?? 0)
  if (open !== undefined) return problemOf('pin-file', 'writable', { file, mode: open })
  const pins = parsePins(read.bytes)
  return typeof pins === 'string' ? problemOf('pin-file', 'form', { file, why: pins }) : pins
}

const sorted = <Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))

const pinFileText = (pins: Pins): string => {
  const backends = sorted(pins)
    .filter(([, tools]) => tools.size > 0)
    .map(([backend, tools]) => [backend, Object.fromEntries(sorted(tools))] as const)
  return `${JSON.stringify({ version: 1, backends: Object.fromEntries(backends) }, null, 2)}\n`
}

const unwritable = (file: string, why: string): Problem =>
  problemOf('pin-file', 'unwritable', { file, why })

/** A change, unless what it makes could not be read again. */
const written = (file: string, pins: Pins): string | Problem => {
  const text = pinFileText(pins)
  return text.length <= largest
    ? text
    : unwritable(file, `it would have more than ${largest} bytes`)
}

/** `change` gets the pins of now, and gives those of afterwards; undefined: they stay. The result is what is pinned then. */
export const changePins = async (
  file: string,
  clock: Clock,
  change: (pins: Pins) => Pins | undefined,
): Promise<Pins | Problem> => {
  try {
    const done = await changeFile<Pins | Problem>(file, clock, () => {
      const before = readPins(file)
      const after = isPins(before) ? change(before) : undefined
      if (after === undefined) return { text: undefined, result: before }
      const text = written(file, after)
      return typeof text === 'string' ? { text, result: after } : { text: undefined, result: text }
    })
    return done?.result ?? problemOf('pin-file', 'busy', { file, lock: lockOf(file) })
  } catch (error) {
    const code = codeOf(error)
    return unwritable(file, code === 'ENOENT' ? 'its folder does not exist' : fileWords(code))
  }
}

/** With that of one backend put in its place. */
export const withTools = (
  pins: Pins,
  backend: string,
  tools: ReadonlyMap<string, JsonObject>,
): Pins => new Map([...pins, [backend, tools]])
