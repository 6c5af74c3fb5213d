// Turns the configuration of one backend into a Backend that connects by itself, and again after every loss.
import { isDeepStrictEqual } from 'node:util'
import type { CancelSignal } from '../base/cancellation.ts'
import type { Ports } from '../base/ports.ts'
import type { Problem } from '../base/problem.ts'
import { sharedAbort } from '../base/shared-abort.ts'
import type { Call, Reply } from '../mcp/call.ts'
import type { JsonRpcNotification, JsonRpcRequest } from '../mcp/message.ts'
import { methodSpec } from '../mcp/methods.ts'
import { notOffered, questionCapabilities } from '../mcp/questions.ts'
import type { Backend, Dialler } from './backend.ts'
import { createBackoff } from './backoff.ts'
import { openChangeFeed } from './change-feed.ts'
import { publicNotification } from './changes.ts'
import type { BackendTransportConfig } from './config.ts'
import { bridgeRequest, type ClientIdentity } from './era-bridge.ts'
import { downProblem, notSent, outsideProtocol, unavailable } from './failure.ts'
import { eraMemory, healthBoard } from './health-board.ts'
import { eventStreamDialler } from './http-sse.ts'
import { httpDialler } from './http.ts'
import { openLink, type Link } from './link.ts'
import { blameRightly, missingCapability } from './missing-capability.ts'
import { createLogLevels, wantedLevel } from './log-level.ts'
import { throughRounds, type RoundOptions } from './rounds.ts'
import { nobody } from './negotiate.ts'
import { untilAborted, type Held } from './resource-watches.ts'
import { createSessionPool, needsOwnSession, sessionKey } from './session-pool.ts'
import { stdioDialler } from './stdio.ts'
import { createWatching, neverTold, type TaskWatch, type Watch } from './watching.ts'
import { webSocketDialler } from './websocket.ts'

export interface BackendOptions {
  /** How the proxy names itself to backends. */
  readonly identity?: ClientIdentity
  /** Puts a question of the backend into the words of its callers, who know other names. */
  readonly exposeQuestion?: (question: JsonRpcRequest) => JsonRpcRequest
  /** The headers that repeat the arguments of a tool call, by a list of tools that is asked for anew. */
  readonly renewParamHeaders?: (request: JsonRpcRequest) => Promise<ParamHeaders>
}

type ParamHeaders = Readonly<Record<string, string>>

const defaultIdentity: ClientIdentity = { name: 'mcp-proxy', version: '0.1.0' }
/** How long a call waits for the first connection. */
const firstConnectMs = 5000
/** A link that stood this long was a good one: the next wait is short again. */
const steadyMs = 30_000
const defaultGraceMs = 5000
const headerMismatch = -32_020
/** HeaderMismatch and UnsupportedProtocolVersion speak about our own hop, not about the caller's. */
const hopErrors: readonly number[] = [headerMismatch, -32_022]

type ErrorReply = Extract<Reply, { readonly kind: 'error' }>

const isAboutOurHop = (reply: Reply): boolean =>
  reply.kind === 'error' && hopErrors.includes(reply.error.code)

const diallerFor = (config: BackendTransportConfig, ports: Ports): Dialler => {
  const { name, command, args, env, cwd, url, bearer_token: bearerToken } = config
  if (config.transport === 'http' && url !== undefined) {
    return httpDialler({ name, url, bearerToken }, ports)
  }
  if (config.transport === 'sse' && url !== undefined) {
    return eventStreamDialler({ name, url, bearerToken }, ports)
  }
  if (config.transport === 'websocket' && url !== undefined) {
    return webSocketDialler({ name, url, bearerToken }, ports)
  }
  if (config.transport === 'stdio' && command !== undefined) {
    return stdioDialler({ name, command, args, env, cwd }, ports)
  }
  throw new TypeError(`backend ${name}: transport ${config.transport} lacks its address`)
}

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
  const common = { name, identity, clock, signal: closing.signal }
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
    max: config.max_sessions,
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
    return ended.aborted ? (ended.reason as Problem) : unavailable(name, 'it is being closed')
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
    unavailable(name, 'it is between two connections')
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
  const pass = (on: Link, call: Call): Promise<Reply> =>
    on.transport.request(
      bridgeRequest(call, on.agreement, identity),
      call.peer,
      call.signal,
      on.agreement.era === 'modern' ? call.paramHeaders : undefined,
    )
  const send = (on: Link, call: Call): Promise<Reply> => {
    const level = wantedLevel(call)
    const raised = level === undefined ? undefined : levels.raise(on, level)
    return raised === undefined ? pass(on, call) : raised.then(() => pass(on, call))
  }
  /** The call with the headers that the tool wants by now; undefined where it has them (MCP 2026-07-28, custom headers). */
  const withNewHeaders = async (call: Call): Promise<Call | undefined> => {
    if (call.request.method !== 'tools/call') return undefined
    const paramHeaders = await renewParamHeaders?.(call.request)
    const before = call.paramHeaders ?? {}
    return paramHeaders === undefined || isDeepStrictEqual(paramHeaders, before)
      ? undefined
      : { ...call, paramHeaders }
  }
  /** It refused the request for our envelope's sake and so did not carry it out. */
  const sendAgain = async (on: Link, call: Call, code: number): Promise<Reply> => {
    const renewed = code === headerMismatch ? await withNewHeaders(call) : undefined
    if (renewed !== undefined || (await on.probeAgain())) {
      const second = await send(on, renewed ?? call)
      if (!isAboutOurHop(second)) return second
    }
    return notSent(outsideProtocol(name, `error ${code} about our request`))
  }
  const onError = (on: Link, call: Call, reply: ErrorReply): Reply | Promise<Reply> => {
    const { code } = reply.error
    if (hopErrors.includes(code)) return sendAgain(on, call, code)
    return code === missingCapability ? blameRightly(reply, call.client) : reply
  }
  const sendOn = (on: Link, call: Call): Promise<Reply> =>
    send(on, call).then((reply) => (reply.kind === 'error' ? onError(on, call, reply) : reply))
  const roundsOf = (on: Link, call: Call): RoundOptions => ({
    backend: name,
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
  const handleOn = (on: Link, call: Call): Promise<Reply> => {
    if (on.agreement.era === 'legacy') {
      return ownSessions && needsOwnSession(call)
        ? pool.run(call, (own) => sendOn(own, call))
        : sendOn(on, call)
    }
    const first = sendOn(on, call)
    return call.client.era === 'legacy' && methodSpec(call.request.method)?.asks === true
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
    return ownSessions && needsOwnSession(caller)
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
    board.setDown(unavailable(name, 'it was closed'), undefined)
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
