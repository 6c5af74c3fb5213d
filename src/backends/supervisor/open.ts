// Turns the configuration of one backend into a Backend that connects by itself, and again after every loss.
import { untilAborted, type CancelSignal } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import type { Problem } from '../../problems/problem.ts'
import { sharedAbort } from '../../base/shared-abort.ts'
import type { Call, Caller, Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { methodSpec } from '../../mcp/methods.ts'
import { nobody, notOffered, questionCapabilities } from '../../mcp/questions.ts'
import type { Backend, TaskWatch, Watch } from '../backend.ts'
import { createBackoff } from '../../base/backoff.ts'
import { openChangeFeed } from '../watches/change-feed.ts'
import { publicNotification } from '../link/changes.ts'
import { maxSessionsOf, startMsOf, type BackendTransportConfig } from '../config.ts'
import { diallerFor } from './diallers.ts'
import type { ClientIdentity } from '../link/era-bridge.ts'
import { downProblem, notSent, unavailable } from '../failure.ts'
import { eraMemory, healthBoard } from './health-board.ts'
import { createHop, type RenewParamHeaders } from '../link/hop.ts'
import { openLink, type Link } from '../link/link.ts'
import { createLogLevels } from '../link/log-level.ts'
import type { Held } from '../watches/resource-watches.ts'
import { throughRounds, type RoundOptions } from '../link/rounds.ts'
import { createSessionPool, needsOwnSession, sessionKey } from '../sessions/session-pool.ts'
import { createWatching, neverTold } from '../watches/watching.ts'

export interface BackendOptions {
  /** How the proxy names itself to backends. */
  readonly identity?: ClientIdentity
  /** Puts a question of the backend into the words of its callers, who know other names. */
  readonly exposeQuestion?: (question: JsonRpcRequest) => JsonRpcRequest
  readonly renewParamHeaders?: RenewParamHeaders
}

const defaultIdentity: ClientIdentity = { name: 'mcp-proxy', version: '0.1.0' }
/** How long a call waits for the first connection. */
const firstConnectMs = 5000
/** A link that stood this long was a good one: the next wait is short again. */
const steadyMs = 30_000
const defaultGraceMs = 5000
/** No caller's: their keys hold a blank. */
const sharedKey = 'shared'
const rootsChanged = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' } as const

/** Creates the backend; nothing leaves the process before `start`. */
export const openBackend = (
  config: BackendTransportConfig,
  ports: Ports,
  {
    identity = defaultIdentity,
    exposeQuestion: expose = (question) => question,
    renewParamHeaders,
  }: BackendOptions = {},
): Backend => {
  const { name } = config
  const { clock, log } = ports
  const dialler = diallerFor(config, ports)
  const ownSessions = config.session === 'caller'
  const board = healthBoard(name, ports)
  const eras = eraMemory(config.protocol, () => clock.now())
  const backoff = createBackoff(ports.random)
  const levels = createLogLevels()
  const watching = createWatching(ports)
  const closing = sharedAbort()
  const common = { name, identity, clock, startMs: startMsOf(config), signal: closing.signal }
  let link: Link | undefined
  /** Aborts when the server has forgotten what it was asked on the link, and is renewed with it. */
  let lost = sharedAbort()
  let running: Promise<void> | undefined
  let closed: Promise<void> | undefined

  const publish = (notification: JsonRpcNotification) => {
    if (notification.method === 'notifications/resources/updated') {
      watching.updatedOnListen(notification)
      watching.updatedIn(sharedKey, notification)
      return
    }
    if (notification.method === 'notifications/tasks') {
      watching.toldOfTask(notification)
      return
    }
    const known = publicNotification(notification)
    if (known !== undefined) board.emit({ kind: 'notification', notification: known })
  }
  const dial = () =>
    openLink(
      dialler,
      { ...common, protocol: eras.recall(), capabilities: {} },
      {
        onNotification: publish,
        // Whom it is for cannot be known, or has declared that it answers nothing.
        onQuestion: ({ method }) => Promise.resolve(notOffered(method)),
        onRenewed: (agreement) => {
          lost.abort()
          lost = sharedAbort()
          eras.learn(agreement)
          board.setUp(agreement)
        },
        onSilent: (agreement) => {
          log.info({ backend: name }, 'backend tells of no changes: its lists are asked for again')
          board.amend(agreement)
        },
      },
    )
  let asksWhetherItLives = false
  /** A link that is not used does not notice that its server has gone. */
  const askWhetherItLives = async () => {
    const on = link
    if (on === undefined || asksWhetherItLives || closing.signal.aborted) return
    asksWhetherItLives = true
    const request = { jsonrpc: '2.0', id: 0, method: 'ping' } as const
    const deadline = new AbortController()
    const timer = new AbortController()
    void clock.sleep(firstConnectMs, timer.signal).then(
      () => deadline.abort(),
      () => undefined,
    )
    await on.transport.request(request, nobody, deadline.signal)
    timer.abort()
    asksWhetherItLives = false
  }
  const pool = createSessionPool({
    name,
    clock,
    random: ports.random,
    max: maxSessionsOf(config),
    idleMs: config.session_idle_seconds * 1000,
    dial: (client, hooks) => {
      const { capabilities } = questionCapabilities(client)
      const negotiation = { ...common, protocol: 'legacy', capabilities } as const
      return openLink(dialler, negotiation, hooks)
    },
    onNotification: publish,
    onUpdated: (key, notification) => watching.updatedIn(key, notification),
    onLost: () => void askWhetherItLives(),
    expose,
  })

  const feedOf = (on: Link) =>
    openChangeFeed(on, {
      identity,
      ports,
      uris: () => watching.uris(),
      taskIds: () => watching.taskIds(),
      publish: (notification) => board.emit({ kind: 'notification', notification }),
      onGap: () => watching.onGap(),
    })

  /** One link from dial to end; resolves with what ended it. */
  const liveOnce = async (): Promise<Problem> => {
    const opened = await dial()
    if (opened.kind === 'failed') {
      eras.forget()
      return opened.problem
    }
    const { ended, agreement } = opened.link
    const since = clock.now()
    link = opened.link
    eras.learn(agreement)
    board.setUp(agreement)
    if (agreement.era === 'modern') watching.setFeed(feedOf(opened.link))
    await untilAborted(ended, closing.signal)
    watching.setFeed(undefined)
    lost.abort()
    lost = sharedAbort()
    if (clock.now() - since >= steadyMs) backoff.reset()
    return ended.aborted
      ? (ended.reason as Problem)
      : unavailable(name, 'it is being closed', 'closing')
  }
  const live = async () => {
    while (!closing.signal.aborted) {
      const problem = await liveOnce()
      if (closing.signal.aborted) return
      link = undefined
      const waitMs = backoff.next()
      board.setDown(problem, waitMs)
      await clock.sleep(waitMs, closing.signal).catch(() => undefined)
    }
  }

  const whyDown = (): Problem =>
    downProblem({ name, health: board.read() }) ??
    unavailable(name, 'it is between two connections', 'starting')
  /** The link, for which a call waits a little while the backend starts for the first time. */
  const readyLink = async (signal: CancelSignal): Promise<Link | undefined> => {
    if (link !== undefined || board.read().state !== 'starting') return link
    const timer = new AbortController()
    let unsubscribe: () => void = () => undefined
    const settled = new Promise<void>((resolve) => {
      unsubscribe = board.subscribe(({ kind }) => {
        if (kind === 'health') resolve()
      })
    })
    const late = clock.sleep(firstConnectMs, timer.signal).catch(() => undefined)
    await Promise.race([settled, late, untilAborted(signal, timer.signal)])
    unsubscribe()
    timer.abort()
    return link
  }
  const sendOn = createHop({ name, identity, levels, renewParamHeaders })
  let lastQuestion = 0
  const roundsOf = (on: Link, call: Call): RoundOptions => ({
    backend: name,
    nextId: () => (lastQuestion += 1),
    clock,
    expose,
    again: (added) => {
      const { request } = call
      return sendOn(on, {
        ...call,
        request: { ...request, params: { ...request.params, ...added } },
      })
    },
  })
  /** A server that gave out no session id knows no caller from another: a session of theirs would cost, and be nothing. */
  const hasOwn = (on: Link, caller: Caller): boolean =>
    ownSessions && needsOwnSession(caller) && on.transport.isSessionless?.() !== true
  const handleOn = (on: Link, call: Call): Promise<Reply> => {
    if (on.agreement.era === 'legacy') {
      return hasOwn(on, call.caller) ? pool.run(call, (own) => sendOn(own, call)) : sendOn(on, call)
    }
    const first = sendOn(on, call)
    return call.caller.client.era === 'legacy' && methodSpec(call.request.method)?.asks === true
      ? first.then((reply) => throughRounds(call, reply, roundsOf(on, call)))
      : first
  }
  const handleWhenReady = async (call: Call): Promise<Reply> => {
    const current = await readyLink(call.signal)
    return current === undefined ? notSent(whyDown()) : handleOn(current, call)
  }
  const handle = (call: Call): Promise<Reply> =>
    link === undefined ? handleWhenReady(call) : handleOn(link, call)

  const holdShared = async (signal: AbortSignal): Promise<Held | Reply> => {
    const on = link ?? (await readyLink(signal))
    return on === undefined
      ? notSent(whyDown())
      : { link: on, lost: lost.signal, release: () => undefined }
  }
  const watch = async (wanted: Watch): Promise<Reply> => {
    const { caller, signal } = wanted
    const current = link ?? (await readyLink(signal))
    if (current === undefined) return notSent(whyDown())
    if (current.agreement.era === 'modern') return watching.onListen(wanted)
    if (!current.tells) return neverTold
    return hasOwn(current, caller)
      ? watching.inSession(sessionKey(caller), wanted, () => pool.hold(caller))
      : watching.inSession(sharedKey, wanted, () => holdShared(signal))
  }

  const watchTask = async (wanted: TaskWatch): Promise<Reply> => {
    const current = link ?? (await readyLink(wanted.signal))
    return current === undefined ? notSent(whyDown()) : watching.taskOnListen(wanted)
  }

  const shut = async (graceMs: number) => {
    closing.abort()
    await running
    const last = link
    link = undefined
    await Promise.all([last?.transport.close(graceMs), pool.close(graceMs)])
    board.setDown(unavailable(name, 'it was closed', 'closing'), undefined)
  }

  return {
    name,
    handle,
    get health() {
      return board.read()
    },
    subscribe: board.subscribe,
    watch,
    watchTask,
    relay: (said, caller) => {
      for (const own of pool.linksOf(caller)) {
        if (said.kind === 'log-level') void levels.raise(own, said.level)
        else void own.transport.notify(rootsChanged, closing.signal)
      }
    },
    start: () => {
      if (!closing.signal.aborted) running ??= live()
    },
    close: (graceMs = defaultGraceMs) => (closed ??= shut(graceMs)),
  }
}
