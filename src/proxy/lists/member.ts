// One backend as the router sees it: its link behind its layers, its names, and what it lists.
import type { Backend } from '../../backends/backend.ts'
import type { Handler } from '../../mcp/call.ts'
import type { OpenCache } from '../../cache/store.ts'
import type { Circuit } from '../../resilience/circuit.ts'
import type { Turns } from '../../resilience/turns.ts'
import type { FindAnnotations } from '../exposure/exposure.ts'
import type { ShapeArguments } from '../../shaping/shape.ts'
import type { BackendLists } from './backend-lists.ts'
import type { ListViews } from './list-views.ts'
import type { BackendNames } from '../names/names.ts'

export interface Upstream {
  readonly backend: Backend
  /** The backend behind its layers. Local names. */
  readonly handle: Handler
  readonly names: BackendNames
  /** What its main link lists. */
  readonly lists: BackendLists
  /** What it lists to whom. */
  readonly views: ListViews
  /** Turns the arguments of a call into those of the backend; undefined: they are sent as they came. */
  readonly shapeArguments?: ShapeArguments | undefined
  /** Lists without it are an error instead of shorter. */
  readonly required: boolean
  /** Undefined without `cache`. */
  readonly cache?: OpenCache | undefined
  /** Undefined without `circuit_breaker`. */
  readonly circuit?: Circuit | undefined
  /** Undefined without `concurrency`. */
  readonly turns?: Turns | undefined
}

/** Of a tool as it is listed to the caller, or else to everybody of its era. */
export const findAnnotationsIn = (members: readonly Upstream[]): FindAnnotations => {
  const byName = new Map(members.map((member) => [member.backend.name, member]))
  return (caller, { backend, name }) => {
    const views = byName.get(backend)?.views
    const of = (lists: BackendLists | undefined) => lists?.latest('tools')?.annotations?.get(name)
    return of(views?.seenBy(caller)) ?? of(views?.of(caller.client.era))
  }
}
