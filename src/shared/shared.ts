// What replicas of one proxy keep for each other, as the rest of the proxy sees it.
import type { JsonObject } from '../base/json.ts'
import type { Call, Reply } from '../mcp/call.ts'
import type { Binding } from '../mcp/request-state.ts'

/** Sealed values under digests of their ids. Redis that does not answer is as if there were nothing. */
export interface SharedValues {
  get(id: string): Promise<JsonObject | undefined>
  /** Resolves when it is there, or could not be put there. */
  put(id: string, value: JsonObject, ttlMs: number): Promise<void>
}

/** A suspended call that goes on: what its state names, whose it is, and who waits for the reply. */
export interface Resumption {
  readonly binding: Binding
  readonly content: JsonObject
  readonly call: Call
}

/** Goes on with a call that is suspended in this process. */
export type ResumeHere = (resumption: Resumption) => Promise<Reply>

/** The way of answers to the replica where their call waits. */
export interface Relay {
  /** What states name: this replica, for as long as it runs. */
  readonly name: string
  /** Goes on with a call that is suspended at the replica `at`. */
  resume(at: string, resumption: Resumption): Promise<Reply>
}

/** Undefined members: not shared. */
export interface Shared {
  readonly tasks: SharedValues | undefined
  readonly introspection: SharedValues | undefined
  readonly relay: Relay | undefined
  /** Connects. A second call does nothing. */
  start(): void
  close(): void
}
