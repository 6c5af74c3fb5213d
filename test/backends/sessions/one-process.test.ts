// How many processes of a session-era server over stdio run: one where one does, whatever its clients declare.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import type { Caller, ClientFacts, SessionPeer } from '../../../src/mcp/call.ts'
import { theProxy } from '../../../src/proxy/lists/list-pages.ts'
import { createBackends, type WatchedBackend } from '../../support/backends.ts'
import { call, legacyClient, recordingPeer, textOf, toolCall } from '../../support/peer.ts'

const backends = createBackends()
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'one-process-'))
})
afterEach(async () => {
  await backends.closeAll()
  await rm(folder, { recursive: true })
})

const fixture = fileURLToPath(new URL('../../support/fixtures/single-server.mjs', import.meta.url))

const start = async (
  only: readonly string[] = [],
  config: object = {},
): Promise<WatchedBackend> => {
  const backend = backends.open({
    transport: 'stdio',
    command: process.execPath,
    protocol: 'legacy',
    args: [fixture, `starts=${path.join(folder, 'starts')}`, ...only],
    ...config,
  })
  backend.start()
  await backend.untilHealth('up')
  return backend
}
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
const starts = async (): Promise<number> =>
  (await readFile(path.join(folder, 'starts'), 'utf8')).trim().split('\n').length

const that = (capabilities: JsonObject): ClientFacts => ({ ...legacyClient, capabilities })
const roots = { roots: { listChanged: true } }

const standing = () => {
  const ended = new AbortController()
  const session: SessionPeer = { ...recordingPeer(), logLevel: undefined, ended: ended.signal }
  return { session, leave: () => ended.abort() }
}

interface State {
  readonly pid: number
  readonly declared: JsonObject
  readonly calls: number
}
const state = async (backend: WatchedBackend, caller: Partial<Caller>): Promise<State> =>
  JSON.parse(textOf(await backend.handle(toolCall('state', {}, caller)))) as State

const onlyOne: readonly (readonly [string, () => Promise<readonly string[]>])[] = [
  ['a fixed port', async () => [`port=${await freePort()}`]],
  ['a locked file', async () => [`lock=${path.join(folder, 'lock')}`]],
]

describe.each(onlyOne)('a server of which only one can run, for %s,', (_title, only) => {
  test('serves one client that declares capabilities, in the process that has them', async () => {
    const backend = await start(await only())
    await backend.handle(call('tools/list', {}, { client: that(roots) }))
    const { session } = standing()
    const client = that(roots)
    const first = await state(backend, { client, session })
    expect(first).toMatchObject({ declared: roots, calls: 1 })
    expect(await state(backend, { client, session })).toMatchObject({ pid: first.pid, calls: 2 })
    expect(backend.states.map(({ state: at }) => at)).not.toContain('down')
    expect(backend.log.filter(({ level }) => level === 'warn')).toEqual([])
  })

  test('serves clients of several sets of capabilities, one after the other and at once', async () => {
    const backend = await start(await only())
    const sets = [{}, roots, { sampling: {} }, { elicitation: {} }, { ...roots, elicitation: {} }]
    const seen: number[] = []
    for (const capabilities of sets) {
      const { session } = standing()
      seen.push((await state(backend, { client: that(capabilities), session })).pid)
    }
    expect(new Set(seen).size).toBe(1)
    const warnings = backend.log.filter(({ level }) => level === 'warn')
    expect(warnings).toMatchObject([
      {
        message: 'callers share the one session that opened',
        fields: { backend: 'test', hint: expect.stringContaining('session = "shared"') },
      },
    ])
  })

  test('is said to need session = "shared" where callers are told apart', async () => {
    const backend = await start(await only())
    const principal = {
      method: 'bearer' as const,
      key: 'alice',
      scopes: [],
      audience: [],
      claims: {},
    }
    const reply = await backend.handle(toolCall('state', {}, { principal }))
    expect(reply).toMatchObject({
      kind: 'failure',
      sent: false,
      problem: { code: 'backend-unavailable', case: 'further' },
    })
    expect(reply.kind === 'failure' && reply.problem.detail).toBe(
      'Backend test runs, but cannot open another session for this caller: it exited with code 1',
    )
  })

  test('serves all with session = "shared"', async () => {
    const backend = await start(await only(), { session: 'shared' })
    await state(backend, { client: that(roots) })
    await state(backend, { client: that({ sampling: {} }) })
    expect(await starts()).toBe(1)
  })
})

describe('a server that asks nothing', () => {
  test('has one process for a client, and what it declares is known there', async () => {
    const backend = await start()
    const { declared } = await state(backend, { client: that(roots), ...standing() })
    expect(declared).toEqual(roots)
    const lists = await backend.handle(call('tools/list', {}, theProxy('legacy')))
    expect(lists.kind).toBe('result')
    expect(await starts()).toBe(2)
    const pids = (await readFile(path.join(folder, 'starts'), 'utf8')).trim().split('\n')
    expect(() => process.kill(Number(pids[0]), 0)).toThrow('ESRCH')
  })

  test('has no process for each set: who declares less is served where more was declared', async () => {
    const backend = await start()
    const more = { ...roots, sampling: {}, elicitation: {} }
    const { pid } = await state(backend, { client: that(more), ...standing() })
    for (const less of [
      {},
      roots,
      { sampling: {} },
      { elicitation: {} },
      { elicitation: { form: {} } },
    ]) {
      expect((await state(backend, { client: that(less), ...standing() })).pid).toBe(pid)
    }
    expect(await starts()).toBe(2)
  })

  test('has one more at most for all who declare something else', async () => {
    const backend = await start()
    const first = await state(backend, { client: that(roots), ...standing() })
    const others: State[] = []
    for (const capabilities of [
      { sampling: {} },
      { elicitation: {} },
      { elicitation: { url: {} } },
    ]) {
      others.push(await state(backend, { client: that(capabilities), ...standing() }))
    }
    expect(new Set(others.map(({ pid }) => pid)).size).toBe(1)
    expect(others[0]?.pid).not.toBe(first.pid)
    expect(Object.keys(others[0]?.declared ?? {}).toSorted()).toEqual([
      'elicitation',
      'roots',
      'sampling',
    ])
  })

  test('does not mix clients that show views with others, since it answers them otherwise', async () => {
    const backend = await start()
    const views = { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } }
    const showing = await state(backend, { client: that({ extensions: views }), ...standing() })
    expect(showing.declared).toEqual({ extensions: views })
    const plain = await state(backend, { client: that({}), ...standing() })
    expect(plain).toMatchObject({ declared: {} })
    expect(plain.pid).not.toBe(showing.pid)
  })

  test('loses nothing of a client that is there: its process is not taken for another', async () => {
    const backend = await start()
    const client = that({})
    const { session, leave } = standing()
    const before = await state(backend, { client, session })
    const other = await state(backend, { client: that(roots), ...standing() })
    expect(other.pid).not.toBe(before.pid)
    expect(await state(backend, { client, session })).toMatchObject({ pid: before.pid, calls: 2 })
    leave()
  })

  test('is taken once the client that used it has left', async () => {
    const backend = await start()
    const { session, leave } = standing()
    const before = await state(backend, { client: that({}), session })
    leave()
    await state(backend, { client: that(roots), ...standing() })
    expect(() => process.kill(before.pid, 0)).toThrow('ESRCH')
  })

  test('comes back for its client after a crash, and is up for the others', async () => {
    const backend = await start()
    const client = that(roots)
    const { session } = standing()
    const before = await state(backend, { client, session })
    expect(await backend.handle(toolCall('crash', {}, { client, session }))).toMatchObject({
      kind: 'failure',
      sent: true,
    })
    await backend.untilHealth('down')
    await backend.untilHealth('up')
    const after = await state(backend, { client, session })
    expect(after).toMatchObject({ declared: roots, calls: 1 })
    expect(after.pid).not.toBe(before.pid)
  })
})

describe('a server that asks', () => {
  const answering = () =>
    recordingPeer(() => ({ kind: 'error', error: { code: -32_000, message: 'heard' } }))

  test('asks the client that declared it, where clients share a process', async () => {
    const backend = await start()
    const able = that(roots)
    await state(backend, { client: able, ...standing() })
    await state(backend, { client: that({}), ...standing() })
    const peer = answering()
    const reply = await backend.handle(toolCall('roots', {}, { client: able, peer }))
    expect(textOf(reply)).toContain('heard')
    expect(peer.questions.map(({ method }) => method)).toEqual(['roots/list'])
  })

  test('does not ask a client that declared nothing, which has a process of its own from then on', async () => {
    const backend = await start()
    const able = that(roots)
    const { pid } = await state(backend, { client: able, ...standing() })
    const unable = that({})
    const peer = answering()
    const { session } = standing()
    const reply = await backend.handle(toolCall('roots', {}, { client: unable, session, peer }))
    expect(textOf(reply)).toContain('-32601')
    expect(peer.questions).toEqual([])
    const own = await state(backend, { client: unable, session })
    expect(own.pid).not.toBe(pid)
    expect(own.declared).toEqual({})
    expect((await state(backend, { client: able, ...standing() })).pid).toBe(pid)
  })

  test('leaves the client that has the process of the lists where it is, however many more come', async () => {
    const backend = await start()
    const able = that(roots)
    const { session } = standing()
    const { pid } = await state(backend, { client: able, session })
    await backend.handle(toolCall('roots', {}, { client: able, session, peer: answering() }))
    for (const capabilities of [{ sampling: {} }, { elicitation: {} }, {}]) {
      await state(backend, { client: that(capabilities), ...standing() })
    }
    expect(await state(backend, { client: able, session })).toMatchObject({ pid, calls: 2 })
  })

  test('is told exactly what each new client declares once that is known', async () => {
    const backend = await start()
    const able = that(roots)
    await state(backend, { client: able, ...standing() })
    await backend.handle(toolCall('roots', {}, { client: able, peer: answering() }))
    for (const capabilities of [{}, { sampling: {} }, { elicitation: { form: {} } }]) {
      expect(await state(backend, { client: that(capabilities), ...standing() })).toMatchObject({
        declared: capabilities,
      })
    }
  })
})
