// A backend that is down has the remedy for the way in which it is configured, and the sentence of its cause.
import { describe, expect, test } from 'vitest'
import {
  credentialRefused,
  outsideProtocol,
  unavailable,
  unknownRevision,
} from '../../../src/backends/failure.ts'
import type { ExaminedBackend } from '../../../src/cli/doctor/backend-examination.ts'
import { backends } from '../../../src/cli/doctor/backends.ts'
import type { DoctorContext } from '../../../src/cli/doctor/world.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { problemFrom } from '../../../src/core/verdict/check.ts'
import { hintOf, type Problem } from '../../../src/problems/problem.ts'

const url = 'https://one.acme.test/mcp'
const remote = { transport: 'http', url } as const
const program = { transport: 'stdio', command: 'one' } as const
const oauth = {
  issuer: 'https://id.acme.test',
  client_id: 'proxy',
  client_secret: 'a secret of the proxy',
} as const

const look = async (backend: object, found: object): Promise<string> => {
  const { backends: list, ...rest } = configSchema.parse({
    proxy: { name: 'desk' },
    backends: [{ name: 'one', ...backend }],
  })
  const [section] = await backends({
    loaded: { config: { ...rest, backends: list } },
    backends: async () => [
      { config: list[0], ms: 5000, said: [], ...found } as unknown as ExaminedBackend,
    ],
  } as unknown as DoctorContext)
  const [check] = [...(section?.checks ?? []), ...(section?.open ?? [])]
  if (check?.status !== 'fail') throw new Error('no finding')
  const problem = problemFrom(check)
  expect(problem.detail).toContain('one')
  return `${problem.code} ${problem.case ?? ''}: ${hintOf(problem)}`
}

const down = (problem: Problem, instead?: string) => ({ state: 'down', problem, instead })
const refused = credentialRefused('one', 401, true, ': expired')
const status = outsideProtocol('one', 'HTTP 405', 'status')

describe('a backend that is down', () => {
  test.each<[string, object, object, RegExp]>([
    [
      'a token of its own',
      { ...remote, bearer_token: 'abc-def' },
      down(refused),
      /^backend-auth configured: set bearer_token of this backend to a current/,
    ],
    [
      'a password',
      { ...remote, basic_auth: { username: 'u', password: 'abc-def' } },
      down(refused),
      /^backend-auth configured: set basic_auth /,
    ],
    [
      'a key in a header',
      { ...remote, headers: { 'X-API-Key': 'abc-def' } },
      down(refused),
      /^backend-auth configured: set headers /,
    ],
    [
      'a token with its scheme',
      { ...remote, bearer_token: 'Bearer abc-def' },
      down(refused),
      /^backend-auth shape: correct bearer_token of this backend: it begins with the name of a scheme$/,
    ],
    [
      'a token of oauth',
      { ...remote, oauth },
      down(refused),
      /^backend-auth oauth: compare scopes, and resource or audience/,
    ],
    [
      'no credential',
      remote,
      down(credentialRefused('one', 401, false)),
      /^backend-auth missing: give this backend the credential/,
    ],
    [
      'no permission',
      { ...remote, bearer_token: 'abc-def' },
      down(credentialRefused('one', 403, true)),
      /^backend-auth forbidden: give the credential/,
    ],
    [
      'another API at /mcp',
      remote,
      down(status),
      /^backend-protocol other: correct the host or the port of url/,
    ],
    [
      'a page at another path',
      { ...remote, url: 'https://one.acme.test/' },
      down(outsideProtocol('one', 'content type text/html', 'type')),
      /^backend-protocol path: set url to the MCP endpoint itself/,
    ],
    [
      'an endpoint nearby',
      { ...remote, url: 'https://one.acme.test/' },
      down(status, url),
      /^backend-protocol elsewhere: set url to https:\/\/one\.acme\.test\/mcp: an MCP server/,
    ],
    [
      'no event stream',
      { transport: 'sse', url },
      down(status),
      /^backend-protocol stream: .*ends in \/sse$/,
    ],
    [
      'no socket',
      { transport: 'websocket', url: 'wss://one.acme.test/mcp' },
      down(status),
      /^backend-protocol socket: .*subprotocol "mcp"$/,
    ],
    [
      'a redirect elsewhere',
      remote,
      down(outsideProtocol('one', 'HTTP 308, a redirect', 'redirect')),
      /^backend-protocol redirect: set url to the address that it redirects to/,
    ],
    [
      'a message too large',
      remote,
      down(outsideProtocol('one', 'a message of more than 10 bytes', 'size')),
      /^backend-protocol size: .*max_message_bytes/,
    ],
    [
      'a closed port',
      remote,
      down(unavailable('one', 'connection refused (ECONNREFUSED)')),
      /^backend-unavailable network: start the backend, or correct its url; serve goes on/,
    ],
    [
      'an outage',
      remote,
      down(unavailable('one', 'it answers HTTP 503', 'status')),
      /^backend-unavailable status: look into the log of the backend/,
    ],
    [
      'a program that ends',
      program,
      down(unavailable('one', 'it exited with code 1', 'ended')),
      /^backend-unavailable ended-here: run the command by hand/,
    ],
    [
      'no such program',
      program,
      down(unavailable('one', 'it cannot be started', 'program')),
      /^backend-unavailable program: install the program/,
    ],
    [
      'a program that speaks no MCP',
      program,
      down(outsideProtocol('one', 'not JSON')),
      /^backend-protocol program: correct the command and its arguments/,
    ],
    [
      'a program that refuses to start without a key',
      program,
      down(outsideProtocol('one', 'error -32000: no key', 'refused')),
      /^backend-protocol refused: give the server what it asks for/,
    ],
    [
      'a server of another revision',
      remote,
      down(unknownRevision('one', '2023-01-01')),
      /^backend-protocol version: update the server/,
    ],
    [
      'a program with a message too large',
      program,
      down(outsideProtocol('one', 'a message of more than 10 bytes', 'size')),
      /^backend-protocol size: .*max_message_bytes/,
    ],
    [
      'silence',
      remote,
      { state: 'silent' },
      /^backend-unavailable unanswered: check that an MCP server answers there, or raise --timeout/,
    ],
    [
      'a silent program',
      program,
      { state: 'silent' },
      /^backend-unavailable unanswered: .*npx, uvx/,
    ],
  ])('%s', async (_, backend, found, remedy) => {
    expect(await look(backend, found)).toMatch(remedy)
  })
})
