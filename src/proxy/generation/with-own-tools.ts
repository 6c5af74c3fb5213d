// The members of one configuration with the proxy's own tools among them, and what each caller sees of all.
import type { Ports } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import { discoveryToolsOf } from '../../discovery/discovery-config.ts'
import type { Call, Handler, Layer } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import type { Policy } from '../../policy/policy.ts'
import {
  closedFor,
  createExposure,
  openFor,
  type Exposure,
  type FindAnnotations,
} from '../exposure/exposure.ts'
import { createListing, type Listing } from '../lists/listing.ts'
import { findAnnotationsIn, type Upstream } from '../lists/member.ts'
import type { AdminMember } from '../own-tools/admin-member.ts'
import { createOwnTools } from '../own-tools/own-tools.ts'

export interface SeenMembers {
  readonly members: readonly Upstream[]
  readonly findAnnotations: FindAnnotations
  readonly exposure: Exposure
  /** Those whose tools are listed, where that is not all of them. */
  readonly listed: readonly Upstream[] | undefined
  /** Whether the call is carried out as several; undefined where none is. */
  readonly isSeveral: ((call: Call) => boolean) | undefined
  /** Directly around the router. */
  readonly layers: readonly Layer[]
  /** The request that is meant. */
  readonly unwrap: (request: JsonRpcRequest) => JsonRpcRequest
}

export interface SeenParts {
  readonly config: Config
  /** The backends that callers see, in their shapes. */
  readonly backends: readonly Upstream[]
  readonly policy: Policy
  readonly ports: Ports
  /** Whether what one caller is shown may be kept for no other one. */
  readonly privateLists: boolean
  /** The whole way of a call, with the limits and the policy. */
  readonly handle: Handler
  /** The admin tools; undefined where there are none. */
  readonly admin?: AdminMember | undefined
}

const asItCame = (request: JsonRpcRequest): JsonRpcRequest => request

const silent = { warn: () => undefined }

/** The proxy's own tools come first: a name of theirs belongs to no backend. */
export const withOwnTools = (parts: SeenParts): SeenMembers => {
  const { config, backends, policy, ports, privateLists, handle, admin } = parts
  const ofAdmin = admin === undefined ? [] : [admin.member]
  const seenBy = (others: readonly Upstream[]) => {
    const members = [...ofAdmin, ...others]
    const findAnnotations = findAnnotationsIn(members)
    const open = createExposure(policy, ports, findAnnotations)
    const exposure =
      admin === undefined
        ? open
        : closedFor(open, admin.member.backend.name, (caller) => admin.mayUse(caller))
    return { members, findAnnotations, exposure }
  }
  const plain = seenBy(backends)
  const { composite_tools: composites, observability, proxy } = config
  const discovery = discoveryToolsOf(proxy)
  if (composites.length === 0 && discovery.length === 0) {
    return { ...plain, listed: undefined, isSeveral: undefined, layers: [], unwrap: asItCame }
  }
  const own = createOwnTools({
    composites,
    discovery,
    separator: proxy.separator,
    members: backends,
    // The list with the proxy's own tools reports names that are taken.
    listing: createListing(backends, { privateLists, exposure: plain.exposure, log: silent }),
    handle,
    exposure: plain.exposure,
    ports,
    audit: observability.audit,
  })
  const { exposure, ...seen } = seenBy([own.member, ...backends])
  return {
    ...seen,
    exposure: openFor(exposure, (target) => own.isOpen(target)),
    listed: proxy.tool_exposure === 'search' ? [...ofAdmin, own.searchMember] : undefined,
    isSeveral: (call) => own.isSeveral(call),
    layers: policy.readsAnnotations ? [own.annotate] : [],
    unwrap: discovery.includes('call_tool') ? (request) => own.unwrap(request) : asItCame,
  }
}

export interface ListingParts {
  readonly listing: Listing
  /** Of tools, where it is another one. */
  readonly ofTools: Listing | undefined
}

/** Tools from one listing, all else from the other. */
export const listingOf = ({ listing, ofTools }: ListingParts): Listing =>
  ofTools === undefined
    ? listing
    : {
        list: (kind, call) => (kind === 'tools' ? ofTools : listing).list(kind, call),
        seen: (kind, caller) => (kind === 'tools' ? ofTools : listing).seen(kind, caller),
      }
