// Opens the links to one backend and opens them again after every loss: a main one, and a session beside it when needed.
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import { within } from '../../base/within.ts'
import { createBackoff } from '../../base/backoff.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import type { BackendTransportConfig } from '../config.ts'
import { unavailable } from '../failure.ts'
import { assumedChanges } from '../link/changes.ts'
import type { Link, LinkHooks, OpenedLink } from '../link/link.ts'
import { askAgain } from './ask-again.ts'
import { eraMemory, type HealthBoard } from './health-board.ts'
import { createMainPlace } from './main-place.ts'
import {
  besideMissing,
  besideOpened,
  healthOf,
  isSettled,
  linkFor,
  mainEnded,
  mainOpened,
  starting,
  type Lifecycle,
} from './lifecycle.ts'
import { createRest } from './rest.ts'
import { createSessionBeside, steadyMs, type LinkState } from './session-beside.ts'
import { createSharedLinks, sharing, type SharedLink } from './shared-link.ts'

export interface LinksOptions {
  readonly name: string
  readonly ports: Pick<Ports, 'clock' | 'random' | 'log'>
  readonly protocol: BackendTransportConfig['protocol']
  /** Whether the backend may have a link for each era. */
  readonly both: boolean
  /** Whether asking once more for the era disturbs nothing. */
  readonly mayAskAgain: boolean
  /** Whether a call that finds no link may have the next attempt come sooner: not where an attempt starts a process. */
  readonly dialsForCalls: boolean
  readonly board: HealthBoard
  /** Aborts when the backend is closed. */
  readonly closing: AbortSignal
  readonly dialMain: (protocol: 'auto' | Era, hooks: LinkHooks) => Promise<OpenedLink>
  /** Opens a session with a server whose main link has none. */
  readonly dialBeside: (hooks: LinkHooks) => Promise<OpenedLink>
  /** The server asks something on a link that callers share. */
  readonly onQuestion: (method: string) => void
  /** What belongs to no call, and the era in which it was said. */
  readonly onNotification: (notification: JsonRpcNotification, era: Era) => void
  /** The main link is open, or there is none any more. */
  readonly onMain: (link: Link | undefined) => void
}

export interface Links {
  /** Connects for the first time, and again after every loss, until the backend is closed. */
  readonly start: () => void
  /** The link for callers of that era, as far as it is open. */
  now(era: Era): SharedLink | undefined
  /** Whether `now` is all that there is for callers of that era. */
  isSettled(era: Era): boolean
  /** Opens what callers of that era need, as far as it opens soon. Undefined when there is nothing to wait for. */
  readonly prepare: (era: Era) => Promise<void> | undefined
  /** As `prepare`, for a call that waits for the first connection however long it has been in the making. */
  ready(era: Era, signal: CancelSignal): Promise<void> | undefined
  /**
   * Ends the main link, which is not used once `untilFree` says so, and has the one that `dial` opens in its place: calls wait
   * meanwhile. Undefined where there is none to be replaced.
   */
  replaceMain(
    untilFree: () => Promise<boolean>,
    dial: () => Promise<OpenedLink>,
  ): Promise<OpenedLink | undefined>
  close(graceMs: number): Promise<void>
}

/** How long a call waits for the first connection. */
const firstConnectMs = 5000
/** The links as a state that one place changes; those who watch the backend are shown what differs for callers. */
const createLinkState = (since: number, board: HealthBoard): LinkState => {
  let now: Lifecycle<SharedLink> = starting(since)
  return {
    get now() {
      return now
    },
    become: (next) => {
      now = next
      board.set(healthOf(next))
    },
    note: (next) => {
      now = next
    },
  }
}

/** Waits for links, each time not longer than a call should, and not for a caller that has left. */
const createWaits = (clock: Ports['clock'], board: HealthBoard) => {
  const patiently = (ms: number, settled: Promise<void>, signal?: CancelSignal): Promise<void> =>
    within(settled, { ms, clock, ...(signal === undefined ? {} : { signal }) }, () => undefined)
  return {
    patiently,
    untilStarted: async (limitMs: number, signal?: CancelSignal) => {
      let unsubscribe: () => void = () => undefined
      const settled = new Promise<void>((resolve) => {
        unsubscribe = board.subscribe(({ kind }) => {
          if (kind === 'health') resolve()
        })
      })
      await patiently(limitMs, settled, signal)
      unsubscribe()
    },
  }
}

export const createLinks = (options: LinksOptions): Links => {
  const { name, ports, board, closing, onMain } = options
  const { clock, log } = ports
  const eras = eraMemory(options.protocol, () => clock.now())
  const state = createLinkState(clock.now(), board)
  const place = createMainPlace<SharedLink>()
  const backoff = createBackoff(ports.random)
  const rest = createRest(clock, closing)
  const { patiently, untilStarted } = createWaits(clock, board)
  let running: Promise<void> | undefined

  const shared = createSharedLinks({
    name,
    log,
    closing,
    onQuestion: options.onQuestion,
    onNotification: options.onNotification,
    onFactsChanged: () => board.set(healthOf(state.now)),
  })
  const onListsChanged = () => {
    for (const notification of assumedChanges) board.emit({ kind: 'notification', notification })
  }
  const beside = createSessionBeside({
    name,
    ports,
    state,
    shared,
    closing,
    dial: options.dialBeside,
    onListsChanged,
  })

  /** The main link from dial to end; resolves with what ended it. */
  const liveOnce = async (): Promise<Problem> => {
    const opened = await shared.open(
      (hooks) => options.dialMain(eras.recall(), hooks),
      (agreement) => {
        eras.learn(agreement)
        shared.noteUp(agreement)
      },
    )
    if ('problem' in opened) {
      eras.forget()
      return opened.problem
    }
    const since = clock.now()
    eras.learn(opened.agreement)
    shared.noteUp(opened.agreement)
    state.become(mainOpened(state.now, opened, since))
    if (opened.agreement.era === 'legacy') beside.end()
    onMain(opened.link)
    if (opened.agreement.isEraGuessed === true && options.mayAskAgain) void findNewest(opened)
    const problem = await place.untilOver(opened, shared.untilOver, (left) => {
      // As the session beside the new one it goes on.
      const session = state.now.beside
      if (session.at !== 'up' || session.link !== left) left.lost.abort()
    })
    onMain(undefined)
    if (clock.now() - since >= steadyMs) backoff.reset()
    return problem
  }
  const live = async () => {
    let logged = ''
    while (!closing.aborted) {
      const problem = await liveOnce()
      if (closing.aborted) return
      const waitMs = backoff.next()
      const now = clock.now()
      const { code, detail } = problem
      // Calls can have it tried once in a second, and the log need not repeat that.
      const level = rest.wasCut && detail === logged ? 'debug' : 'warn'
      log[level]({ backend: name, code, detail, retryInMs: waitMs }, 'backend is down')
      logged = detail
      state.become(mainEnded(state.now, problem, now, now + waitMs))
      await rest.wait(waitMs)
    }
  }

  /** A server that is back is not kept from its callers by a wait that has grown long. */
  const hurry = () => {
    const { main } = state.now
    if (main.at !== 'down' || !options.dialsForCalls) return
    const retryAt = rest.cutShort()
    if (retryAt !== undefined) state.become({ ...state.now, main: { ...main, retryAt } })
  }

  /** A server that has the newest era after all is used in both. */
  const findNewest = async (guessed: SharedLink) => {
    const isWanted = () => state.now.main.at === 'up' && state.now.main.link === guessed
    const dial = () => shared.open((hooks) => options.dialMain('modern', hooks), shared.noteUp)
    const found = await askAgain({ clock, closing, isWanted, dial })
    if (found === undefined) return
    if (!isWanted() || place.put === undefined || place.replacing !== undefined) {
      await found.link.transport.close()
      return
    }
    const now = clock.now()
    eras.learn(found.agreement)
    shared.noteUp(found.agreement)
    state.become(besideOpened(mainOpened(state.now, found, now), guessed, now))
    onMain(found.link)
    place.put(found)
    beside.adopt(guessed)
    onListsChanged()
  }

  const own = (era: Era, signal?: CancelSignal): Promise<void> | undefined => {
    if (era !== 'legacy' || !options.both) return undefined
    const wanted = beside.want()
    return wanted === undefined ? undefined : patiently(wanted.ms, wanted.opened, signal)
  }

  const replaceMain: Links['replaceMain'] = async (untilFree, dial) => {
    const { main } = state.now
    if (place.replacing !== undefined || closing.aborted) return undefined
    if (main.at !== 'up' || main.link.agreement.era !== 'legacy') return undefined
    return place.during(async () => {
      const isFree = await untilFree()
      const { put } = place
      if (!isFree || put === undefined || state.now.main !== main) return undefined
      await main.link.link.transport.close()
      const opened = await dial()
      if (opened.kind === 'failed') {
        put({ problem: opened.problem })
        return opened
      }
      const next = sharing(opened.link)
      shared.noteUp(opened.link.agreement)
      state.become({ ...state.now, main: { at: 'up', since: main.since, link: next } })
      put(next)
      return opened
    })
  }

  return {
    replaceMain,
    start: () => {
      if (!closing.aborted) running ??= live()
    },
    now: (era) => (place.replacing === undefined ? linkFor(state.now, era) : undefined),
    isSettled: (era) => place.replacing === undefined && isSettled(state.now, era),
    prepare: (era) => {
      const { main } = state.now
      if (place.replacing !== undefined) return patiently(firstConnectMs, place.replacing)
      if (isSettled(state.now, era)) return undefined
      if (main.at !== 'starting') return own(era)
      const leftMs = main.since + firstConnectMs - clock.now()
      return leftMs > 0 ? untilStarted(leftMs).then(() => own(era)) : undefined
    },
    ready: (era, signal) => {
      if (place.replacing !== undefined) {
        return patiently(firstConnectMs, place.replacing, signal)
      }
      hurry()
      return state.now.main.at === 'starting'
        ? untilStarted(firstConnectMs, signal).then(() => own(era, signal))
        : own(era, signal)
    },
    close: async (graceMs) => {
      await Promise.all([running, beside.settled()])
      const problem = unavailable(name, 'it was closed', 'closing')
      log.debug({ backend: name }, 'backend is closed')
      const ending = [state.now.main, state.now.beside].flatMap((one) =>
        one.at === 'up' ? [one.link.link] : [],
      )
      state.note(mainEnded(besideMissing(state.now), problem, clock.now(), undefined))
      await Promise.all(ending.map(({ transport }) => transport.close(graceMs)))
      board.set(healthOf(state.now))
    },
  }
}
