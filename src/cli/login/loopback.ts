// Waits on a loopback port for the one redirect that ends a login (RFC 8252 section 7.3).
import { within } from '../../base/within.ts'
import { problemOf } from '../../problems/problem.ts'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopbackHost } from '../../net/address.ts'
import type { Clock } from '../../base/clock.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { duration } from '../../base/duration.ts'
import {
  errorPage,
  nothingPage,
  pageHeaders,
  pageText,
  strangerPage,
  usedPage,
  type Page,
} from './callback-page.ts'

export interface Redirect {
  readonly hostname: string
  /** 0: any free one. */
  readonly port: number
  /** To be tried before any other, where it happens to be free. */
  readonly preferredPort?: number | undefined
  readonly path: string
}

export interface Loopback {
  readonly redirectUri: string
  /**
   * The first callback that `isOurs`; all others are answered and ignored. Throws a UsageError when none
   * comes in time, which says whether one with a foreign state came.
   */
  callback(wait: {
    readonly isOurs: (parameters: URLSearchParams) => boolean
    readonly clock: Clock
    readonly seconds: number
    /** What comes another way. */
    readonly beside?: Promise<URLSearchParams> | undefined
  }): Promise<Callback>
  close(): void
}

export interface Callback {
  readonly parameters: URLSearchParams
  /** Shows the browser how it went, where it waits for that. Resolves when the page is out. */
  readonly show: (page: Page) => Promise<void>
}

/** `--redirect-uri` and `--port`, as a place to listen at. Without a port in either, any free one. */
export const redirectOf = (uri: string | undefined, port: number | undefined): Redirect => {
  if (uri === undefined) return { hostname: '127.0.0.1', port: port ?? 0, path: '/callback' }
  if (!URL.canParse(uri)) throw usageError(problemOf('usage-flag', 'redirect-form'))
  const { protocol, hostname, port: named, pathname, search, hash } = new URL(uri)
  if (protocol !== 'http:' || !isLoopbackHost(hostname)) {
    throw usageError(problemOf('usage-flag', 'redirect-elsewhere'))
  }
  if (search !== '' || hash !== '') throw usageError(problemOf('usage-flag', 'redirect-query'))
  return { hostname, port: port ?? Number(named), path: pathname }
}

/** `localhost` may resolve to either family; the browser tries both. */
const addressOf = (hostname: string): string =>
  hostname.startsWith('[')
    ? hostname.slice(1, -1)
    : hostname === 'localhost'
      ? '127.0.0.1'
      : hostname

const listen = (server: Server, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve()
    })
  })

const answer = (response: ServerResponse, page: Page): void => {
  response.writeHead(page.status, pageHeaders).end(pageText(page))
}

const noPort = (port: number, error: unknown): UsageError => {
  const { code = '' } = error as NodeJS.ErrnoException
  return usageError(
    code === 'EADDRINUSE'
      ? problemOf('usage-flag', 'port-taken', { port })
      : problemOf('usage-flag', 'port-refused', { port, why: code }),
  )
}

const open = async (server: Server, { port, preferredPort, hostname }: Redirect): Promise<void> => {
  const address = addressOf(hostname)
  if (port === 0 && preferredPort !== undefined) {
    try {
      await listen(server, preferredPort, address)
      return
    } catch {
      // RFC 8252 section 7.3: servers take any port on loopback.
    }
  }
  try {
    await listen(server, port, address)
  } catch (error) {
    throw noPort(port, error)
  }
}

/** One login is waiting; the first callback that is its own ends it. */
interface Offer {
  readonly clock: Clock
  readonly isOurs: (parameters: URLSearchParams) => boolean
  readonly resolve: (callback: Callback) => void
}

/** A browser that does not read its page does not keep the login. */
const pageMs = 2000

const showIn =
  (response: ServerResponse, clock: Clock) =>
  async (page: Page): Promise<void> => {
    const out = new Promise<void>((resolve) => {
      response.once('close', resolve)
      if (response.closed) resolve()
    })
    answer(response, page)
    await within(out, { ms: pageMs, clock }, () => undefined)
  }

/** Does not check who calls: the state does, which nobody else knows. */
export const openLoopback = async (redirect: Redirect): Promise<Loopback> => {
  const { hostname, path } = redirect
  let offer: Offer | undefined
  let used: Offer['isOurs'] = () => false
  let foreignCame = false
  const server = createServer((request: IncomingMessage, response) => {
    const target = request.url ?? '/'
    const base = 'http://loopback'
    const url = URL.canParse(target, base) ? new URL(target, base) : undefined
    if (request.method !== 'GET' || url?.pathname !== path) {
      answer(response, nothingPage)
      return
    }
    const { searchParams: parameters } = url
    const taken = offer?.isOurs(parameters) === true ? offer : undefined
    if (taken === undefined) {
      const isUsed = used(parameters)
      if (!isUsed && parameters.has('state')) foreignCame = true
      answer(response, isUsed ? usedPage : strangerPage)
      return
    }
    offer = undefined
    used = taken.isOurs
    const show = showIn(response, taken.clock)
    // What the server said is the page; how a code is taken is known later.
    if (parameters.has('error')) {
      const shown = show(errorPage(parameters))
      taken.resolve({ parameters, show: () => shown })
    } else {
      taken.resolve({ parameters, show })
    }
  })
  server.unref()
  await open(server, redirect)
  const { port } = server.address() as AddressInfo
  const close = (): void => {
    server.close()
    // The page is on its way; an idle connection of the browser is not.
    server.closeIdleConnections()
  }
  return {
    redirectUri: `http://${hostname}:${String(port)}${path}`,
    callback: async ({ isOurs, clock, seconds, beside }) => {
      const called = new Promise<Callback>((resolve) => {
        offer = { isOurs, resolve, clock }
        beside?.then(
          (parameters) => {
            used = isOurs
            resolve({ parameters, show: async () => undefined })
          },
          () => undefined,
        )
      })
      try {
        return await within(called, { ms: seconds * 1000, clock }, (): never => {
          const which = foreignCame ? 'foreign-state' : 'browser'
          throw usageError(problemOf('login-timeout', which, { time: duration(seconds) }))
        })
      } finally {
        offer = undefined
      }
    },
    close,
  }
}
