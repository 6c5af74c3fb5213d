// The rows of the matrix: for each thing that is carried, what a client sees of it, by the word that the document has for it.
import type { IncomingMessage } from 'node:http'
import { expect } from 'vitest'
import type { OpenBackend } from '../support/matrix/columns.ts'
import {
  roots,
  sample,
  type Elicited,
  type Guest,
  type GuestName,
  type Question,
} from '../support/matrix/guests.ts'
import type { Tally } from '../support/matrix/tally.ts'
import type { Wire } from '../support/matrix/wire.ts'

/** One client before one backend, which stands as `main` beside others. */
export interface Place {
  readonly name: GuestName
  readonly guest: Guest
  readonly wire: Wire
  readonly backend: OpenBackend
  /** The server is written as those of 2026-07-28 are: it returns what it asks. */
  readonly isModern: boolean
  /** It has a session for those who want one. */
  readonly hasBoth: boolean
  /** Lets time pass for the proxy. */
  readonly pass: (ms: number) => void
  /** What happened behind the proxy. */
  readonly tally: Tally
}

type Act = (place: Place) => Promise<void>
/** What each word means for a row. */
export type Row = Readonly<Record<string, Act>>

let lastMark = 0
/** A word that nobody else uses. */
const mark = (what: string) => `${what}-${++lastMark}`

interface Asked {
  readonly method: string
  readonly params?: { readonly [name: string]: unknown }
}

const form: Asked = {
  method: 'elicitation/create',
  params: { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
}
const sampling: Asked = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 9 },
}
const rootsQuestion: Asked = { method: 'roots/list' }
/** In the session era a server names the address by an id. */
const addressFor = ({ isModern }: Place): Asked => ({
  method: 'elicitation/create',
  params: {
    mode: 'url',
    message: 'Go',
    url: 'https://example.test/go',
    ...(isModern ? {} : { elicitationId: 'e1' }),
  },
})

/** That id means nothing to a stateless client. */
const inWordsOf = ({ guest }: Place, { method, params }: Asked): object => {
  if (guest.era === 'session' || params === undefined) return { method, params }
  const { elicitationId: _id, ...rest } = params
  return { method, params: rest }
}

/** Without what belongs to the transport of the question, such as a progress token. */
const plain = ({ method, params }: Question): object => {
  const { _meta: _aside, ...rest } = (params ?? {}) as Readonly<Record<string, unknown>>
  return { method, params: Object.keys(rest).length === 0 ? undefined : rest }
}

/** What the server heard for an answer. */
const ask = async ({ guest, isModern }: Place, question: object): Promise<unknown> => {
  const { text } = await guest.call('main__ask', { questions: [question] })
  const heard = JSON.parse(text) as [unknown, { q0: unknown }]
  return isModern ? heard[1].q0 : heard[0]
}

const isAsked =
  (question: (place: Place) => Asked, answer: object): Act =>
  async (place) => {
    const before = place.guest.asked.length
    expect(await ask(place, question(place))).toEqual(answer)
    expect(place.guest.asked.slice(before).map(plain)).toMatchObject([
      inWordsOf(place, question(place)),
    ])
  }

const isShown =
  (question: (place: Place) => Asked, answer: Elicited): Act =>
  (place) => {
    place.guest.elicits(answer)
    return isAsked(question, answer)(place)
  }

const isNotAsked =
  (question: (place: Place) => Asked): Act =>
  async (place) => {
    const before = place.guest.asked.length
    expect(await ask(place, question(place))).toEqual({
      error: { message: expect.stringContaining('does not support') },
    })
    expect(place.guest.asked.slice(before)).toEqual([])
  }

const forms: Act = async (place) => {
  const answers: readonly Elicited[] = [
    { action: 'accept', content: { name: 'Ada' } },
    { action: 'decline' },
  ]
  for (const answer of answers) {
    await isShown(() => form, answer)(place)
  }
}

const addresses: Act = async (place) => {
  if (place.name !== 'session 2025-06-18') {
    await isShown(addressFor, { action: 'accept' })(place)
    return
  }
  const before = place.guest.asked.length
  const asking = place.guest.call('main__ask', { questions: [addressFor(place)] })
  if (place.hasBoth) {
    const { isError, text } = await asking
    expect([isError, text]).toEqual([true, expect.stringContaining('Cannot request input')])
  } else if (place.isModern) await expect(asking).rejects.toMatchObject({ code: -32_603 })
  else expect(JSON.parse((await asking).text)).toMatchObject([{ error: { code: -32_601 } }])
  expect(place.guest.asked.slice(before)).toEqual([])
}

const json: Act = async ({ wire }) => {
  const answer = await wire.call('main__echo', { text: 'hé 中' })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json'])
  expect(answer.json()).toMatchObject({
    jsonrpc: '2.0',
    id: expect.stringMatching(/^wire-/),
    result: { content: [{ type: 'text', text: 'hé 中' }] },
  })
}

/** Each under the token of its own request, in order, and nothing after the answer. */
const progress: Act = async ({ wire, guest }) => {
  const steps: number[] = []
  const onprogress = ({ progress: step }: { progress: number }) => void steps.push(step)
  const tokens = ['a token', 7]
  const [answers] = await Promise.all([
    Promise.all(tokens.map((token) => wire.call('main__progress', { steps: 3 }, token))),
    guest.call('main__progress', { steps: 4 }, { onprogress }),
  ])
  expect(steps).toEqual([1, 2, 3, 4])
  for (const [at, answer] of answers.entries()) {
    expect(answer.headers['content-type']).toBe('text/event-stream')
    const told = [1, 2, 3].map((step) => ({
      method: 'notifications/progress',
      params: { progressToken: tokens[at], progress: step, total: 3, message: `step ${step}` },
    }))
    expect(answer.events()).toMatchObject([
      ...told,
      { id: expect.stringMatching(/^wire-/), result: { content: [{ text: '3 steps' }] } },
    ])
    expect(answer.events()).toHaveLength(4)
  }
}

const completion: Act = async ({ guest }) => {
  const prompt = { type: 'ref/prompt', name: 'main__greet' }
  expect(await guest.complete(prompt, 'language', 'd')).toEqual(['dansk', 'deutsch'])
  const template = { type: 'ref/resource', uri: 'main+note://by/{name}' }
  expect(await guest.complete(template, 'name', 'an')).toEqual(['anna', 'anton'])
}

const levelKey = 'io.modelcontextprotocol/logLevel'

/** What was heard of these messages when the last of them has been sent. */
const tell = async (guest: Guest, levels: readonly string[], wanted?: string) => {
  const before = guest.heard.length
  const meta = wanted === undefined ? {} : { meta: { [levelKey]: wanted } }
  for (const level of levels) await guest.call('main__tell', { level, text: level }, meta)
  return guest.heard.slice(before).flatMap(({ kind, what }) => (kind === 'log' ? [what] : []))
}

/** What another request of the same caller asked for is not for this one. */
const quietBesideLoud = async ({ guest, wire }: Place) => {
  const loud = { level: 'error', text: 'loud' }
  const [answers] = await Promise.all([
    Promise.all([1, 2, 3].map((at) => wire.call('main__tell', { level: 'error', text: `${at}` }))),
    ...[1, 2, 3].map(() => guest.call('main__tell', loud, { meta: { [levelKey]: 'debug' } })),
  ])
  for (const answer of answers) expect(answer.headers['content-type']).toBe('application/json')
}

const logs: Act = async (place) => {
  const { guest } = place
  if (guest.era === 'stateless') {
    await quietBesideLoud(place)
    expect(await tell(guest, ['debug', 'info', 'error'])).toEqual([])
    expect(await tell(guest, ['debug', 'info', 'error'], 'info')).toEqual(['info', 'error'])
    expect(await tell(guest, ['debug', 'info', 'error'])).toEqual([])
    return
  }
  expect(await tell(guest, ['info', 'error'])).toEqual(['info', 'error'])
  await guest.setLevel('error')
  expect(await tell(guest, ['debug', 'info', 'error'])).toEqual(['error'])
  await guest.setLevel('debug')
  expect(await tell(guest, ['debug', 'info', 'error'])).toEqual(['debug', 'info', 'error'])
}

const cancelled: Act = async ({ guest, backend }) => {
  const tag = mark('cancelled')
  const abort = new AbortController()
  const call = guest.call('main__slow', { tag }, { signal: abort.signal })
  const { pid } = await backend.until(({ event, tag: own }) => event === 'waiting' && own === tag)
  abort.abort()
  await expect(call).rejects.toThrow(/abort/i)
  const end = await backend.until(({ event, tag: own }) => event === 'aborted' && own === tag)
  expect(end.pid).toBe(pid)
  expect(await guest.call('main__echo', { text: 'on' })).toEqual({ text: 'on', isError: false })
}

const changedList: Act = async ({ guest, backend }) => {
  const tool = mark('came')
  await guest.watch()
  const before = guest.heard.length
  await backend.add(tool)
  await guest.until((one) => one.kind === 'tools' && guest.heard.indexOf(one) >= before)
  expect(await guest.tools()).toContain(`main__${tool}`)
  expect((await guest.call(`main__${tool}`)).text).toBe(tool)
}

const listAskedAgain: Act = async ({ guest, backend, pass }) => {
  const tool = mark('came')
  await guest.tools()
  await backend.add(tool)
  expect(await guest.tools()).not.toContain(`main__${tool}`)
  pass(5000)
  expect(await guest.tools()).toContain(`main__${tool}`)
  expect((await guest.call(`main__${tool}`)).text).toBe(tool)
}

const uri = 'main+note://one'

const updatedResource: Act = async ({ guest, backend }) => {
  await guest.watch(uri)
  const before = guest.heard.length
  await backend.touch('note://one')
  await guest.until((one) => one.kind === 'updated' && guest.heard.indexOf(one) >= before)
  const told = guest.heard.slice(before).filter(({ kind }) => kind === 'updated')
  expect(told[0]).toEqual({ kind: 'updated', what: uri })
}

const watchRefused: Act = async ({ guest }) => {
  if (guest.era === 'session') {
    await expect(guest.watch(uri)).rejects.toMatchObject({ code: -32_602 })
  } else expect(await guest.watch(uri)).not.toContain(uri)
}

const steps = 256
const stepBytes = 65_536
/** Of 16 MiB: what the proxy keeps for one reader, and what the kernel holds of a socket that nobody reads. */
const mostKept = 12 * 1024 * 1024

const readAll = async (message: IncomingMessage) => {
  let bytes = 0
  let end = ''
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    end = `${end}${chunk.toString('latin1')}`.slice(-4096)
  }
  return { bytes, end }
}

const flood = async (wire: Wire) => {
  const message = await wire.open('main__flood', { steps, bytes: stepBytes }, 'flood')
  return { read: () => readAll(message), leave: () => message.destroy() }
}

/** Others are not kept waiting. */
const goesOn = async ({ guest }: Place) =>
  expect((await guest.call('main__echo', { text: 'on' })).text).toBe('on')

const leftOut: Act = async (place) => {
  const { wire, tally } = place
  const before = tally.of('answered flood')
  const { read } = await flood(wire)
  await tally.until('answered flood', before + 1)
  await goesOn(place)
  const { bytes, end } = await read()
  expect(end).toContain(`${steps} steps`)
  expect(bytes).toBeLessThan(mostKept)
}

const untilItReads: Act = async (place) => {
  const { wire, tally } = place
  const before = [tally.of('answered flood'), tally.of('paused')] as const
  const { read } = await flood(wire)
  await tally.until('paused', before[1] + 1)
  await goesOn(place)
  expect(tally.of('answered flood')).toBe(before[0])
  const { bytes, end } = await read()
  expect(end).toContain(`${steps} steps`)
  expect(bytes).toBeGreaterThan(steps * stepBytes)
}

/** In a session the call is finished for whoever comes back, in the other era it is cancelled: nothing waits for ever. */
const untilItLeaves: Act = async (place) => {
  const { wire, tally } = place
  const before = [tally.of('answered flood'), tally.of('paused')] as const
  const { leave } = await flood(wire)
  await tally.until('paused', before[1] + 1)
  leave()
  await tally.until('answered flood', before[0] + 1)
  await goesOn(place)
}

const untilItReadsOrLeaves: Act = async (place) => {
  await untilItReads(place)
  await untilItLeaves(place)
}

export const rows: Readonly<Record<string, Row>> = {
  'a call with one JSON answer': { yes: json },
  'a call with progress': { yes: progress },
  'a form, filled in or declined': { yes: forms, 'not asked': isNotAsked(() => form) },
  'an address to visit': { 'not 2025-06-18': addresses, 'not asked': isNotAsked(addressFor) },
  sampling: { yes: isAsked(() => sampling, sample), 'not asked': isNotAsked(() => sampling) },
  roots: { yes: isAsked(() => rootsQuestion, roots), 'not asked': isNotAsked(() => rootsQuestion) },
  completion: { yes: completion },
  'log messages at the level that was asked': { yes: logs },
  'a call that is cancelled': { yes: cancelled },
  'a list that changes': { yes: changedList, 'asked again': listAskedAgain },
  'a resource that changes': { yes: updatedResource, refused: watchRefused },
  'a reader that does not keep up': { 'left out': leftOut, 'kept waiting': untilItReadsOrLeaves },
}
