// The transport keys of one [[backends]] entry.
import * as z from 'zod'
import { secretSchema } from '../core/auth-config/secret-schema.ts'
import { upstreamAuthSchema } from '../core/upstream/upstream-config.ts'
import { forwardKeys } from './forward-config.ts'

export const backendNamePattern = /^[a-z][a-z0-9-]*$/

/** A session over stdio is a process; elsewhere it is some memory, and a connection while it has a stream. */
export const sessionsDefault = { stdio: 64, remote: 4096 } as const

/** Bytes of one message of a backend. */
export const messageBytesDefault = 10 * 1024 * 1024

/** Seconds until the first answer. */
export const startDefault = { fetching: 300, other: 60 } as const

export const transportKeys = {
  name: z
    .string()
    .regex(backendNamePattern, 'use lower-case letters, digits and "-", beginning with a letter')
    .refine((name) => name !== 'proxy', '"proxy" is reserved')
    .describe('Names the backend; its tools appear as <name><separator><tool>'),
  transport: z
    .enum(['stdio', 'http', 'sse', 'websocket'])
    .describe(
      'How it is reached; sse is the deprecated HTTP+SSE of 2024-11-05, which http finds by itself too',
    ),
  protocol: z
    .enum(['auto', 'modern', 'legacy'])
    .default('auto')
    .describe('Its protocol era; auto asks it'),
  prefix: z
    .string()
    .optional()
    .describe('Replaces <name><separator>; "" exposes the names as they are'),
  command: z.string().min(1).optional().describe('stdio: the program'),
  args: z.array(z.string()).default([]).describe('stdio: its arguments'),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      'stdio: environment variables of the child, besides the few it inherits (PATH, HOME, USER, LOGNAME, SHELL, TERM, LANG, LC_*, TZ, TMPDIR)',
    ),
  cwd: z.string().optional().describe('stdio: the working folder'),
  url: z
    .url()
    .optional()
    .describe(
      'http, sse, websocket: the MCP endpoint; for sse the address of the event stream, for websocket one with ws:// or wss://',
    ),
  session: z
    .enum(['caller', 'shared'])
    .default('caller')
    .describe(
      'Session-era backends: one session (for stdio a process, which clients share where that is no loss; for sse and websocket a connection) for each caller and set of capabilities, or one for all, in which the backend can ask nobody anything',
    ),
  max_sessions: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      `Most sessions of callers at one time; the longest idle makes room. Default: ${sessionsDefault.stdio} for stdio, where each is a process, ${sessionsDefault.remote} for all others`,
    ),
  session_idle_seconds: z
    .number()
    .positive()
    .default(300)
    .describe('Seconds of inactivity after which the session of a caller ends'),
  start_timeout_seconds: z
    .number()
    .positive()
    .max(3600)
    .optional()
    .describe(
      `Seconds that its start may take, until its first answer. Default: ${startDefault.other}, or ${startDefault.fetching} where the command may have to fetch the program first (npx, bunx, uvx, pipx, docker and the like)`,
    ),
  max_message_bytes: z
    .number()
    .int()
    .min(1024)
    .max(256 * 1024 * 1024)
    .default(messageBytesDefault)
    .describe('Largest message that it may send: a line, a body, an event or a frame'),
  bearer_token: z
    .optional(secretSchema)
    .describe('http, sse, websocket: the credential of the proxy at this backend, sent as Bearer'),
  basic_auth: z
    .strictObject({
      username: z
        .string()
        .min(1)
        .describe('The user name; without a password it is the key, and secret'),
      password: z.optional(secretSchema).describe('The password'),
    })
    .optional()
    .describe('http, sse, websocket: the credential as user name and password (RFC 7617)'),
  headers: z
    .record(z.string(), secretSchema)
    .default({})
    .describe(
      'http, sse, websocket: headers of every request to this backend, such as X-API-Key; their values are secret',
    ),
  oauth: z
    .optional(upstreamAuthSchema)
    .describe(
      'http, sse, websocket: the credential as a token that the proxy obtains, keeps and renews (RFC 6749, RFC 8693)',
    ),
  ...forwardKeys,
}

/** As many sessions of callers as one backend may have, where nothing else is configured. */
export const maxSessionsOf = ({
  transport,
  max_sessions: configured = transport === 'stdio' ? sessionsDefault.stdio : sessionsDefault.remote,
}: Pick<z.infer<typeof transportSchema>, 'transport' | 'max_sessions'>): number => configured

const fetchers =
  /^(?:npx|npm|pnpm|pnpx|yarn|bunx|bun|deno|uvx|uv|pipx|docker|podman|nerdctl|dnx)(?:\.(?:cmd|exe))?$/i

/** How long the start of a backend may take. */
export const startMsOf = ({
  command,
  start_timeout_seconds: configured,
}: Pick<BackendTransportConfig, 'command' | 'start_timeout_seconds'>): number => {
  const program = command?.split(/[\\/]/).at(-1) ?? ''
  const usual = fetchers.test(program) ? startDefault.fetching : startDefault.other
  return (configured ?? usual) * 1000
}

export const transportSchema = z.object(transportKeys)
export type BackendTransportConfig = z.infer<typeof transportSchema>
