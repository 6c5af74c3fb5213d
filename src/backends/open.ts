// Turns the configuration of one backend into a Backend that connects by itself, and again after every loss.
import type { CancelSignal } from '../base/cancellation.ts'
import type { Ports } from '../base/ports.ts'
import type { Problem } from '../base/problem.ts'
import type { Call, Era, Reply } from '../mcp/call.ts'
import type { Backend, BackendEvent, Dialler, Health } from './backend.ts'
import { createBackoff } from './backoff.ts'
import { publicNotification } from './changes.ts'
import type { BackendTransportConfig } from './config.ts'
import { bridgeRequest, type Agreement, type ClientIdentity } from './era-bridge.ts'
import { notSent, outsideProtocol, unavailable } from './failure.ts'
import { httpDialler } from './http.ts'
import { openLink, type Link } from './link.ts'
import { stdioDialler } from './stdio.ts'
import { listenForChanges } from './subscription.ts'

export interface BackendOptions {
  /** How the proxy names itself to backends. */
  readonly identity?: ClientIdentity
}

const defaultIdentity: ClientIdentity = { name: 'mcp-proxy', version: '0.1.0' }
/** How long a call waits for the first connection. */
const firstConnectMs = 5000
/** A link that stood this long was a good one: the next wait is short again. */
const steadyMs = 30_000
/** A modern verdict fails loudly when it is stale, a legacy one would work for ever. */
const legacyVerdictMs = 24 * 60 * 60 * 1000
const defaultGraceMs = 5000
/** HeaderMismatch and UnsupportedProtocolVersion speak about our own hop, not about the caller's. */
const hopErrors: readonly number[] = [-32_020, -32_022]

const isAboutOurHop = (reply: Reply): reply is Extract<Reply, { readonly kind: 'error' }> =>
  reply.kind === 'error' && hopErrors.includes(reply.error.code)

const diallerFor = (config: BackendTransportConfig, ports: Ports): Dialler => {
  const { name, command, args, env, cwd, url, bearer_token: bearerToken } = config
  if (config.transport === 'http' && url !== undefined) {
    return httpDialler({ name, url, bearerToken }, ports)
  }
  if (config.transport === 'stdio' && command !== undefined) {
    return stdioDialler({ name, command, args, env, cwd }, ports)
  }
  throw new TypeError(`backend ${name}: transport ${config.transport} lacks its address`)
}

/** Remembers which era a backend spoke, so that it is not asked at each connection. */
const eraMemory = (configured: BackendTransportConfig['protocol'], now: () => number) => {
  let known: { readonly era: Era; readonly until: number } | undefined
  return {
    recall: (): 'auto' | Era => {
      if (configured !== 'auto') return configured
      return known !== undefined && known.until > now() ? known.era : 'auto'
    },
    learn: ({ era }: Agreement) => {
      known = { era, until: era === 'modern' ? Infinity : now() + legacyVerdictMs }
    },
    forget: () => {
      known = undefined
    },
  }
}

/** Health as a value that tells its watchers when it changes. */
const healthBoard = (name: string, ports: Ports) => {
  const { clock, log, meter } = ports
  const up = meter.gauge('mcp_proxy_backend_up', 'Whether the backend is connected', ['backend'])
  const listeners = new Set<(event: BackendEvent) => void>()
  let health: Health = { state: 'starting', since: clock.now() }
  const emit = (event: BackendEvent) => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        // One watcher's fault must not end the backend.
        log.error({ backend: name, error: String(error) }, 'a watcher of the backend failed')
      }
    }
  }
  const set = (next: Health) => {
    health = next
    up.set({ backend: name }, next.state === 'up' ? 1 : 0)
    emit({ kind: 'health', health: next })
  }
  return {
    read: () => health,
    emit,
    subscribe: (listener: (event: BackendEvent) => void) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    setUp: (agreement: Agreement) => {
      const { era, protocolVersion } = agreement
      log.info({ backend: name, era, protocolVersion }, 'backend is up')
      set({ state: 'up', since: clock.now(), ...agreement })
    },
    setDown: (problem: Problem, retryInMs: number | undefined) => {
      const since = clock.now()
      const retryAt = retryInMs === undefined ? {} : { retryAt: since + retryInMs }
      const { code, detail } = problem
      log.warn({ backend: name, code, detail, retryInMs }, 'backend is down')
      set({ state: 'down', since, problem, ...retryAt })
    },
  }
}

const untilAborted = (...signals: readonly CancelSignal[]): Promise<void> =>
  new Promise((resolve) => {
    const onAbort = () => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort)
      resolve()
    }
    for (const signal of signals) signal.addEventListener('abort', onAbort)
    if (signals.some(({ aborted }) => aborted)) onAbort()
  })

/** Creates the backend; nothing leaves the process before `start`. */
export const openBackend = (
  config: BackendTransportConfig,
  ports: Ports,
  { identity = defaultIdentity }: BackendOptions = {},
): Backend => {
  const { name } = config
  const { clock } = ports
  const dialler = diallerFor(config, ports)
  const board = healthBoard(name, ports)
  const eras = eraMemory(config.protocol, () => clock.now())
  const backoff = createBackoff(ports.random)
  const closing = new AbortController()
  let link: Link | undefined
  let running: Promise<void> | undefined
  let closed: Promise<void> | undefined

  const dial = () => {
    const negotiation = { name, protocol: eras.recall(), identity, clock, signal: closing.signal }
    return openLink(dialler, negotiation, {
      onNotification: (notification) => {
        const known = publicNotification(notification)
        if (known !== undefined) board.emit({ kind: 'notification', notification: known })
      },
      onRenewed: (agreement) => {
        eras.learn(agreement)
        board.setUp(agreement)
      },
    })
  }

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
    void listenForChanges(opened.link, {
      identity,
      ports,
      signal: ended,
      publish: (notification) => board.emit({ kind: 'notification', notification }),
    })
    await untilAborted(ended, closing.signal)
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

  const downProblem = (): Problem => {
    const health = board.read()
    return health.state === 'down' ? health.problem : unavailable(name, 'it is still starting')
  }
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
  const send = (on: Link, { request, client, peer, signal }: Call): Promise<Reply> =>
    on.transport.request(bridgeRequest(request, client, on.agreement, identity), peer, signal)

  /** It refused the request for our envelope's sake and so did not carry it out. */
  const sendAgain = async (on: Link, call: Call, code: number): Promise<Reply> => {
    if (await on.probeAgain()) {
      const second = await send(on, call)
      if (!isAboutOurHop(second)) return second
    }
    return notSent(outsideProtocol(name, `error ${code} about our request`))
  }
  const handleOn = (on: Link, call: Call): Promise<Reply> =>
    send(on, call).then((reply) =>
      isAboutOurHop(reply) ? sendAgain(on, call, reply.error.code) : reply,
    )
  const handleWhenReady = async (call: Call): Promise<Reply> => {
    const current = await readyLink(call.signal)
    return current === undefined ? notSent(downProblem()) : handleOn(current, call)
  }
  const handle = (call: Call): Promise<Reply> =>
    link === undefined ? handleWhenReady(call) : handleOn(link, call)

  const shut = async (graceMs: number) => {
    closing.abort()
    await running
    const last = link
    link = undefined
    await last?.transport.close(graceMs)
    board.setDown(unavailable(name, 'it was closed'), undefined)
  }

  return {
    name,
    handle,
    get health() {
      return board.read()
    },
    subscribe: board.subscribe,
    start: () => {
      if (!closing.signal.aborted) running ??= live()
    },
    close: (graceMs = defaultGraceMs) => (closed ??= shut(graceMs)),
  }
}
