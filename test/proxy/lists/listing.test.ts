import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import type { Call, Reply } from '../../../src/mcp/call.ts'
import { lazyFromBytes } from '../../../src/mcp/lazy-object.ts'
import { listLimits } from '../../../src/proxy/lists/list-pages.ts'
import { settle } from '../../support/manual-clock.ts'
import { call, modernClient, toolCall } from '../../support/peer.ts'
import { gate } from '../../support/scripted-server.ts'
import { routed } from '../../support/routed.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { testPorts } from '../../support/test-ports.ts'

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
const tools = (...names: string[]) => ({ tools: names.map(tool) })
const valueOf = (reply: Reply) => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}
const namesOf = (reply: Reply) =>
  (valueOf(reply)['tools'] as { name: string }[]).map(({ name }) => name)

test('the lists of all backends come together in the order of the configuration', async () => {
  const a = scriptedBackend('a', { 'tools/list': tools('z', 'y') })
  const b = scriptedBackend('b', { 'tools/list': tools('x') })
  const { handle } = routed([a, b], testPorts())
  expect(namesOf(await handle(call('tools/list')))).toEqual(['a__z', 'a__y', 'b__x'])
})

describe('a server that offers more to those whom it can ask', () => {
  const asker = { ...modernClient, capabilities: { elicitation: {} } }
  const offers = ({ caller: { client } }: Call) =>
    result(client.capabilities['elicitation'] === undefined ? tools('t') : tools('t', 'ask'))
  const client = { client: asker }

  test('is asked as each of them, once for all who declare the same', async () => {
    const a = scriptedBackend('a', { 'tools/list': offers, 'tools/call': {} })
    const { handle } = routed([a], testPorts())
    expect(namesOf(await handle(call('tools/list', {}, client)))).toEqual(['a__t', 'a__ask'])
    const same = { client: { ...asker } }
    expect(namesOf(await handle(call('tools/list', {}, same)))).toEqual(['a__t', 'a__ask'])
    expect(a.count('tools/list')).toBe(1)
    expect(namesOf(await handle(call('tools/list')))).toEqual(['a__t'])
  })

  test('is called under those names by those who see them, and by nobody else', async () => {
    const a = scriptedBackend('a', { 'tools/list': offers, 'tools/call': {} })
    const { handle } = routed([a], testPorts())
    expect((await handle(toolCall('a__ask', {}, client))).kind).toBe('result')
    expect(await handle(toolCall('a__ask'))).toMatchObject({ problem: { code: 'name-unknown' } })
  })

  test('shows them what everybody sees while their own session cannot tell', async () => {
    const problem = { code: 'limit-sessions', detail: 'all are in use' } as const
    const a = scriptedBackend('a', {
      'tools/list': (asked) =>
        asked.caller.client.capabilities['elicitation'] === undefined
          ? result(tools('t'))
          : { kind: 'refusal', problem },
    })
    const { handle } = routed([a], testPorts())
    expect(namesOf(await handle(call('tools/list', {}, client)))).toEqual(['a__t'])
  })
})

test('an item keeps everything but its name', async () => {
  const odd = { ...tool('t'), title: 'T', 'x-vendor': { deep: [1, 'two'] }, annotations: {} }
  const a = scriptedBackend('a', { 'tools/list': { tools: [odd] } })
  const { handle } = routed([a], testPorts())
  expect(valueOf(await handle(call('tools/list')))['tools']).toEqual([{ ...odd, name: 'a__t' }])
})

test('URIs and templates are exposed under the namespace', async () => {
  const a = scriptedBackend('a', {
    'resources/list': { resources: [{ uri: 'file:///r', name: 'r' }] },
    'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'note:///{id}', name: 'n' }] },
  })
  const { handle } = routed([a], testPorts())
  expect(valueOf(await handle(call('resources/list')))['resources']).toEqual([
    { uri: 'a+file:///r', name: 'r' },
  ])
  const templates = valueOf(await handle(call('resources/templates/list')))['resourceTemplates']
  expect(templates).toEqual([{ uriTemplate: 'a+note:///{id}', name: 'n' }])
})

test('a backend that fails is skipped with a log line, and asked again next time', async () => {
  const ports = testPorts()
  const a = scriptedBackend('a', {
    'tools/list': { kind: 'error', error: { code: -32_603, message: 'boom' } },
  })
  const b = scriptedBackend('b', { 'tools/list': tools('x') })
  const { handle } = routed([a, b], ports)
  expect(namesOf(await handle(call('tools/list')))).toEqual(['b__x'])
  expect(ports.lines).toContainEqual({
    level: 'warn',
    fields: { backend: 'a', list: 'tools', why: 'error -32603' },
    message: 'list skipped',
  })
  a.answer('tools/list', tools('back'))
  expect(namesOf(await handle(call('tools/list')))).toEqual(['a__back', 'b__x'])
})

test('a backend that never answers is skipped at the deadline and its work is cancelled', async () => {
  const ports = testPorts()
  const a = scriptedBackend('a', { 'tools/list': () => new Promise<Reply>(() => undefined) })
  const b = scriptedBackend('b', { 'tools/list': tools('x') })
  const { handle } = routed([a, b], ports)
  const listed = handle(call('tools/list'))
  await ports.clock.advance(2_000)
  expect(namesOf(await listed)).toEqual(['b__x'])
  await ports.clock.advance(8_000)
  expect(a.calls[0]?.signal.aborted).toBe(true)
})

test('a list is asked for once and kept until the backend announces a change', async () => {
  const a = scriptedBackend('a', { 'tools/list': tools('one') })
  const { handle } = routed([a], testPorts())
  await Promise.all([handle(call('tools/list')), handle(call('tools/list'))])
  await handle(call('tools/list'))
  expect(a.count('tools/list')).toBe(1)
  a.answer('tools/list', tools('two'))
  a.changed('notifications/tools/list_changed')
  expect(namesOf(await handle(call('tools/list')))).toEqual(['a__two'])
})

test('a list that was asked for before the backend was up is kept, for it left afterwards', async () => {
  const started = gate()
  const a = scriptedBackend(
    'a',
    {
      'tools/list': async () => {
        await started.opened
        return result(tools('one'))
      },
    },
    { state: 'starting' },
  )
  const { handle } = routed([a], testPorts())
  const listed = handle(call('tools/list'))
  await settle()
  a.up()
  started.open()
  expect(namesOf(await listed)).toEqual(['a__one'])
  await handle(call('tools/list'))
  expect(a.count('tools/list')).toBe(1)
  a.up()
  await handle(call('tools/list'))
  expect(a.count('tools/list')).toBe(2)
})

test('a change announced while the list is on its way does not leave the old one behind', async () => {
  let release: () => void = () => undefined
  const old = new Promise<void>((resolve) => {
    release = resolve
  })
  const a = scriptedBackend('a', {
    'tools/list': async () => {
      await old
      return { kind: 'result', result: { value: () => tools('old'), bytes: () => Buffer.of() } }
    },
  })
  const { handle } = routed([a], testPorts())
  const first = handle(call('tools/list'))
  a.changed('notifications/tools/list_changed')
  release()
  await first
  a.answer('tools/list', tools('new'))
  expect(namesOf(await handle(call('tools/list')))).toEqual(['a__new'])
})

test('a backend that reconnects is asked again', async () => {
  const a = scriptedBackend('a', { 'tools/list': tools('one') })
  const { handle } = routed([a], testPorts())
  await handle(call('tools/list'))
  a.down()
  a.answer('tools/list', tools('two'))
  a.up()
  expect(namesOf(await handle(call('tools/list')))).toEqual(['a__two'])
})

test('without announced changes a list is asked again after a few seconds', async () => {
  const ports = testPorts()
  const capabilities = { tools: {} }
  const a = scriptedBackend('a', { 'tools/list': tools('one') }, { capabilities })
  const { handle } = routed([a], ports)
  await handle(call('tools/list'))
  await handle(call('tools/list'))
  expect(a.count('tools/list')).toBe(1)
  await ports.clock.advance(5_000)
  await handle(call('tools/list'))
  expect(a.count('tools/list')).toBe(2)
})

test('a backend is not asked for what it does not offer', async () => {
  const a = scriptedBackend('a', {}, { capabilities: { tools: {} } })
  const { handle } = routed([a], testPorts())
  expect(valueOf(await handle(call('prompts/list')))).toEqual({ prompts: [] })
  expect(a.calls).toHaveLength(0)
})

test('all pages of a backend are followed', async () => {
  const a = scriptedBackend('a', {
    'tools/list': ({ request }) => {
      const page = request.params?.['cursor'] === undefined ? 1 : 2
      return result({ ...tools(`t${page}`), ...(page === 1 ? { nextCursor: '' } : {}) })
    },
  })
  const { handle } = routed([a], testPorts())
  expect(namesOf(await handle(call('tools/list')))).toEqual(['a__t1', 'a__t2'])
})

describe('a list that never ends', () => {
  const pagesOf = (page: (n: number) => object) => {
    let n = 0
    return () => result(page(++n) as JsonObject)
  }
  test.each([
    [
      'the same cursor for ever',
      (n: number) => ({ ...tools('x'), nextCursor: 'more', ttlMs: n }),
      'the same cursor',
      1,
    ],
    [
      'two cursors in turn',
      (n: number) => ({ ...tools(`t${n}`), nextCursor: n % 2 === 0 ? 'even' : 'odd' }),
      'the same cursor',
      3,
    ],
    [
      'an empty cursor',
      () => ({ ...tools('x'), nextCursor: '' }),
      'the same page of tools twice',
      1,
    ],
    [
      'a new page each time',
      (n: number) => ({ ...tools(`t${n}`), nextCursor: `page ${n}` }),
      `more than ${listLimits.maxPages} pages`,
      listLimits.maxPages,
    ],
    [
      'pages of many items',
      (n: number) => ({ tools: Array.from({ length: 500 }, () => tool('x')), nextCursor: `${n}` }),
      `more than ${listLimits.maxItems} tools`,
      1,
    ],
    [
      'large pages',
      (n: number) => ({
        tools: [{ ...tool(`t${n}`), description: 'd'.repeat(1_000_000) }],
        nextCursor: `${n}`,
      }),
      `more than ${listLimits.maxBytes} bytes`,
      33,
    ],
  ])('(%s) is shown as far as it came, and asked for again after a rest', async (...row) => {
    const [_how, page, why, length] = row
    const ports = testPorts()
    const a = scriptedBackend('a', { 'tools/list': pagesOf(page) })
    const b = scriptedBackend('b', { 'tools/list': tools('x') })
    const { handle } = routed([a, b], ports)
    const shown = namesOf(await handle(call('tools/list')))
    expect(shown).toHaveLength(length + 1)
    expect(shown.at(-1)).toBe('b__x')
    expect(ports.lines[0]).toMatchObject({ level: 'warn', message: 'list cut short' })
    expect(String(ports.lines[0]?.fields['why'])).toContain(why)
    const asked = a.count('tools/list')
    await handle(call('tools/list'))
    a.changed('notifications/tools/list_changed')
    expect(namesOf(await handle(call('tools/list')))).toEqual(shown)
    expect(a.count('tools/list')).toBe(asked)
    await ports.clock.advance(5_000)
    await handle(call('tools/list'))
    expect(a.count('tools/list')).toBeGreaterThan(asked)
    expect(ports.lines.filter(({ message }) => message === 'list cut short')).toHaveLength(1)
  })
})

describe('a list whose second page does not come', () => {
  const never = new Promise<Reply>(() => undefined)
  const failing: readonly [string, () => Reply | Promise<Reply>, string][] = [
    [
      'an error',
      () => ({ kind: 'error', error: { code: -32_602, message: 'Invalid cursor' } }),
      'error -32602',
    ],
    [
      'a method that is unknown with a cursor',
      () => ({ kind: 'error', error: { code: -32_601, message: 'no' } }),
      'error -32601',
    ],
    ['a result without tools', () => result({}), 'the result holds no array tools'],
    [
      'a result that is not JSON',
      () => ({ kind: 'result', result: lazyFromBytes(Buffer.from('{]')) }),
      'the result is not JSON',
    ],
    ['a cursor that is a number', () => result({ ...tools('two'), nextCursor: 3 }), 'not a string'],
    ['silence', () => never, 'no answer within 10 s'],
  ]
  test.each(failing)(
    '(%s) is shown as far as it came, with a warning',
    async (_how, second, why) => {
      const ports = testPorts()
      const a = scriptedBackend('a', {
        'tools/list': ({ request }) =>
          request.params?.['cursor'] === undefined
            ? result({ ...tools('one'), nextCursor: '2', ttlMs: 60_000 })
            : second(),
      })
      const { handle } = routed([a], ports)
      void handle(call('tools/list'))
      await ports.clock.advance(10_000)
      const shown = await handle(call('tools/list'))
      expect(namesOf(shown)[0]).toBe('a__one')
      expect(ports.lines).toMatchObject([{ level: 'warn', message: 'list cut short' }])
      expect(String(ports.lines[0]?.fields['why'])).toContain(why)
      // A backend that announces changes is asked seldom, unless something is missing.
      await ports.clock.advance(5_000)
      a.answer('tools/list', tools('one', 'two'))
      await handle(call('tools/list'))
      expect(namesOf(await handle(call('tools/list')))).toEqual(['a__one', 'a__two'])
    },
  )
})

describe('a backend that is slow to list', () => {
  const slow = async () => {
    const ports = testPorts()
    const late: string[] = []
    const open: ((names: readonly string[]) => void)[] = []
    const a = scriptedBackend('a', {
      'tools/list': () =>
        new Promise<Reply>((resolve) => {
          open.push((names) => resolve(result(tools(...names))))
        }),
    })
    const b = scriptedBackend('b', { 'tools/list': tools('x') })
    const { handle } = routed([a, b], ports, { onLate: (method) => late.push(method) })
    const list = async () => namesOf(await handle(call('tools/list')))
    const first = list()
    await ports.clock.advance(2_000)
    return { ports, late, open, a, handle, list, first }
  }

  test('holds the others up for two seconds and only once, and is told of when it comes', async () => {
    const { late, open, a, list, first } = await slow()
    expect(await first).toEqual(['b__x'])
    expect(await list()).toEqual(['b__x'])
    expect([a.count('tools/list'), late]).toEqual([1, []])
    open[0]?.(['one'])
    await settle()
    expect(late).toEqual(['notifications/tools/list_changed'])
    expect(await list()).toEqual(['a__one', 'b__x'])
  })

  test('is shown as it was last while it takes its time again', async () => {
    const { ports, open, a, list, first } = await slow()
    await first
    open[0]?.(['one'])
    await settle()
    expect(await list()).toEqual(['a__one', 'b__x'])
    a.changed('notifications/tools/list_changed')
    const again = list()
    await ports.clock.advance(2_000)
    expect(await again).toEqual(['a__one', 'b__x'])
  })

  test('can be called meanwhile, and so can the others', async () => {
    const { a, handle, first } = await slow()
    await first
    a.answer('tools/call', { content: [] })
    expect((await handle(toolCall('a__anything'))).kind).toBe('result')
  })

  test('is asked one thing at a time, however often it announces a change', async () => {
    const { open, a, list, first } = await slow()
    await first
    for (let change = 0; change < 100; change += 1) {
      a.changed('notifications/tools/list_changed')
      await list()
    }
    expect(a.count('tools/list')).toBe(1)
    open[0]?.(['old'])
    await settle()
    expect(a.count('tools/list')).toBe(2)
    open[1]?.(['new'])
    await settle()
    expect(await list()).toEqual(['a__new', 'b__x'])
  })
})

test('two backends without a prefix: the first keeps a name, and the log says so once', async () => {
  const ports = testPorts()
  const a = scriptedBackend('a', { 'tools/list': tools('same', 'a') })
  const b = scriptedBackend('b', { 'tools/list': tools('same', 'b') })
  const { handle } = routed([a, b], ports, { prefixes: { a: '', b: '' } })
  expect(namesOf(await handle(call('tools/list')))).toEqual(['same', 'a', 'b'])
  b.changed('notifications/tools/list_changed')
  await handle(call('tools/list'))
  expect(ports.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
})

test('our own pages: every item once, and a foreign cursor is refused', async () => {
  const a = scriptedBackend('a', { 'tools/list': tools('1', '2', '3', '4', '5') })
  const { handle } = routed([a], testPorts(), { pageSize: 2 })
  const seen: string[] = []
  let cursor: unknown
  do {
    const reply = await handle(
      call('tools/list', cursor === undefined ? {} : { cursor: cursor as string }),
    )
    seen.push(...namesOf(reply))
    cursor = valueOf(reply)['nextCursor']
  } while (cursor !== undefined)
  expect(seen).toEqual(['a__1', 'a__2', 'a__3', 'a__4', 'a__5'])
  for (const bad of ['nonsense', '', Buffer.from('from:9').toString('base64url'), 7, null]) {
    expect(await handle(call('tools/list', { cursor: bad }))).toMatchObject({
      kind: 'refusal',
      problem: { code: 'req-params' },
    })
  }
})

test('modern callers learn how long a list holds and whether it is theirs alone', async () => {
  const modern = { ...tools('x'), ttlMs: 5000, cacheScope: 'public', resultType: 'complete' }
  const a = scriptedBackend('a', { 'tools/list': modern })
  const b = scriptedBackend('b', { 'tools/list': { ...modern, ttlMs: 300 } })
  const client = modernClient
  const open = routed([a, b], testPorts())
  expect(valueOf(await open.handle(call('tools/list', {}, { client })))).toMatchObject({
    resultType: 'complete',
    ttlMs: 300,
    cacheScope: 'public',
  })
  const closed = routed([a, b], testPorts(), { privateLists: true })
  const own = valueOf(await closed.handle(call('tools/list', {}, { client })))
  expect(own['cacheScope']).toBe('private')
  expect(Object.keys(valueOf(await closed.handle(call('tools/list'))))).toEqual(['tools'])
})

test('a result that is no list, and items that are no items, harm nobody', async () => {
  const a = scriptedBackend('a', { 'tools/list': { tools: 'none' } })
  const b = scriptedBackend('b', { 'tools/list': { tools: [null, 7, { title: 'x' }, tool('t')] } })
  const { handle } = routed([a, b], testPorts())
  expect(namesOf(await handle(call('tools/list')))).toEqual(['b__t'])
})

describe('a required backend', () => {
  const start = () => {
    const ports = testPorts()
    const a = scriptedBackend('a', { 'tools/list': tools('one') })
    const b = scriptedBackend('b', { 'tools/list': tools('x') })
    const { handle } = routed([a, b], ports, { required: ['a'] })
    return { ports, a, list: () => handle(call('tools/list')) }
  }
  const unavailable = (why: string) => ({
    kind: 'failure',
    sent: false,
    problem: { code: 'backend-unavailable', detail: `Backend a is not reachable: ${why}` },
  })

  test('that is down makes a list an error, and not a shorter one', async () => {
    const { a, list } = start()
    a.down()
    expect(await list()).toMatchObject(unavailable('ECONNREFUSED'))
    a.up()
    expect(namesOf(await list())).toEqual(['a__one', 'b__x'])
  })

  test('that cannot list is named too', async () => {
    const { a, list } = start()
    a.answer('tools/list', { kind: 'error', error: { code: -32_603, message: 'boom' } })
    expect(await list()).toMatchObject(unavailable('it does not tell its tools'))
  })
})

test('names that are taken are logged once each, and not without end', async () => {
  const warned: string[] = []
  const ports = testPorts()
  const log = {
    ...ports.log,
    warn: (_fields: object, message: string) => {
      warned.push(message)
    },
  }
  const make = (from: number) => tools(...Array.from({ length: 900 }, (_, n) => `t${from + n}`))
  const a = scriptedBackend('a', { 'tools/list': make(0) })
  const b = scriptedBackend('b', { 'tools/list': make(0) })
  const { handle } = routed([a, b], { ...ports, log }, { prefixes: { a: '', b: '' } })
  const taken = () => warned.filter((message) => message === 'name taken by an earlier backend')
  await handle(call('tools/list'))
  await handle(call('tools/list'))
  expect(taken()).toHaveLength(900)
  for (const backend of [a, b]) backend.answer('tools/list', make(900))
  for (const backend of [a, b]) backend.changed('notifications/tools/list_changed')
  await settle()
  await handle(call('tools/list'))
  expect(taken()).toHaveLength(1000)
})
