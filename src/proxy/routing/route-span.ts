// The span of finding the target of a call and of asking the policy.
import { errorTypeOf, spanName } from '../../layers/span-words.ts'
import { targetOf } from '../../layers/outcome.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import type { Span } from '../../trace/span.ts'
import type { Target } from './resolve.ts'

export interface Routed {
  readonly kind: 'tool' | 'prompt' | 'resource'
  readonly target: Target | undefined
  /** Where the call goes no further. */
  readonly refused: Reply | undefined
}

/** The call is named by its target from now on, if it has one: only names that exist are names of spans. */
export const endRouting = (
  { trace, request }: Call,
  routing: Span,
  { kind, target, refused }: Routed,
): void => {
  if (!routing.isRecorded) return
  if (target !== undefined) {
    const backend = target.member.backend.name
    routing.set({ 'mcp_proxy.backend': backend, 'mcp_proxy.target': target.local })
    trace?.span.set({ 'mcp_proxy.backend': backend })
    if (kind !== 'resource' && refused === undefined) {
      trace?.span.rename(spanName(request.method, targetOf(request)))
    }
  }
  routing.end(refused === undefined ? undefined : errorTypeOf(request.method, refused))
}
