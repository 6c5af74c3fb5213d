// Opens the links to one backend and opens them again after every loss: a main one, and a session beside it when needed.
import { untilAborted, type CancelSignal } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import { within } from '../../base/within.ts'
import { createBackoff } from '../../base/backoff.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { notOffered } from '../../mcp/questions.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Agreement } from '../backend.ts'
import type { BackendTransportConfig } from '../config.ts'
import { unavailable } from '../failure.ts'
import { assumedChanges } from '../link/changes.ts'
import type { Link, LinkHooks, OpenedLink } from '../link/link.ts'
import { askAgain } from './ask-again.ts'
import { eraMemory, type HealthBoard } from './health-board.ts'
import { createMainPlace } from './main-place.ts'
import {
  besideEnded,
  besideMissing,
  besideOpened,
  besideOpening,
  healthOf,
  isSettled,
  linkFor,
  mainEnded,
  mainOpened,
  mayOpenBeside,
  sessionWaitMs,
  starting,
  type Lifecycle,
} from './lifecycle.ts'

/** A link that callers share. */
export interface SharedLink {
  readonly link: Link
  readonly agreement: Agreement
  /** Aborts when the server has forgotten what it was asked on the link, and is renewed with it. */
  lost: AbortController
}

export interface LinksOptions {
  readonly name: string
  readonly ports: Pick<Ports, 'clock' | 'random' | 'log'>
  readonly protocol: BackendTransportConfig['protocol']
  /** Whether the backend may have a link for each era. */
  readonly both: boolean
  /** Whether asking once more for the era disturbs nothing. */
  readonly mayAskAgain: boolean
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
/** A link that was open for this long was a good one: the next wait is short again. */
const steadyMs = 30_000

const sharing = (link: Link): SharedLink => ({
  link,
  get agreement() {
    return link.agreement
  },
  lost: sharedAbort(),
})

export const createLinks = (options: LinksOptions): Links => {
  const { name, ports, board, closing, onNotification, onMain } = options
  const { clock, log } = ports
  const eras = eraMemory(options.protocol, () => clock.now())
  let links: Lifecycle<SharedLink> = starting(clock.now())
  let running: Promise<void> | undefined
  let opening: Promise<void> | undefined
  const place = createMainPlace<SharedLink>()

  /** What callers may see of the links is not the same any more. */
  const become = (next: Lifecycle<SharedLink>) => {
    links = next
    board.set(healthOf(next))
  }
  /** What sessions list may be another thing with another link. */
  const tellSessionsChanged = () => {
    for (const notification of assumedChanges) board.emit({ kind: 'notification', notification })
  }

  /** One link that callers share, or why there is none. */
  const open = async (
    dial: (hooks: LinkHooks) => Promise<OpenedLink>,
    onRenewed: (agreement: Agreement) => void,
  ): Promise<SharedLink | { readonly problem: Problem }> => {
    let shared: SharedLink | undefined
    const opened = await dial({
      onNotification: (notification) =>
        onNotification(notification, shared?.agreement.era ?? 'legacy'),
      // Whom it is for cannot be known, or has declared that it answers nothing.
      onQuestion: ({ method }) => {
        options.onQuestion(method)
        return Promise.resolve(notOffered(method))
      },
      onRenewed: (agreement) => {
        if (shared === undefined) return
        shared.lost.abort()
        shared.lost = sharedAbort()
        onRenewed(agreement)
        board.set(healthOf(links))
      },
      onSilent: () => {
        log.info({ backend: name }, 'backend reports no changes: its lists are asked for again')
        board.set(healthOf(links))
      },
    })
    if (opened.kind === 'failed') return { problem: opened.problem }
    shared = sharing(opened.link)
    return shared
  }

  /** Resolves when the link is over, with what ended it. */
  const untilOver = async ({ link: { ended } }: SharedLink): Promise<Problem> => {
    await untilAborted(ended, closing)
    return ended.aborted
      ? (ended.reason as Problem)
      : unavailable(name, 'it is being closed', 'closing')
  }
  const noteUp = ({ era, protocolVersion, transport }: Agreement) => {
    log.info({ backend: name, era, protocolVersion, transport }, 'backend is up')
  }

  const mainBackoff = createBackoff(ports.random)
  const besideBackoff = createBackoff(ports.random)

  /** The main link from dial to end; resolves with what ended it. */
  const liveOnce = async (): Promise<Problem> => {
    const opened = await open(
      (hooks) => options.dialMain(eras.recall(), hooks),
      (agreement) => {
        eras.learn(agreement)
        noteUp(agreement)
      },
    )
    if ('problem' in opened) {
      eras.forget()
      return opened.problem
    }
    const since = clock.now()
    eras.learn(opened.agreement)
    noteUp(opened.agreement)
    become(mainOpened(links, opened, since))
    if (opened.agreement.era === 'legacy') endBeside()
    onMain(opened.link)
    if (opened.agreement.isEraGuessed === true && options.mayAskAgain) void findNewest(opened)
    const problem = await place.untilOver(opened, untilOver, (left) => {
      // As the session beside the new one it goes on.
      if (links.beside.at !== 'up' || links.beside.link !== left) left.lost.abort()
    })
    onMain(undefined)
    if (clock.now() - since >= steadyMs) mainBackoff.reset()
    return problem
  }
  const live = async () => {
    while (!closing.aborted) {
      const problem = await liveOnce()
      if (closing.aborted) return
      const waitMs = mainBackoff.next()
      const now = clock.now()
      const { code, detail } = problem
      log.warn({ backend: name, code, detail, retryInMs: waitMs }, 'backend is down')
      become(mainEnded(links, problem, now, now + waitMs))
      await clock.sleep(waitMs, closing).catch(() => undefined)
    }
  }

  const besideLost = (problem: Problem) => {
    const waitMs = besideBackoff.next()
    const { code, detail } = problem
    const told = { backend: name, code, detail, retryInMs: waitMs }
    log.warn(told, 'no session: clients of the session era are bridged')
    const next = besideEnded(links, clock.now() + waitMs)
    if (links.beside.at === 'up') become(next)
    else links = next
  }
  const besideNone = (why: string) => {
    log.info({ backend: name, why }, 'no sessions here: clients of the session era are bridged')
    links = besideMissing(links)
  }
  const followBeside = async (shared: SharedLink) => {
    const since = clock.now()
    const problem = await untilOver(shared)
    shared.lost.abort()
    if (closing.aborted || links.beside.at !== 'up' || links.beside.link !== shared) return
    if (clock.now() - since >= steadyMs) besideBackoff.reset()
    besideLost(problem)
    tellSessionsChanged()
  }
  const openBeside = async () => {
    const opened = await open(options.dialBeside, noteUp)
    if ('problem' in opened) {
      // One that answers, but not with a session, will not do so the next time either.
      if (opened.problem.code === 'backend-protocol') besideNone(opened.problem.detail)
      else if (!closing.aborted) besideLost(opened.problem)
      return
    }
    if (opened.link.transport.isSessionless?.() === true) {
      await opened.link.transport.close()
      besideNone('it gives out no session')
      return
    }
    const isLate = sessionWaitMs(links, clock.now()) === 0
    noteUp(opened.agreement)
    become(besideOpened(links, opened, clock.now()))
    // Callers that did not wait were shown what the bridge makes of the other lists.
    if (isLate) tellSessionsChanged()
    void followBeside(opened)
  }
  /** A server that is found without its stateless era has all callers on its main link. */
  const endBeside = () => {
    if (links.beside.at !== 'up') return
    void links.beside.link.link.transport.close()
    links.beside.link.lost.abort()
    become(besideMissing(links))
  }

  /** A server that has the newest era after all is used in both. */
  const findNewest = async (guessed: SharedLink) => {
    const isWanted = () => links.main.at === 'up' && links.main.link === guessed
    const dial = () => open((hooks) => options.dialMain('modern', hooks), noteUp)
    const found = await askAgain({ clock, closing, isWanted, dial })
    if (found === undefined) return
    if (!isWanted() || place.put === undefined || place.replacing !== undefined) {
      await found.link.transport.close()
      return
    }
    const now = clock.now()
    eras.learn(found.agreement)
    noteUp(found.agreement)
    become(besideOpened(mainOpened(links, found, now), guessed, now))
    onMain(found.link)
    place.put(found)
    void followBeside(guessed)
    tellSessionsChanged()
  }

  /** Waits, but not longer than that, and not for a caller that has left. */
  const patiently = (ms: number, settled: Promise<void>, signal?: CancelSignal): Promise<void> =>
    within(settled, { ms, clock, ...(signal === undefined ? {} : { signal }) }, () => undefined)
  const untilStarted = async (limitMs: number, signal?: CancelSignal) => {
    let unsubscribe: () => void = () => undefined
    const settled = new Promise<void>((resolve) => {
      unsubscribe = board.subscribe(({ kind }) => {
        if (kind === 'health') resolve()
      })
    })
    await patiently(limitMs, settled, signal)
    unsubscribe()
  }
  const session = (signal?: CancelSignal): Promise<void> | undefined => {
    const now = clock.now()
    if (options.both && mayOpenBeside(links, now) && !closing.aborted) {
      links = besideOpening(links, now)
      opening = openBeside()
    }
    const waitMs = sessionWaitMs(links, now)
    return waitMs > 0 && opening !== undefined ? patiently(waitMs, opening, signal) : undefined
  }
  const own = (era: Era, signal?: CancelSignal) => (era === 'legacy' ? session(signal) : undefined)

  const replaceMain: Links['replaceMain'] = async (untilFree, dial) => {
    const { main } = links
    if (place.replacing !== undefined || closing.aborted) return undefined
    if (main.at !== 'up' || main.link.agreement.era !== 'legacy') return undefined
    return place.during(async () => {
      const isFree = await untilFree()
      const { put } = place
      if (!isFree || put === undefined || links.main !== main) return undefined
      await main.link.link.transport.close()
      const opened = await dial()
      if (opened.kind === 'failed') {
        put({ problem: opened.problem })
        return opened
      }
      const shared = sharing(opened.link)
      noteUp(opened.link.agreement)
      become({ ...links, main: { at: 'up', since: main.since, link: shared } })
      put(shared)
      return opened
    })
  }

  return {
    replaceMain,
    start: () => {
      if (!closing.aborted) running ??= live()
    },
    now: (era) => (place.replacing === undefined ? linkFor(links, era) : undefined),
    isSettled: (era) => place.replacing === undefined && isSettled(links, era),
    prepare: (era) => {
      const { main } = links
      if (place.replacing !== undefined) return patiently(firstConnectMs, place.replacing)
      if (isSettled(links, era)) return undefined
      if (main.at !== 'starting') return own(era)
      const leftMs = main.since + firstConnectMs - clock.now()
      return leftMs > 0 ? untilStarted(leftMs).then(() => own(era)) : undefined
    },
    ready: (era, signal) => {
      if (place.replacing !== undefined) {
        return patiently(firstConnectMs, place.replacing, signal)
      }
      return links.main.at === 'starting'
        ? untilStarted(firstConnectMs, signal).then(() => own(era, signal))
        : own(era, signal)
    },
    close: async (graceMs) => {
      await Promise.all([running, opening])
      const { main, beside } = links
      const problem = unavailable(name, 'it was closed', 'closing')
      const { code, detail } = problem
      log.warn({ backend: name, code, detail }, 'backend is down')
      const ending = [main, beside].flatMap((one) => (one.at === 'up' ? [one.link.link] : []))
      links = mainEnded(besideMissing(links), problem, clock.now(), undefined)
      await Promise.all(ending.map(({ transport }) => transport.close(graceMs)))
      board.set(healthOf(links))
    },
  }
}
