// Cuts a byte stream into lines, with a limit on what one line may hold in memory.
import { isJsonRpcId, type JsonRpcId } from './json-rpc.ts'

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

/** Chunks are not copied; a line that spans several is joined once. */
export const lineCutter = (limit: number, sink: LineSink): ((chunk: Uint8Array) => void) => {
  let kept: Uint8Array[] = []
  let keptLength = 0
  let overlong: { readonly head: Uint8Array; tail: Uint8Array } | undefined

  const keep = (part: Uint8Array) => {
    if (overlong !== undefined) {
      overlong.tail = Buffer.concat([overlong.tail, part.subarray(-edgeBytes)]).subarray(-edgeBytes)
      return
    }
    kept.push(part)
    keptLength += part.length
    if (keptLength <= limit) return
    const all = Buffer.concat(kept)
    overlong = { head: all.subarray(0, edgeBytes), tail: all.subarray(-edgeBytes) }
    kept = []
    keptLength = 0
  }
  const endLine = () => {
    if (overlong !== undefined) {
      const { head, tail } = overlong
      overlong = undefined
      sink.onOverlong(head, tail)
      return
    }
    const [only] = kept
    const line = kept.length === 1 && only !== undefined ? only : Buffer.concat(kept)
    kept = []
    keptLength = 0
    sink.onLine(trimmed(line))
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

/** The id of a message of which only the edges are known: most programs write it first or last. */
export const idOfOverlong = (head: Uint8Array, tail: Uint8Array): JsonRpcId | undefined => {
  const text =
    idFirst.exec(Buffer.from(head).toString())?.[1] ??
    idLast.exec(Buffer.from(tail).toString())?.[1]
  const id: unknown = text === undefined ? undefined : JSON.parse(text)
  return isJsonRpcId(id) ? id : undefined
}

/** The id of a message that is not to be parsed. */
export const idAtEdges = (message: Uint8Array): JsonRpcId | undefined =>
  idOfOverlong(message.subarray(0, edgeBytes), message.subarray(-edgeBytes))
