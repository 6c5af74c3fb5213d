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

  export interface IssuedToken {
    resourceServer: object
    scope: string | undefined
    readonly expiration: number
    readonly tokenType: string
    save(): Promise<string>
  }

  export interface GrantContext {
    readonly oidc: {
      readonly client: Client
      readonly params: Readonly<Record<string, string | undefined>>
    }
    body: unknown
  }

  /** The errors that become answers of the token endpoint. */
  export const errors: Readonly<
    Record<'InvalidRequest' | 'InvalidTarget' | 'AccessDenied', new (description: string) => Error>
  >

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly Client: { readonly adapter: { destroy(id: string): Promise<void> } }
    readonly AccessToken: new (token: Readonly<Record<string, unknown>>) => IssuedToken
    readonly ResourceServer: new (
      identifier: string,
      data: Readonly<Record<string, unknown>>,
    ) => object
    registerGrantType(
      name: string,
      handler: (context: GrantContext) => Promise<void>,
      parameters: readonly string[],
    ): void
    callback(): (request: IncomingMessage, response: ServerResponse) => void
  }
}
