// An MCP server over the HTTP+SSE transport of 2024-11-05: all that it says comes on one event stream, which begins
// with the address that takes what is said to it.
import { createCancel } from '../../base/cancellation.ts'
import type { Ports } from '../../base/ports.ts'
import { createRoster } from '../../base/roster.ts'
import type { Caller } from '../../mcp/call.ts'
import { sseDecoder, type SseEvent } from '../../mcp/sse.ts'
import { createChannel, type Channel } from '../channel/channel.ts'
import { foreignTo } from '../access.ts'
import type { Credential } from '../credential.ts'
import { childLog } from '../stray-output.ts'
import {
  brokenProtocol,
  lostLink,
  notSent,
  outsideProtocol,
  refusedLink,
  sent,
  type BackendFault,
} from '../failure.ts'
import type { HttpConfig } from './http-headers.ts'
import { sideMessageMs } from './http-link.ts'
import { post, type Side } from './http-sse-post.ts'
import type { Waiting } from '../channel/pending.ts'
import type { BodySink } from './body-sink.ts'
import { refusalWords } from './refusal-words.ts'
import {
  Collector,
  roundTrip,
  type Ending,
  type HttpTarget,
  type ResponseHead,
} from './round-trip.ts'
import { dialWithAccess } from '../dial-with-access.ts'
import type { Dialled, Dialler, LinkEvents, Transport } from '../transport.ts'

/** How long one may take to say where it listens of which it is but a guess that it would. */
const guessMs = 5000
/** Of an answer that refuses; the rest says nothing more. */
const refusalBytes = 64 * 1024
const refusalMs = 2000
/** What may be on its way to a server that takes nothing. */
const maxOpenPosts = 1000
/** How long it may take to accept a request, which it answers on the stream. */
const acceptMs = 60_000

const targetOf = ({ origin, pathname, search }: URL): HttpTarget => ({
  origin,
  path: `${pathname}${search}`,
})

/** Where to speak to, or why not there: another origin would get the credential and all that is said. */
const endpointIn = (data: Uint8Array, base: URL): HttpTarget | string => {
  const text = Buffer.from(data).toString('utf8').trim()
  if (!URL.canParse(text, base.href)) return 'its endpoint event contains no address'
  const endpoint = new URL(text, base.href)
  return endpoint.origin === base.origin
    ? targetOf(endpoint)
    : `its endpoint event leads to another origin (${endpoint.origin.slice(0, 100)})`
}

/** What the server answered in place of a stream, with its own words; to be asked for once its body has come. */
const refusalOf = (head: ResponseHead, { config: { name }, credential }: Side) => {
  const { status } = head
  const challenge = head.header('www-authenticate')
  const body = new Collector(refusalBytes)
  return {
    sink: body,
    fault: () =>
      refusedLink(
        name,
        status,
        credential.identifies,
        refusalWords(body.take(), challenge, credential.secrets),
      ),
  }
}

const wrongType = (head: ResponseHead, { name }: HttpConfig): BackendFault | undefined => {
  const type = head.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  return type === 'text/event-stream'
    ? undefined
    : brokenProtocol(name, `content type ${type ?? 'is missing'}`, 'type')
}

const stop: BodySink = { onChunk: () => false }

/** What is known of one stream from its first byte to its last. */
interface Progress {
  stage: 'asked' | 'streaming' | 'standing'
  fault: BackendFault | undefined
  endpoint: HttpTarget | undefined
  /** The server refused, as its status said. */
  refused: (() => BackendFault) | undefined
}

const endOf = ({ stage, fault, refused }: Progress, ending: Ending, name: string): BackendFault => {
  if (refused !== undefined) return refused()
  if (fault !== undefined) return fault
  if (ending.kind === 'broken') return lostLink(name, ending.why)
  return stage === 'streaming'
    ? brokenProtocol(name, 'the event stream ended without an endpoint event', 'opening')
    : lostLink(name, 'the event stream ended')
}

const channelOn = (side: Side, progress: Progress, events: LinkEvents): Channel => {
  const { name } = side.config
  const log = childLog(name, side.secrets, side.ports)
  let posts = 0
  const channel = createChannel({
    name,
    events,
    log: side.ports.log,
    send: (textOf, waiting?: Waiting, caller?: Caller) => {
      const { endpoint } = progress
      const text = endpoint === undefined || posts >= maxOpenPosts ? undefined : textOf()
      if (endpoint === undefined || text === undefined) return
      posts += 1
      const limitMs = waiting === undefined ? sideMessageMs : acceptMs
      void post(side, endpoint, text, limitMs, caller).then((refused) => {
        posts -= 1
        if (refused !== undefined) waiting?.settle(refused)
      })
    },
    isFull: () => posts >= maxOpenPosts,
    onStray: (bytes, why) => {
      log.write('stray', bytes)
      // With but one request open, what cannot be read can only be its answer.
      channel.find(undefined)?.settle(sent(outsideProtocol(name, why)))
    },
  })
  return channel
}

/** Reads the stream into the channel. `onEndpoint` comes once, with the address or with why it is none. */
const readStream = (
  side: Side,
  progress: Progress,
  channel: Channel,
  onEndpoint: (endpoint: HttpTarget | string) => void,
  onRefused: () => void,
): ((head: ResponseHead) => BodySink) => {
  const { config } = side
  const { name, url, maxBytes } = config
  const onEvent = ({ event, data }: SseEvent) => {
    if (event === 'message' && data.length > 0) channel.receive(data)
    if (event !== 'endpoint' || progress.stage === 'standing') return
    progress.stage = 'standing'
    onEndpoint(endpointIn(data, new URL(url)))
  }
  return (head) => {
    if (head.status !== 200) {
      const { sink, fault } = refusalOf(head, side)
      progress.refused = fault
      onRefused()
      return sink
    }
    progress.fault ??= wrongType(head, config)
    if (progress.fault !== undefined) return stop
    progress.stage = 'streaming'
    const decoder = sseDecoder({ onEvent }, maxBytes)
    return {
      onChunk: (chunk) => {
        const goOn = decoder.push(chunk)
        if (!goOn) {
          progress.fault ??= brokenProtocol(name, `an event of more than ${maxBytes} bytes`, 'size')
        }
        return goOn
      },
    }
  }
}

const slowness = ({ stage }: Progress, name: string, limitMs: number): BackendFault =>
  stage === 'asked'
    ? lostLink(name, `no answer to GET in ${limitMs / 1000} s`, 'silent')
    : brokenProtocol(name, `no endpoint event in ${limitMs / 1000} s`, 'opening')

const openStream = (side: Side, events: LinkEvents, signal: AbortSignal): Promise<Dialled> => {
  const { config, http, ports, limitMs } = side
  const { name } = config
  const over = createCancel()
  const settled = createCancel()
  const progress: Progress = {
    stage: 'asked',
    fault: undefined,
    endpoint: undefined,
    refused: undefined,
  }
  const channel = channelOn(side, progress, events)
  let closing = false
  let done: Promise<void> | undefined

  const fail = (fault: BackendFault) => {
    progress.fault ??= fault
    over.abort()
  }
  const transport: Transport = {
    request: (message, peer, aborted, headers, caller) => {
      const whose = caller ?? side.owner
      const foreign = foreignTo(name, config.access, side.owner, whose)
      if (foreign !== undefined) return Promise.resolve(notSent(foreign))
      if (side.owner !== undefined) side.owner = whose
      return channel.request(message, peer, aborted, headers, whose)
    },
    notify: async (notification) => {
      if (progress.endpoint === undefined) return
      await post(side, progress.endpoint, JSON.stringify(notification), sideMessageMs)
    },
    close: async () => {
      closing = true
      over.abort()
      await done
    },
  }

  return new Promise((resolve) => {
    const leave = () => fail(lostLink(name, 'it is being closed', 'closing'))
    const settle = (dialled: Dialled) => {
      settled.abort()
      signal.removeEventListener('abort', leave)
      resolve(dialled)
    }
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    void ports.clock.sleep(limitMs, settled.signal).then(
      () => fail(slowness(progress, name, limitMs)),
      () => undefined,
    )
    const onEndpoint = (endpoint: HttpTarget | string) => {
      if (typeof endpoint === 'string') {
        fail(brokenProtocol(name, endpoint))
        return
      }
      progress.endpoint = endpoint
      settle({ kind: 'open', transport })
    }
    const onRefused = () => {
      void ports.clock.sleep(refusalMs, settled.signal).then(
        () => over.abort(),
        () => undefined,
      )
    }
    const onHead = readStream(side, progress, channel, onEndpoint, onRefused)
    const target = targetOf(new URL(config.url))
    const headers = { ...side.credential.headers, accept: 'text/event-stream' }
    done = roundTrip(http, target, { method: 'GET', headers }, over.signal, onHead).then(
      (ending) => {
        const { why, problem } = endOf(progress, ending, name)
        channel.end(why)
        for (const said of side.open.values()) said.abort()
        settle({ kind: 'failed', problem, recognised: progress.stage === 'standing' })
        if (progress.endpoint !== undefined && !closing) events.onEnd(problem)
      },
    )
  })
}

const diallerWithin = (config: HttpConfig, limitMs: number, ports: Ports): Dialler => ({
  survivesProbe: true,
  sessionsOnly: true,
  dial: async (events, signal, owner) => {
    const http = await ports.http()
    const dialWith = (credential: Credential) =>
      openStream(
        {
          config,
          http,
          ports,
          limitMs,
          open: createRoster(),
          owner,
          credential,
          secrets: new Set(credential.secrets),
        },
        events,
        signal,
      )
    return dialWithAccess(config, owner, signal, dialWith)
  },
})

export const eventStreamDialler = (config: HttpConfig, ports: Ports): Dialler =>
  diallerWithin(config, config.startMs, ports)

/** For a server that answered already, but opened no session in the newer way. */
export const guessedStreamDialler = (config: HttpConfig, ports: Ports): Dialler =>
  diallerWithin(config, Math.min(guessMs, config.startMs), ports)
