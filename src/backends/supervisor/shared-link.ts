// A link that callers share: how it is opened, and what ends it.
import { untilAborted } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { notOffered } from '../../mcp/questions.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Agreement } from '../backend.ts'
import { unavailable } from '../failure.ts'
import type { Link, LinkHooks, OpenedLink } from '../link/link.ts'

export interface SharedLink {
  readonly link: Link
  readonly agreement: Agreement
  /** Aborts when the server has forgotten what it was asked on the link, and is renewed with it. */
  lost: AbortController
}

export interface SharedLinkOptions {
  readonly name: string
  readonly log: Ports['log']
  /** Aborts when the backend is closed. */
  readonly closing: AbortSignal
  /** The server asks something on a link that callers share. */
  readonly onQuestion: (method: string) => void
  /** What belongs to no call, and the era in which it was said. */
  readonly onNotification: (notification: JsonRpcNotification, era: Era) => void
  /** What is known of an open link is another thing now: a session was renewed, or it reports no changes. */
  readonly onFactsChanged: () => void
}

export type Dial = (hooks: LinkHooks) => Promise<OpenedLink>

export interface SharedLinks {
  /** One link that callers share, or why there is none. `onRenewed`: the server gave out another session. */
  open(
    dial: Dial,
    onRenewed: (agreement: Agreement) => void,
  ): Promise<SharedLink | { readonly problem: Problem }>
  /** Resolves when the link is over, with what ended it. */
  readonly untilOver: (shared: SharedLink) => Promise<Problem>
  readonly noteUp: (agreement: Agreement) => void
}

export const sharing = (link: Link): SharedLink => ({
  link,
  get agreement() {
    return link.agreement
  },
  lost: sharedAbort(),
})

export const createSharedLinks = ({
  name,
  log,
  closing,
  onQuestion,
  onNotification,
  onFactsChanged,
}: SharedLinkOptions): SharedLinks => ({
  open: async (dial, onRenewed) => {
    let shared: SharedLink | undefined
    const opened = await dial({
      onNotification: (notification) =>
        onNotification(notification, shared?.agreement.era ?? 'legacy'),
      // Whom it is for cannot be known, or has declared that it answers nothing.
      onQuestion: ({ method }) => {
        onQuestion(method)
        return Promise.resolve(notOffered(method))
      },
      onRenewed: (agreement) => {
        if (shared === undefined) return
        shared.lost.abort()
        shared.lost = sharedAbort()
        onRenewed(agreement)
        onFactsChanged()
      },
      onSilent: () => {
        log.info({ backend: name }, 'backend reports no changes: its lists are asked for again')
        onFactsChanged()
      },
    })
    if (opened.kind === 'failed') return { problem: opened.problem }
    shared = sharing(opened.link)
    return shared
  },
  untilOver: async ({ link: { ended } }) => {
    await untilAborted(ended, closing)
    return ended.aborted
      ? (ended.reason as Problem)
      : unavailable(name, 'it is being closed', 'closing')
  },
  noteUp: ({ era, protocolVersion, transport }) => {
    log.info({ backend: name, era, protocolVersion, transport }, 'backend is up')
  },
})
