// Turns the configuration of one backend into a Backend that connects by itself, and again after every loss.
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ports } from '../../base/ports.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { Call, Caller, ClientFacts, Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { methodSpec } from '../../mcp/methods.ts'
import { isQuestion, nobody, type Carried } from '../../mcp/questions.ts'
import type { Era } from '../../mcp/revision.ts'
import { hintOf, type Problem } from '../../problems/problem.ts'
import { createAccess, type Access } from '../access.ts'
import type { Backend, TaskWatch, Watch } from '../backend.ts'
import { maxSessionsOf, startMsOf, type BackendTransportConfig } from '../config.ts'
import { callerMeta } from '../identity.ts'
import { downProblem, noFurther, notSent, unavailable } from '../failure.ts'
import { publicNotification } from '../link/changes.ts'
import { defaultIdentity, type ClientIdentity } from '../link/era-bridge.ts'
import { createHop, type RenewParamHeaders } from '../link/hop.ts'
import { openLink, type Link, type LinkHooks } from '../link/link.ts'
import { createLogLevels } from '../link/log-level.ts'
import { createSessionPool, needsOwnSession } from '../sessions/session-pool.ts'
import type { Dialler } from '../transport.ts'
import { openChangeFeed } from '../watches/change-feed.ts'
import type { Held } from '../watches/resource-watches.ts'
import { createWatching, neverTold, type Watching } from '../watches/watching.ts'
import { createCarrier } from './carry.ts'
import { diallerFor } from './diallers.ts'
import { createHealthBoard, type HealthBoard } from './health-board.ts'
import { createLinks, type Links } from './links.ts'
import type { SharedLink } from './shared-link.ts'
import { createSharedUse } from './shared-use.ts'

export interface BackendOptions {
  /** How the proxy names itself to backends. */
  readonly identity?: ClientIdentity
  /** Puts a question of the backend into the words of its callers, who know other names. */
  readonly exposeQuestion?: (question: JsonRpcRequest) => JsonRpcRequest
  readonly renewParamHeaders?: RenewParamHeaders
  /** What goes with each request; default: as the configuration says. The backend closes it. */
  readonly access?: Access
}

const defaultGraceMs = 5000
/** How long a server may take to say that it is alive. */
const lifeSignMs = 5000
/** How long the lists that are being asked for may take, before another process is started beside. */
const mostDrainMs = 5000
/** No caller's: their keys hold a blank. */
const sharedKey = 'shared'
const rootsChanged = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' } as const

/** Takes what belongs to no call to those who watch for it. */
const publisher =
  (watching: Watching, board: HealthBoard) =>
  (notification: JsonRpcNotification, era: Era): void => {
    if (notification.method === 'notifications/resources/updated') {
      board.emit({ kind: 'notification', notification })
      if (era === 'modern') watching.updatedOnListen(notification)
      else watching.updatedIn(sharedKey, notification)
      return
    }
    if (notification.method === 'notifications/tasks') {
      watching.toldOfTask(notification)
      return
    }
    const known = publicNotification(notification)
    if (known !== undefined) board.emit({ kind: 'notification', notification: known })
  }

/** A link that is not used does not notice that its server has gone. */
const createLifeCheck = (clock: Clock, closing: AbortSignal) => {
  let asking = false
  return async (on: Link | undefined): Promise<void> => {
    if (on === undefined || asking || closing.aborted) return
    asking = true
    const request = { jsonrpc: '2.0', id: 0, method: 'ping' } as const
    const deadline = new AbortController()
    const timer = new AbortController()
    void clock.sleep(lifeSignMs, timer.signal).then(
      () => deadline.abort(),
      () => undefined,
    )
    await on.transport.request(request, nobody, deadline.signal)
    timer.abort()
    asking = false
  }
}

/** How links to the server are made: those that callers share, and those of one caller. */
const createDialling = (
  dialler: Dialler,
  common: {
    readonly name: string
    readonly identity: ClientIdentity
    readonly startMs: number
    readonly clock: Clock
    readonly signal: AbortSignal
  },
) => {
  const { elder: _elder, ...newestOnly } = dialler
  return {
    main: (protocol: 'auto' | Era, hooks: LinkHooks) =>
      openLink(dialler, { ...common, protocol, capabilities: {} }, hooks),
    /** A server that speaks the newest way needs not be asked for the oldest one. */
    beside: (hooks: LinkHooks) =>
      openLink(
        newestOnly,
        { ...common, protocol: 'legacy', forSession: true, capabilities: {} },
        hooks,
      ),
    own: ({ capabilities }: Carried, owner: Caller, hooks: LinkHooks) =>
      openLink(
        dialler,
        { ...common, protocol: 'legacy', forSession: true, capabilities, owner },
        hooks,
      ),
  }
}

/** Runs `work` on the link for callers of that era, when there is one. */
const createLinkUse = (name: string, links: Links, board: HealthBoard) => {
  const whyDown = () =>
    downProblem({ name, health: board.read() }) ??
    unavailable(name, 'it is between two connections', 'starting')
  return <Result>(
    era: Era,
    signal: CancelSignal,
    work: (shared: SharedLink) => Result | Promise<Result>,
  ): Promise<Result | Reply> => {
    const onLink = (): Result | Reply | Promise<Result> => {
      const shared = links.now(era)
      return shared === undefined ? notSent(whyDown()) : work(shared)
    }
    const waiting = links.ready(era, signal)
    return waiting === undefined ? Promise.resolve(onLink()) : waiting.then(onLink)
  }
}

/** Creates the backend; nothing leaves the process before `start`. */
export const openBackend = (
  config: BackendTransportConfig,
  ports: Ports,
  {
    identity = defaultIdentity,
    exposeQuestion: expose = (question) => question,
    renewParamHeaders,
    access = createAccess(config, ports),
  }: BackendOptions = {},
): Backend => {
  const { name } = config
  const { clock } = ports
  const ownSessions = config.session === 'caller'
  const closing = sharedAbort()
  const board = createHealthBoard(name, ports)
  const levels = createLogLevels()
  const watching = createWatching(ports)
  const publish = publisher(watching, board)
  const isAlive = createLifeCheck(clock, closing.signal)
  const dialler = diallerFor(config, ports, access)
  const isProcess = config.transport === 'stdio'
  const use = createSharedUse(clock)
  /** The session of callers that is the main link as well. */
  let lent: Link | undefined
  let hasWarned = false
  /** Clients whose session did not open, and who share that of the proxy from then on. */
  const sharing = new WeakSet<ClientFacts>()
  const warnOfSharing = (problem: Problem) => {
    const { code, detail } = problem
    const words = { backend: name, code, detail, hint: hintOf(problem) }
    if (!hasWarned) ports.log.warn(words, 'callers share the one session that opened')
    hasWarned = true
  }
  const dialling = createDialling(dialler, {
    name,
    identity,
    clock,
    startMs: startMsOf(config),
    signal: closing.signal,
  })
  const links = createLinks({
    name,
    ports,
    board,
    protocol: config.protocol,
    // One session for all, of which there is one: then those of the other era are bridged onto it.
    both: config.protocol === 'auto' && ownSessions,
    dialsForCalls: !isProcess,
    mayAskAgain: dialler.survivesProbe && config.protocol === 'auto' && ownSessions,
    closing: closing.signal,
    dialMain: dialling.main,
    dialBeside: dialling.beside,
    onNotification: publish,
    onQuestion: (method) => {
      if (isQuestion(method)) pool.asked()
    },
    onMain: (link) => {
      use.renew()
      watching.setFeed(
        link?.agreement.era !== 'modern'
          ? undefined
          : openChangeFeed(link, {
              identity,
              ports,
              uris: () => watching.uris(),
              taskIds: () => watching.taskIds(),
              publish: (notification) => board.emit({ kind: 'notification', notification }),
              onGap: () => watching.onGap(),
            }),
      )
    },
  })
  const pool = createSessionPool({
    name,
    clock,
    random: ports.random,
    max: maxSessionsOf(config),
    idleMs: config.session_idle_seconds * 1000,
    isCostly: isProcess,
    isKept: (link) => link !== undefined && link === lent,
    dial: (declared, owner, hooks) => openOwn(declared, owner, hooks),
    orElse: (call, problem) => withoutOwn(call, problem),
    onNotification: (notification) => publish(notification, 'legacy'),
    onUpdated: (key, notification) => watching.updatedIn(key, notification),
    onLost: () => void isAlive(links.now('legacy')?.link),
    expose,
  })
  const send = createHop({ name, identity, levels, renewParamHeaders, about: callerMeta(config) })
  /** A server that gave out no session id knows no caller from another: a session of theirs would cost, and be nothing. */
  const hasOwn = (on: Link, caller: Caller): boolean =>
    ownSessions &&
    (needsOwnSession(caller) || on === lent) &&
    !sharing.has(caller.client) &&
    on.transport.isSessionless?.() !== true
  const onShared = (on: Link, call: Call): Promise<Reply> =>
    isProcess
      ? use.run(call.caller, methodSpec(call.request.method)?.routing !== 'list', () =>
          send(on, call),
        )
      : send(on, call)
  const carry = createCarrier({ name, clock, hasOwn, pool, expose, send, onShared })
  /**
   * The first client that can be asked something takes the process that answered for the lists, while no other client
   * uses it: one client needs one process.
   */
  const openOwn = async (declared: Carried, owner: Caller, hooks: LinkHooks) => {
    const { principal } = owner
    const dial = () => dialling.own(declared, owner, hooks)
    const isTaken = lent !== undefined && links.now('legacy')?.link === lent
    const mayTake = isProcess && principal.method === 'none' && declared.key !== ''
    if (!mayTake || isTaken) return dial()
    const opened = await links.replaceMain(() => use.untilFree(mostDrainMs), dial)
    if (opened?.kind === 'open') lent = opened.link
    return opened ?? dial()
  }
  /** A server of which only one can run, or be connected to, serves all callers without a credential. */
  const withoutOwn = (call: Call, problem: Problem): Promise<Reply> => {
    // It is about the caller, and no session that others share is of help.
    if (problem.code === 'backend-credential') return Promise.resolve(notSent(problem))
    const shared = links.now('legacy')
    if (shared === undefined || shared.link.agreement.era !== 'legacy') {
      return Promise.resolve(notSent(problem))
    }
    const why = noFurther(name, problem)
    if (call.caller.principal.method !== 'none' || config.transport === 'http') {
      return Promise.resolve(notSent(why))
    }
    warnOfSharing(why)
    if (shared.link === lent) {
      pool.join(call.caller, lent)
      return pool.run(call, (own) => send(own, call))
    }
    sharing.add(call.caller.client)
    return onShared(shared.link, call)
  }
  const onLink = createLinkUse(name, links, board)

  const watch = ({ caller, signal, ...wanted }: Watch): Promise<Reply> =>
    onLink(caller.client.era, signal, ({ link }) => {
      const own = { caller, signal, ...wanted }
      // What all share is asked for by the proxy: it may see more than this caller.
      if (link.agreement.era === 'modern')
        return access.perCaller ? neverTold : watching.onListen(own)
      if (!link.tells) return neverTold
      if (hasOwn(link, caller)) {
        const place = pool.placeOf(caller)
        return watching.inSession(place.id, own, () => pool.hold(caller, place))
      }
      return watching.inSession(sharedKey, own, () =>
        onLink<Held | Reply>('legacy', signal, (shared) =>
          shared.agreement.era === 'legacy'
            ? { link: shared.link, lost: shared.lost.signal, release: use.hold() }
            : notSent(unavailable(name, 'its session is gone', 'ended')),
        ),
      )
    })

  const shut = async (graceMs: number) => {
    closing.abort()
    await Promise.all([links.close(graceMs), pool.close(graceMs)])
    access.close()
  }
  let closed: Promise<void> | undefined

  return {
    name,
    handle: (call: Call) => {
      const { era } = call.caller.client
      const shared = links.isSettled(era) ? links.now(era) : undefined
      return shared === undefined
        ? onLink(era, call.signal, ({ link }) => carry(link, call))
        : carry(shared.link, call)
    },
    get health() {
      return board.read()
    },
    prepare: links.prepare,
    subscribe: board.subscribe,
    watch,
    watchTask: (wanted: TaskWatch) =>
      onLink('modern', wanted.signal, () =>
        access.perCaller ? neverTold : watching.taskOnListen(wanted),
      ),
    relay: (said, caller) => {
      for (const own of pool.linksOf(caller)) {
        if (said.kind === 'log-level') void levels.raise(own, said.level)
        else void own.transport.notify(rootsChanged, closing.signal)
      }
    },
    start: links.start,
    close: (graceMs = defaultGraceMs) => (closed ??= shut(graceMs)),
  }
}
