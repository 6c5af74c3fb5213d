// A layer adds one behaviour to a handler and owns the configuration keys that ask for it.
import type * as z from 'zod'
import type { CancelSignal } from '../base/cancellation.ts'
import type { Ports } from '../base/ports.ts'
import type { Call, Layer } from '../mcp/call.ts'
import type { JsonRpcRequest } from '../mcp/json-rpc.ts'

/** What a layer may know besides its own keys. */
export interface LayerPlace {
  /** The backend whose calls it sees; undefined for edge layers. */
  readonly backend: string | undefined
  /** For edge layers, which see public names: the backend that a request will go to, as far as it is known. */
  readonly backendOf?: (request: JsonRpcRequest) => string | undefined
  /** For the layers of a backend: whether it lists the tool of a call as one that may be carried out twice. */
  readonly isHarmless?: (call: Call) => boolean
  /** For the layers of a backend: whether it may make a task of a tool call that does not ask for one. */
  readonly mayStartTask?: (call: Call) => boolean
  /** For the layers of a backend: resolves to whether it is up, for which it gets some time. */
  readonly untilUp?: (limitMs: number, signal: CancelSignal) => Promise<boolean>
}

export interface LayerSpec<Keys extends z.ZodRawShape> {
  /** The configuration keys it owns, as zod types with descriptions. */
  readonly keys: Keys
  /** Undefined when the configuration asks for nothing of it. */
  readonly create: (
    config: z.infer<z.ZodObject<Keys>>,
    ports: Ports,
    place: LayerPlace,
  ) => Layer | undefined
}

export const defineLayer = <Keys extends z.ZodRawShape>(
  keys: Keys,
  create: LayerSpec<Keys>['create'],
): LayerSpec<Keys> => ({ keys, create })
