// One row of the promise: a token, the configuration it meets, and what it deserves there.
import type { Lab, RealmName } from './promise-lab.ts'

export interface Row {
  readonly name: string
  readonly realm: RealmName
  readonly token: (lab: Lab) => string | Promise<string>
  readonly outcome: 'accepted' | 'rejected' | 'undecided'
  /** The primary cause. */
  readonly id?: string
  readonly status: number
  /** A DPoP proof that comes with the token. */
  readonly proof?: (lab: Lab, token: string) => Promise<string>
}

export type Mint = Row['token']

export const accepted = (realm: RealmName, name: string, token: Mint): Row => ({
  name,
  realm,
  token,
  outcome: 'accepted',
  status: 200,
})

export const rejected = (
  realm: RealmName,
  id: string,
  name: string,
  token: Mint,
  status = 401,
): Row => ({
  name,
  realm,
  token,
  outcome: 'rejected',
  id,
  status,
})

export const undecided = (realm: RealmName, id: string, name: string, token: Mint): Row => ({
  name,
  realm,
  token,
  outcome: 'undecided',
  id,
  status: 503,
})

export const now = (): number => Math.floor(Date.now() / 1000)
