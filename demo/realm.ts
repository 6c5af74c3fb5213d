// What the tour and its authorization server agree on: clients, scopes and lifetimes.

/**
 * The clients. One resource can be had as a JWT or as an opaque token, by the client that asks;
 * `late` gets JWTs that ran out while it was waiting; `proxy` may only introspect.
 */
export const clientNames = ['jwt', 'opaque', 'late', 'mcp-proxy'] as const
export type ClientName = (typeof clientNames)[number]

export const scopes = ['mcp:read', 'mcp:call'] as const

export const lifetimeSeconds = 3600
/** How long ago the tokens of `late` ran out. */
export const latenessSeconds = 312

/** What the server says once it listens, as one line of JSON. The secrets live as long as the process. */
export interface Announcement {
  readonly issuer: string
  readonly clients: Readonly<Record<ClientName, string>>
}
