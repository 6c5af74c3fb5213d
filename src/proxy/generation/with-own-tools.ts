// The members of one configuration with the proxy's own tools among them, and what each caller sees of all.
import type { Ports } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import type { Call, Handler } from '../../mcp/call.ts'
import type { Policy } from '../../policy/policy.ts'
import { createExposure, type Exposure, type FindAnnotations } from '../exposure/exposure.ts'
import { createListing } from '../lists/listing.ts'
import { findAnnotationsIn, type Upstream } from '../lists/member.ts'
import { createOwnTools } from '../own-tools/own-tools.ts'

export interface SeenMembers {
  readonly members: readonly Upstream[]
  readonly findAnnotations: FindAnnotations
  readonly exposure: Exposure
  /** Whether the call is carried out as several; undefined where none is. */
  readonly isSeveral: ((call: Call) => boolean) | undefined
}

export interface SeenParts {
  readonly config: Config
  /** The backends that callers see, in their shapes. */
  readonly backends: readonly Upstream[]
  readonly policy: Policy
  readonly ports: Ports
  /** The whole way of a call, with the limits and the policy. */
  readonly handle: Handler
}

const silent = { warn: () => undefined }

/** The proxy's own tools come first: a name of theirs is nobody else's. */
export const withOwnTools = ({
  config,
  backends,
  policy,
  ports,
  handle,
}: SeenParts): SeenMembers => {
  const seenBy = (members: readonly Upstream[]) => {
    const findAnnotations = findAnnotationsIn(members)
    return { members, findAnnotations, exposure: createExposure(policy, ports, findAnnotations) }
  }
  const plain = seenBy(backends)
  const { composite_tools: composites, observability } = config
  if (composites.length === 0) return { ...plain, isSeveral: undefined }
  const own = createOwnTools({
    composites,
    members: backends,
    // The list with the proxy's own tools reports names that are taken.
    listing: createListing(backends, { privateLists: true, exposure: plain.exposure, log: silent }),
    handle,
    viewKey: (caller) => plain.exposure.viewKey(caller),
    ports,
    audit: observability.audit,
  })
  return { ...seenBy([own.member, ...backends]), isSeveral: own.isSeveral }
}
