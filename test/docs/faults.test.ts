// The page about faults and limits against the code: every number, every key, every id, every test that it names.
import { sessionsDefault, startDefault } from '../../src/backends/config.ts'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { maxUnreadBytes } from '../../src/backends/channel/channel.ts'
import { introspectionLimits } from '../../src/core/introspection/introspection-turns.ts'
import { isProblemCode } from '../../src/problems/problem.ts'
import { configSchema } from '../../src/config/schema.ts'
import { maxDepth } from '../../src/mcp/envelope.ts'
import { mostMirrored } from '../../src/mcp/param-headers.ts'
import { longestQuestionMs, maxRounds } from '../../src/mcp/questions.ts'
import { listLimits } from '../../src/proxy/lists/list-pages.ts'
import { maxWatched } from '../../src/proxy/routing/subscription-reply.ts'
import { suspensionLimits } from '../../src/proxy/routing/suspensions.ts'
import { maxBatch } from '../../src/server/dialogue/conversation.ts'
import { maxAllBytes, maxSessionBytes } from '../../src/server/http/event-log.ts'
import { maxBuffered } from '../../src/server/dialogue/flow.ts'
import { maxHeaders } from '../../src/server/http/head.ts'
import { httpLimits } from '../../src/server/http/listen.ts'
import { listenLimits } from '../../src/server/dialogue/owner-limits.ts'
import { tickMs } from '../../src/server/http/keep-alive.ts'
import { defaultLimits } from '../../src/server/http/sessions.ts'
import { patientTicks } from '../../src/server/http/slow-readers.ts'
import { repository } from '../support/command-line.ts'

const page = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8')
const reference = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8')

/** The cells of the rows of the table under a heading. */
const rowsUnder = (heading: string): readonly (readonly string[])[] =>
  (page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

const limits = rowsUnder('Limits')
const mib = (bytes: number) => `${bytes / 1024 / 1024} MiB`
const kib = (bytes: number) => `${bytes / 1024} KiB`
const seconds = (ms: number) => `${ms / 1000} s`
const plain = (count: number) => count.toLocaleString('en-US')

const {
  proxy,
  security,
  backends,
  limits: { redis },
} = configSchema.parse({
  proxy: { name: 'any' },
  limits: { redis: { url: 'redis://any' } },
  backends: [{ name: 'any', transport: 'stdio', command: 'any' }],
})

const numbers: Readonly<Record<string, string>> = {
  'request body': mib(security.max_body_bytes),
  'open connections': plain(proxy.max_connections),
  'request head': kib(httpLimits.maxHeaderSize),
  'headers of a request': plain(maxHeaders),
  'time for a request head, or until it comes': seconds(httpLimits.headersTimeout),
  'time for a whole request': seconds(httpLimits.requestTimeout),
  'time for a TLS handshake': seconds(httpLimits.handshakeTimeout),
  'how often these times are looked at': seconds(httpLimits.connectionsCheckingInterval),
  'depth of a request': `${maxDepth} levels`,
  'depth of a message of a backend': `${maxDepth} levels`,
  'messages in a batch': plain(maxBatch),
  'calls in flight, of all': plain(proxy.max_calls),
  'introspection calls at once': plain(introspectionLimits.all.flying),
  'introspection calls that wait': plain(introspectionLimits.all.waiting),
  'the same for unknown tokens, at once': plain(introspectionLimits.unknown.flying),
  'the same for unknown tokens, waiting': plain(introspectionLimits.unknown.waiting),
  'the same for those of one address, at once': plain(introspectionLimits.peer.flying),
  'the same for those of one address, waiting': plain(introspectionLimits.peer.waiting),
  'calls in flight, of a caller or session': plain(proxy.max_calls_per_caller),
  'time of a call': '-',
  'sessions of clients, of all': plain(defaultLimits.max),
  'sessions of one caller': plain(defaultLimits.maxPerOwner),
  'sessions at a backend, stdio': plain(sessionsDefault.stdio),
  'sessions at a backend, all others': plain(sessionsDefault.remote),
  'waiting questions, calls of all': plain(suspensionLimits.max),
  'waiting questions, calls of one caller': plain(suspensionLimits.maxPerOwner),
  'time that a question waits': seconds(longestQuestionMs),
  'rounds of questions in a call': plain(maxRounds),
  'listens, of all': plain(listenLimits.max),
  'listens of one caller': plain(listenLimits.maxPerOwner),
  'GET streams of a session': '1',
  'watched resources of a session or listen': plain(maxWatched),
  'unread bytes of a connection': mib(maxBuffered),
  'time in which a client reads nothing of it': seconds(patientTicks * tickMs),
  'events kept for a session': mib(maxSessionBytes),
  'events kept, of all sessions': mib(maxAllBytes),
  'message of a backend (line, body, event)': mib(backends[0]!.max_message_bytes),
  'what a child leaves unread': mib(maxUnreadBytes),
  'pages of a list': plain(listLimits.maxPages),
  'items of a list': plain(listLimits.maxItems),
  'bytes of a list': mib(listLimits.maxBytes),
  'start of a backend, until its first answer': `${startDefault.other} s`,
  'time for a list': seconds(listLimits.deadlineMs),
  'headers that a tool wants its arguments in': plain(mostMirrored),
  'times that a call is sent again': backends[0]!.retry === undefined ? '0' : 'some',
  'requests in a period': '-',
  'the same by caller, role, tool, address': '-',
  'calls at one time by the same': '-',
  'answer of Redis that counts for these': `${redis!.timeout_seconds} s`,
}

test('the table of limits has the numbers of the code', () => {
  expect(Object.fromEntries(limits.map(([what, most]) => [what, most]))).toEqual(numbers)
})

test('each key that it names is a key, and each id an id', () => {
  const quoted = (cells: readonly (string | undefined)[]) =>
    cells.flatMap((cell) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? ''))
  for (const key of quoted(limits.map(([, , key]) => key))) {
    expect(reference).toContain(`\`${key.split('.').at(-1)}\``)
  }
  for (const id of quoted(limits.map(([, , , beyond]) => beyond))) {
    expect({ id, known: isProblemCode(id) }).toEqual({ id, known: true })
  }
})

test('each fault names tests that are there, by its number where it has one', () => {
  const faults = rowsUnder('When something fails')
  expect(faults).toHaveLength(8)
  for (const [what = '', , heldBy = ''] of faults) {
    const named = [...heldBy.matchAll(/`([^`]+)`(?: \((\d+)\))?/g)]
    expect({ what, tests: named.length }).not.toEqual({ what, tests: 0 })
    for (const [, file = '', number] of named) {
      const text = readFileSync(`${repository}/${file}`, 'utf8')
      expect(text).toMatch(number === undefined ? /\btest\(/ : new RegExp(`\\b${number}\\. `))
    }
  }
})
