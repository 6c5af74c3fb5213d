// The part of oidc-provider that the demo uses; the package ships no types.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Client {
    readonly clientId: string
  }

  export interface Context {
    readonly oidc?: { readonly client?: Client }
  }

  export interface StructuredToken {
    header: Record<string, unknown> | undefined
    payload: { iat: number; exp: number; [claim: string]: unknown }
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly Client: { readonly adapter: { destroy(id: string): Promise<void> } }
    callback(): (request: IncomingMessage, response: ServerResponse) => void
  }
}
