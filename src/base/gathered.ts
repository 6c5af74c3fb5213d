// Bytes that come in chunks, until they are whole: they take the memory of their length, whatever the chunks.

/** From here on a chunk is worth keeping as it is; smaller ones share blocks. */
const ownBytes = 8 * 1024
const leastBlock = 1024
const largestBlock = 64 * 1024

/** A slice that is kept keeps all that it was cut from. */
const fillsItsMemory = (chunk: Uint8Array): boolean =>
  chunk.length >= ownBytes && chunk.length * 2 >= chunk.buffer.byteLength

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Chunks are kept, not copied, unless they are small: a body in one chunk, or in large ones, is joined at most once. */
export class Gathered {
  /** In bytes. */
  length = 0
  private only: Uint8Array | undefined
  private parts: Uint8Array[] | undefined
  private block: Buffer | undefined
  private used = 0

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    const { only, length } = this
    this.length += chunk.length
    if (length === 0) {
      this.only = chunk
      return
    }
    if (only !== undefined) {
      this.only = undefined
      this.keep(only)
    }
    this.keep(chunk)
  }

  /** All that came, which is forgotten. */
  take(): Buffer {
    const { only, length } = this
    this.seal()
    const whole = only === undefined ? Buffer.concat(this.parts ?? [], length) : asBuffer(only)
    this.clear()
    return whole
  }

  clear(): void {
    this.length = 0
    this.only = undefined
    this.parts = undefined
    this.block = undefined
    this.used = 0
  }

  private keep(chunk: Uint8Array): void {
    if (fillsItsMemory(chunk)) {
      this.seal()
      ;(this.parts ??= []).push(chunk)
      return
    }
    let from = 0
    while (from < chunk.length) {
      const { block, used } = this
      if (block === undefined || used === block.length) {
        this.seal()
        const size = Math.min(largestBlock, Math.max(leastBlock, this.length))
        this.block = Buffer.allocUnsafeSlow(size)
        this.used = 0
        continue
      }
      const piece = chunk.subarray(from, from + block.length - used)
      block.set(piece, used)
      this.used += piece.length
      from += piece.length
    }
  }

  /** What is in the block goes among the others; what is left of it is filled later. */
  private seal(): void {
    const { block, used } = this
    if (block === undefined || used === 0) return
    ;(this.parts ??= []).push(block.subarray(0, used))
    this.block = block.subarray(used)
    this.used = 0
  }
}
