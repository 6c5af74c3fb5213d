// What takes the body of a response.

/** Takes the body chunk by chunk. */
export interface BodySink {
  /** False ends it. */
  onChunk(chunk: Uint8Array): boolean
  /** Resolves when more may come; undefined when it may at once. */
  drained?(): Promise<void> | undefined
}
