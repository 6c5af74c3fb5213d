// Keys of other clients that have no place in our file, and why.
import type { LeftOut } from './headers.ts'
import type { Entry } from './reading.ts'

/** What our file has no need to say, or says otherwise. */
const silentKeys = [
  'type',
  'transport',
  'disabled',
  'enabled',
  'name',
  'description',
  'gallery',
  'version',
]

const reasons: Readonly<Record<string, string>> = {
  headersHelper: 'the proxy runs no program for headers; bearer_token is its only credential',
  oauth: 'the proxy does not log in at backends; bearer_token is its only credential',
  auth: 'the proxy does not log in at backends; bearer_token is its only credential',
  timeout:
    'clients count it in different units; write timeout = { seconds = ... } where it is needed',
  envFile: 'belongs to a command',
  alwaysAllow: 'asking before a tool runs is for the client to do',
  autoApprove: 'asking before a tool runs is for the client to do',
}

export const otherKeys = (entry: Entry, used: readonly string[]): LeftOut[] =>
  Object.keys(entry)
    .filter((key) => ![...used, ...silentKeys].includes(key))
    .map((key) => ({ key, why: reasons[key] ?? 'there is no such setting for a backend' }))
