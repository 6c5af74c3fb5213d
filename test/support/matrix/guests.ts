// The clients of the matrix: official SDKs of both generations with one face, answering as they are told and keeping what they hear.
import {
  Client as Client2,
  StreamableHTTPClientTransport as Http2,
} from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'

/** What came without being asked for. */
export interface Heard {
  readonly kind: 'tools' | 'updated' | 'log'
  readonly what: string
}

export interface CallOptions {
  readonly onprogress?: (progress: { progress: number }) => void
  readonly signal?: AbortSignal
  /** Of a stateless caller's request. */
  readonly meta?: Readonly<Record<string, unknown>>
}

export interface Result {
  readonly text: string
  readonly isError: boolean
}

/** What a person did with a form or an address. */
export interface Elicited {
  readonly action: 'accept' | 'decline' | 'cancel'
  readonly content?: Record<string, string>
  readonly [other: string]: unknown
}

export interface Guest {
  readonly era: 'session' | 'stateless'
  /** What it was asked so far. */
  readonly asked: readonly Question[]
  readonly heard: readonly Heard[]
  /** How it answers forms and addresses from now on. */
  elicits(answer: Elicited): void
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Result>
  tools(): Promise<readonly string[]>
  complete(ref: object, name: string, value: string): Promise<readonly string[]>
  setLevel(level: string): Promise<void>
  /** Wants to hear of changes of the tools, and of that resource where one is named; resolves with the resources confirmed. */
  watch(uri?: string): Promise<readonly string[]>
  /** Resolves when it has heard it. */
  until(fits: (heard: Heard) => boolean): Promise<void>
  close(): Promise<void>
}

export interface Question {
  readonly method: string
  readonly params: unknown
}

export const roots = { roots: [{ uri: 'file:///home/someone', name: 'home' }] }
export const sample = {
  role: 'assistant',
  model: 'none',
  content: { type: 'text', text: 'Hello' },
} as const

const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
const identity = { name: 'guest', version: '1.0.0' }

/** The newest revision is the only one that SDK 1.x offers. */
class OfRevision extends Http1 {
  private readonly revision: string
  constructor(revision: string, ...rest: ConstructorParameters<typeof Http1>) {
    super(...rest)
    this.revision = revision
  }
  override send(...[message, options]: Parameters<Http1['send']>): Promise<void> {
    const opening = message as { method?: string; params?: object }
    return super.send(
      opening.method === 'initialize'
        ? ({ ...opening, params: { ...opening.params, protocolVersion: this.revision } } as never)
        : message,
      options,
    )
  }
}

/** The SDK does not say when it stands on the stream for what belongs to no call. */
const streamOpening = () => {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return {
    opened,
    fetch: async (url: string | URL, init?: RequestInit) => {
      const response = await fetch(url, init)
      if (init?.method === 'GET') open()
      return response
    },
  }
}

interface Ears {
  asked(method: string, params: unknown): void
  hear(kind: Heard['kind'], what: string): void
  elicited(): Elicited
}

const listeningOf = () => {
  const heard: Heard[] = []
  const asked: Question[] = []
  const waiting = new Set<() => void>()
  let answer: Elicited = { action: 'accept', content: { name: 'someone' } }
  const ears: Ears = {
    asked: (method, params) => void asked.push({ method, params }),
    hear: (kind, what) => {
      heard.push({ kind, what })
      for (const look of waiting) look()
    },
    elicited: () => answer,
  }
  const until: Guest['until'] = (fits) =>
    new Promise((resolve) => {
      const look = () => {
        if (!heard.some(fits)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return { heard, asked, ears, until, elicits: (next: Elicited) => void (answer = next) }
}

type Listening = ReturnType<typeof listeningOf>

/** Both SDKs have the same methods, with types of their own. */
const guestOf = (
  client: Client1 | Client2,
  { heard, asked, until, elicits }: Listening,
  own: Pick<Guest, 'era' | 'watch' | 'setLevel' | 'close'>,
): Guest => {
  const c = client as Client1
  return {
    ...own,
    heard,
    asked,
    until,
    elicits,
    call: async (name, args = {}, { meta, ...options } = {}) => {
      const params = { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) }
      const { content, isError = false } = (
        client instanceof Client2
          ? await client.callTool(params, options)
          : await client.callTool(params, undefined, options)
      ) as {
        content: { text: string }[]
        isError?: boolean
      }
      return { text: content[0]?.text ?? '', isError }
    },
    tools: async () => (await c.listTools()).tools.map(({ name }) => name),
    complete: async (ref, name, value) =>
      (await c.complete({ ref: ref as never, argument: { name, value } })).completion.values,
  }
}

const inSession =
  (revision: string) =>
  async (url: string, token: string): Promise<Guest> => {
    const client = new Client1(identity, { capabilities })
    const listening = listeningOf()
    const { ears } = listening
    client.setRequestHandler(ElicitRequestSchema, ({ method, params }) => {
      ears.asked(method, params)
      return ears.elicited()
    })
    client.setRequestHandler(CreateMessageRequestSchema, ({ method, params }) => {
      ears.asked(method, params)
      return sample
    })
    client.setRequestHandler(ListRootsRequestSchema, ({ method, params }) => {
      ears.asked(method, params)
      return roots
    })
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => ears.hear('tools', ''))
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
      ears.hear('updated', params.uri),
    )
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) =>
      ears.hear('log', String(params.data)),
    )
    const stream = streamOpening()
    const transport = new OfRevision(revision, new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
      fetch: stream.fetch,
    })
    await client.connect(transport)
    await stream.opened
    return guestOf(client, listening, {
      era: 'session',
      watch: async (uri) => {
        if (uri === undefined) return []
        await client.subscribeResource({ uri })
        return [uri]
      },
      setLevel: async (level) => {
        await client.setLoggingLevel(level as never)
      },
      close: async () => {
        await transport.terminateSession()
        await client.close()
      },
    })
  }

const stateless = async (url: string, token: string): Promise<Guest> => {
  const client = new Client2(identity, {
    capabilities,
    versionNegotiation: { mode: { pin: '2026-07-28' } },
  })
  const listening = listeningOf()
  const { ears } = listening
  client.setRequestHandler('elicitation/create', ({ method, params }) => {
    ears.asked(method, params)
    return ears.elicited()
  })
  client.setRequestHandler('sampling/createMessage', ({ method, params }) => {
    ears.asked(method, params)
    return sample
  })
  client.setRequestHandler('roots/list', ({ method, params }) => {
    ears.asked(method, params)
    return roots
  })
  client.setNotificationHandler('notifications/tools/list_changed', () => ears.hear('tools', ''))
  client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
    ears.hear('updated', params.uri),
  )
  client.setNotificationHandler('notifications/message', ({ params }) =>
    ears.hear('log', String(params.data)),
  )
  await client.connect(
    new Http2(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
  )
  return guestOf(client, listening, {
    era: 'stateless',
    watch: async (uri) => {
      const { honoredFilter } = await client.listen({
        toolsListChanged: true,
        ...(uri === undefined ? {} : { resourceSubscriptions: [uri] }),
      })
      return honoredFilter.resourceSubscriptions ?? []
    },
    setLevel: async () => undefined,
    close: () => client.close(),
  })
}

/** Each has a token of its own, so that backends tell them apart. */
export const guests = {
  'session 2025-06-18': inSession('2025-06-18'),
  'session 2025-11-25': inSession('2025-11-25'),
  'stateless 2026-07-28': stateless,
} as const

export type GuestName = keyof typeof guests

export const tokenOf = (name: GuestName): string => `token-of-${name.replaceAll(' ', '-')}`
