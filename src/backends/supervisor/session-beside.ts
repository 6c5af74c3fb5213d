// The session beside a stateless main link, for callers of the session era: opened when the first of them comes, given up
// where the server has none.
import { createBackoff } from '../../base/backoff.ts'
import type { Ports } from '../../base/ports.ts'
import type { Problem } from '../../problems/problem.ts'
import {
  besideEnded,
  besideMissing,
  besideOpened,
  besideOpening,
  mayOpenBeside,
  sessionWaitMs,
  type Lifecycle,
} from './lifecycle.ts'
import type { Dial, SharedLink, SharedLinks } from './shared-link.ts'

/** Which links there are, and the one place where that is changed. */
export interface LinkState {
  /** As it is now. */
  readonly now: Lifecycle<SharedLink>
  /** Takes the next state; callers are shown it. */
  become(next: Lifecycle<SharedLink>): void
  /** Takes the next state, in which nothing is different for callers. */
  note(next: Lifecycle<SharedLink>): void
}

export interface SessionBesideOptions {
  readonly name: string
  readonly ports: Pick<Ports, 'clock' | 'random' | 'log'>
  readonly state: LinkState
  readonly shared: SharedLinks
  /** Aborts when the backend is closed. */
  readonly closing: AbortSignal
  /** Opens a session with a server whose main link has none. */
  readonly dial: Dial
  /** What sessions list may be another thing from now on. */
  readonly onListsChanged: () => void
}

export interface SessionBeside {
  /** Opens the session where there is a reason to; what a caller may wait for, and how long. */
  want(): { readonly opened: Promise<void>; readonly ms: number } | undefined
  /** A link that was the main one goes on as the session, which the state says already. */
  adopt(link: SharedLink): void
  /** A server that is found without its stateless era has all callers on its main link. */
  end(): void
  /** Resolves when nothing is being opened. */
  settled(): Promise<void>
}

/** A session that was open for this long was a good one: the next wait is short again. */
export const steadyMs = 30_000

export const createSessionBeside = ({
  name,
  ports: { clock, random, log },
  state,
  shared,
  closing,
  dial,
  onListsChanged,
}: SessionBesideOptions): SessionBeside => {
  const backoff = createBackoff(random)
  let opening: Promise<void> | undefined

  const lost = ({ code, detail }: Problem) => {
    const retryInMs = backoff.next()
    const fields = { backend: name, code, detail, retryInMs }
    log.warn(fields, 'no session: clients of the session era are bridged')
    const next = besideEnded(state.now, clock.now() + retryInMs)
    if (state.now.beside.at === 'up') state.become(next)
    else state.note(next)
  }
  const missing = (why: string) => {
    log.info({ backend: name, why }, 'no sessions here: clients of the session era are bridged')
    state.note(besideMissing(state.now))
  }
  const follow = async (link: SharedLink) => {
    const since = clock.now()
    const problem = await shared.untilOver(link)
    link.lost.abort()
    const { beside } = state.now
    if (closing.aborted || beside.at !== 'up' || beside.link !== link) return
    if (clock.now() - since >= steadyMs) backoff.reset()
    lost(problem)
    onListsChanged()
  }
  const open = async () => {
    const opened = await shared.open(dial, shared.noteUp)
    if ('problem' in opened) {
      // One that answers, but not with a session, will not do so the next time either.
      if (opened.problem.code === 'backend-protocol') missing(opened.problem.detail)
      else if (!closing.aborted) lost(opened.problem)
      return
    }
    if (opened.link.transport.isSessionless?.() === true) {
      await opened.link.transport.close()
      missing('it gives out no session')
      return
    }
    const isLate = sessionWaitMs(state.now, clock.now()) === 0
    shared.noteUp(opened.agreement)
    state.become(besideOpened(state.now, opened, clock.now()))
    // Callers that did not wait were shown what the bridge makes of the other lists.
    if (isLate) onListsChanged()
    void follow(opened)
  }

  return {
    want: () => {
      const now = clock.now()
      if (mayOpenBeside(state.now, now) && !closing.aborted) {
        state.note(besideOpening(state.now, now))
        opening = open()
      }
      const ms = sessionWaitMs(state.now, now)
      return ms > 0 && opening !== undefined ? { opened: opening, ms } : undefined
    },
    adopt: (link) => void follow(link),
    end: () => {
      const { beside } = state.now
      if (beside.at !== 'up') return
      void beside.link.link.transport.close()
      beside.link.lost.abort()
      state.become(besideMissing(state.now))
    },
    settled: () => opening ?? Promise.resolve(),
  }
}
