// What `key` did or found, as its JSON report says it.
import { keyState, type KeyEntry, type KeyState } from '../../core/api-keys/key-file.ts'

export interface ListedKey {
  readonly id: string
  readonly name: string
  readonly owner: string | null
  readonly state: KeyState
  readonly created_at: string
  readonly expires_at: string | null
  readonly revoked_at: string | null
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
}

interface Common {
  readonly schema_version: 1
  readonly command: 'key'
  readonly now: string
  readonly file: string
}

export interface KeyCreateReport extends Common {
  readonly verdict: 'created'
  readonly created: ListedKey
  /** The key itself: nothing shows it again. */
  readonly key: string
}

export interface KeyListReport extends Common {
  readonly verdict: 'list'
  readonly keys: readonly ListedKey[]
}

export interface KeyRevokeReport extends Common {
  readonly verdict: 'revoked'
  readonly revoked: ListedKey
  /** It was revoked before, and nothing was written. */
  readonly already: boolean
}

export type KeyReport = KeyCreateReport | KeyListReport | KeyRevokeReport

export const listed = (entry: KeyEntry, now: number): ListedKey => ({
  id: entry.id,
  name: entry.name,
  owner: entry.owner ?? null,
  state: keyState(entry, now),
  created_at: entry.created,
  expires_at: entry.expires ?? null,
  revoked_at: entry.revoked ?? null,
  scopes: entry.scopes,
  roles: entry.roles,
})
