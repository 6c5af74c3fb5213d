// Keys of other clients that have no place in our file, and why.
import type { Entry, LeftOut } from './reading.ts'

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
  'source',
]

const reasons: Readonly<Record<string, string>> = {
  headersHelper: 'the proxy runs no program for headers: write headers or bearer_token',
  oauth:
    'the proxy does not log in at backends as a person: write bearer_token, basic_auth, headers, or an oauth table',
  auth: 'the proxy does not log in at backends as a person: write bearer_token, basic_auth, headers, or an oauth table',
  timeout:
    'clients count it in different units; write timeout = { seconds = ... } where it is needed',
  startup_timeout_sec:
    'clients count it otherwise; write timeout = { seconds = ... } where it is needed',
  tool_timeout_sec:
    'clients count it otherwise; write timeout = { seconds = ... } where it is needed',
  trust: 'asking before a tool runs is for the client to do',
  includeTools: 'a backend shows all its tools',
  excludeTools: 'a backend shows all its tools',
  enabled_tools: 'a backend shows all its tools',
  disabled_tools: 'a backend shows all its tools',
  envFile: 'belongs to a command',
  alwaysAllow: 'asking before a tool runs is for the client to do',
  autoApprove: 'asking before a tool runs is for the client to do',
}

export const otherKeys = (entry: Entry, used: readonly string[]): LeftOut[] =>
  Object.keys(entry)
    .filter((key) => ![...used, ...silentKeys].includes(key))
    .map((key) => ({ key, why: reasons[key] ?? 'there is no such setting for a backend' }))
