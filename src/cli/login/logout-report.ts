// What a logout did, as its JSON report says it.

export interface LogoutReport {
  readonly schema_version: 1
  readonly command: 'logout'
  readonly verdict: 'logged-out'
  readonly logins: readonly {
    readonly name: string
    readonly issuer: string | null
    readonly revocation: {
      /** `skipped`: nobody was asked, `detail` says why. */
      readonly outcome: 'revoked' | 'failed' | 'skipped'
      /** What the server says that it took back. */
      readonly tokens: readonly ('refresh_token' | 'access_token')[]
      readonly detail: string | null
    }
    readonly removed: boolean
  }[]
  /** Registrations that were forgotten with `--all`. */
  readonly forgotten_clients: number
}
