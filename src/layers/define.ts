// A layer adds one behaviour to a handler and owns the configuration keys that ask for it.
import type * as z from 'zod'
import type { Backend } from '../backends/backend.ts'
import type { Ports } from '../base/ports.ts'
import type { Call, Layer } from '../mcp/call.ts'
import type { CopiedHeaders } from '../cache/question.ts'
import type { OpenCache } from '../cache/store.ts'
import type { JsonRpcRequest } from '../mcp/json-rpc.ts'
import type { Circuit } from '../resilience/circuit.ts'
import type { Turns } from '../resilience/turns.ts'

/** What an edge layer knows besides its own keys. It sees exposed names. */
export interface EdgeContext {
  /** The backend that a request will go to, as far as it is known without asking. */
  readonly backendOf: (request: JsonRpcRequest) => string | undefined
  /** The tool that a call will go to, in the words of its backend, where the backend lists it. */
  readonly toolOf: (request: JsonRpcRequest) => ToolPlace | undefined
}

export interface ToolPlace {
  readonly backend: string
  readonly tool: string
}

/** What a layer around one backend knows besides its own keys. It sees local names. */
export interface BackendContext {
  /** Its name, how it is, and the events by which that changes. */
  readonly backend: Pick<Backend, 'name' | 'health' | 'subscribe'>
  /** Whether the backend lists the tool of a call as idempotent or read-only. */
  readonly isIdempotent: (call: Call) => boolean
  /** Whether it lists it as read-only, and does not contradict that. */
  readonly isReadOnly: (call: Call) => boolean
  /** Whether the backend may make a task of a tool call that does not ask for one. */
  readonly mayStartTask: (call: Call) => boolean
  /** What is known of how its calls ended; undefined without `circuit_breaker`. */
  readonly circuit?: Circuit | undefined
  /** The calls that are at it; undefined without `concurrency`. */
  readonly turns?: Turns | undefined
  /** Its answers that are used again; undefined without `cache`. */
  readonly cache?: OpenCache | undefined
  /** Follows the changes of a resource, where the backend announces them, for as long as the backend is open. */
  readonly watchResource?: (uri: string, onUpdated: (uri: string) => void) => void
  /** What of the headers of a caller reaches it: other headers, another answer. */
  readonly copiedHeaders?: CopiedHeaders | undefined
  /** Whether identical calls that are under way together are sent once. */
  readonly coalesces?: boolean
}

export interface LayerSpec<Keys extends z.ZodRawShape, Context> {
  /** The configuration keys it owns, as zod types with descriptions. */
  readonly keys: Keys
  /** Undefined when the configuration asks for nothing of it. */
  readonly create: (
    config: z.infer<z.ZodObject<Keys>>,
    ports: Ports,
    context: Context,
  ) => Layer | undefined
}

export const defineEdgeLayer = <Keys extends z.ZodRawShape>(
  keys: Keys,
  create: LayerSpec<Keys, EdgeContext>['create'],
): LayerSpec<Keys, EdgeContext> => ({ keys, create })

export const defineBackendLayer = <Keys extends z.ZodRawShape>(
  keys: Keys,
  create: LayerSpec<Keys, BackendContext>['create'],
): LayerSpec<Keys, BackendContext> => ({ keys, create })
