// One link to a backend from its first word to its end, with the agreement that holds on it.
import type { Problem } from '../../problems/problem.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { withoutChanges } from './era-bridge.ts'
import { discover, negotiate } from './negotiate.ts'
import { openSession, type Agreed, type Negotiation } from './open-session.ts'
import type { Agreement } from '../backend.ts'
import type { Dialler, LinkEvents, Transport } from '../transport.ts'

export interface Link {
  readonly transport: Transport
  readonly agreement: Agreement
  /** Aborts, with the problem as its reason, when the link is of no more use. */
  readonly ended: AbortSignal
  /** Whether the server can tell of changes between our requests. */
  readonly tells: boolean
  /** After an error about our own hop: asks the server once more what it speaks. Ends the link in vain. */
  probeAgain(): Promise<boolean>
}

export interface LinkHooks {
  onNotification(notification: JsonRpcNotification): void
  onQuestion: LinkEvents['onQuestion']
  /** A new agreement on a link that stands. */
  onRenewed(agreement: Agreement): void
  /** The server turned out to tell of no changes, whatever it had promised. */
  onSilent?(agreement: Agreement): void
}

export type OpenedLink =
  | { readonly kind: 'open'; readonly link: Link }
  | { readonly kind: 'failed'; readonly problem: Problem }

export const openLink = async (
  dialler: Dialler,
  negotiation: Negotiation,
  hooks: LinkHooks,
): Promise<OpenedLink> => {
  // Each dial has its own end: that of a child which was only probed means nothing.
  let end = new AbortController()
  let current: { readonly transport: Transport; agreement: Agreement } | undefined
  let renewal: Promise<boolean> | undefined
  let tells = true
  /** What was agreed, less what turned out not to hold. */
  const holding = (agreement: Agreement) => (tells ? agreement : withoutChanges(agreement))

  /** Many calls may notice at once; one of them asks. */
  const renew = (again: (transport: Transport) => Promise<Agreed>): Promise<boolean> => {
    const standing = current
    if (standing === undefined) return Promise.resolve(false)
    renewal ??= again(standing.transport)
      .then(async (agreed) => {
        if (agreed.kind === 'failed') {
          end.abort(agreed.problem)
          await standing.transport.close()
          return false
        }
        standing.agreement = holding(agreed.agreement)
        hooks.onRenewed(standing.agreement)
        return true
      })
      .finally(() => {
        renewal = undefined
      })
    return renewal
  }
  const eventsFor = (): LinkEvents => {
    const own = sharedAbort()
    end = own
    return {
      onNotification: (notification) => hooks.onNotification(notification),
      onQuestion: (...question) => hooks.onQuestion(...question),
      onEnd: (problem) => own.abort(problem),
      onSessionLost: () => renew((transport) => openSession(transport, negotiation)),
      onSilent: () => {
        if (!tells) return
        tells = false
        if (current === undefined) return
        current.agreement = holding(current.agreement)
        hooks.onSilent?.(current.agreement)
      },
    }
  }

  const agreed = await negotiate(dialler, eventsFor, negotiation)
  if (agreed.kind === 'failed') return agreed
  const standing = { transport: agreed.transport, agreement: holding(agreed.agreement) }
  current = standing
  return {
    kind: 'open',
    link: {
      transport: agreed.transport,
      get agreement() {
        return standing.agreement
      },
      get tells() {
        return tells
      },
      ended: end.signal,
      probeAgain: () =>
        renew(async (transport) => {
          if (negotiation.forSession === true) return openSession(transport, negotiation)
          const found = await discover(transport, negotiation)
          // A child does not change its era without ending; a server behind an address may.
          const mayBeOld = standing.agreement.era === 'legacy' && dialler.survivesProbe
          return found.kind === 'failed' && mayBeOld ? openSession(transport, negotiation) : found
        }),
    },
  }
}
