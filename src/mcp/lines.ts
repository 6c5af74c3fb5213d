// Cuts a byte stream into lines, with a limit on what one line may hold in memory.
import { Gathered } from '../base/gathered.ts'
import { jsonRpcIdOf, type JsonRpcId } from './json-rpc.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const edgeBytes = 1024

export interface LineSink {
  onLine(line: Uint8Array): void
  /** A line was longer than the limit and was dropped; its first and last bytes may tell what it was. */
  onOverlong(head: Uint8Array, tail: Uint8Array): void
}

const trimmed = (line: Uint8Array): Uint8Array =>
  line.at(-1) === carriageReturn ? line.subarray(0, -1) : line

const copyOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes)

/** A line that came in one chunk, or in large ones, is joined at most once. */
export const lineCutter = (limit: number, sink: LineSink): ((chunk: Uint8Array) => void) => {
  const line = new Gathered()
  let overlong: { readonly head: Uint8Array; tail: Uint8Array } | undefined

  const keep = (part: Uint8Array) => {
    if (overlong !== undefined) {
      overlong.tail = Buffer.concat([overlong.tail, part.subarray(-edgeBytes)]).subarray(-edgeBytes)
      return
    }
    line.push(part)
    if (line.length <= limit) return
    const all = line.take()
    overlong = { head: copyOf(all.subarray(0, edgeBytes)), tail: copyOf(all.subarray(-edgeBytes)) }
  }
  const endLine = () => {
    if (overlong === undefined) {
      sink.onLine(trimmed(line.take()))
      return
    }
    const { head, tail } = overlong
    overlong = undefined
    sink.onOverlong(head, tail)
  }
  return (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      keep(chunk.subarray(start, end))
      endLine()
      start = end + 1
    }
    if (start < chunk.length) keep(chunk.subarray(start))
  }
}

const idText = String.raw`"id":\s*(-?\d+|"[^"\\]*")`
const idFirst = new RegExp(String.raw`^\s*\{(?:"jsonrpc":\s*"2\.0",\s*)?${idText}`)
const idLast = new RegExp(String.raw`${idText}\s*\}\s*$`)

/** What looks like an id need not be JSON: 007, or a string with a control character in it. */
const parseOrNothing = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The id of a message of which only the edges are known: most programs write it first or last. */
export const idOfOverlong = (head: Uint8Array, tail: Uint8Array): JsonRpcId | undefined => {
  const text =
    idFirst.exec(Buffer.from(head).toString())?.[1] ??
    idLast.exec(Buffer.from(tail).toString())?.[1]
  return text === undefined ? undefined : jsonRpcIdOf(parseOrNothing(text))
}

/** The id of a message that is not to be parsed. */
export const idAtEdges = (message: Uint8Array): JsonRpcId | undefined =>
  idOfOverlong(message.subarray(0, edgeBytes), message.subarray(-edgeBytes))
