// Routes to tools, prompts and resources: none leads around the policy, and what it hides answers as what does not exist.
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import type { Principal } from '../../../src/base/principal.ts'
import type { Reply } from '../../../src/mcp/call.ts'
import { answerOf } from '../../../src/server/dialogue/respond.ts'
import { call, legacyClient, modernClient, toolCall } from '../../support/peer.ts'
import { routed } from '../../support/routed.ts'
import { result, scriptedBackend, type ScriptedBackend } from '../../support/scripted-backend.ts'
import { configOf, startTestProxy } from '../../support/proxy.ts'
import { testPorts } from '../../support/test-ports.ts'

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })

const filesBackend = () =>
  scriptedBackend('files', {
    'tools/list': { tools: [tool('read'), tool('write')] },
    'tools/call': { content: [] },
    'prompts/list': { prompts: [{ name: 'sum' }, { name: 'plan' }] },
    'prompts/get': { messages: [] },
    'resources/list': {
      resources: [
        { uri: 'file:///public/a', name: 'a' },
        { uri: 'file:///secret/b', name: 'b' },
      ],
    },
    'resources/templates/list': {
      resourceTemplates: [{ uriTemplate: 'file:///secret/{name}', name: 's' }],
    },
    'resources/read': { contents: [] },
    'completion/complete': { completion: { values: [] } },
  })

const policy = {
  roles: [
    { name: 'all' },
    {
      name: 'reader',
      allow_tools: ['files__read'],
      deny_prompts: ['files/plan'],
      deny_resources: ['files/file:///secret/*'],
    },
  ],
  role_mapping: {
    claim: 'groups',
    mapping: { admins: ['all'], staff: ['reader'] },
    default_deny: true,
    report_only: false,
  },
}

const principal = (...groups: string[]): Principal => ({
  method: 'jwt',
  key: 'alice',
  sub: 'alice',
  scopes: [],
  audience: [],
  claims: { groups },
})

const staff = { principal: principal('staff') }
const admins = { principal: principal('admins') }

const valueOf = (reply: Reply): JsonObject => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}

const listed = (reply: Reply, kind: string, key: string) =>
  (valueOf(reply)[kind] as JsonObject[]).map((item) => item[key])

describe.each([
  ['a session', legacyClient],
  ['a stateless caller', modernClient],
])('%s', (_, client) => {
  const of = (made: typeof staff) => ({ ...made, client })

  test('is shown what it may use, and other callers are shown what they may use', async () => {
    const { handle } = routed([filesBackend()], testPorts(), { policy })
    const names = async (made: typeof staff) =>
      listed(await handle(call('tools/list', {}, of(made))), 'tools', 'name')
    expect(await names(admins)).toEqual(['files__read', 'files__write'])
    expect(await names(staff)).toEqual(['files__read'])
    expect(await names({ principal: principal() })).toEqual([])
    expect(await names(admins)).toEqual(['files__read', 'files__write'])
    const prompts = await handle(call('prompts/list', {}, of(staff)))
    expect(listed(prompts, 'prompts', 'name')).toEqual(['files__sum'])
    const resources = await handle(call('resources/list', {}, of(staff)))
    expect(listed(resources, 'resources', 'uri')).toEqual(['files+file:///public/a'])
    const templates = await handle(call('resources/templates/list', {}, of(staff)))
    expect(listed(templates, 'resourceTemplates', 'uriTemplate')).toEqual([])
  })

  test.each<[string, string, JsonObject]>([
    ['a tool', 'tools/call', { name: 'files__write' }],
    ['a prompt', 'prompts/get', { name: 'files__plan' }],
    [
      'a completion of a prompt',
      'completion/complete',
      { ref: { type: 'ref/prompt', name: 'files__plan' }, argument: { name: 'a', value: '' } },
    ],
  ])('reads of %s that it may not use what it reads where there is none', async (...row) => {
    const [, method, params] = row
    const files = filesBackend()
    const bare = filesBackend()
    bare.answer('tools/list', { tools: [tool('read')] })
    bare.answer('prompts/list', { prompts: [{ name: 'sum' }] })
    const answered = async (backend: typeof files, made: typeof staff) => {
      const { handle } = routed([backend], testPorts(), { policy })
      await handle(call('tools/list', {}, of(made)))
      await handle(call('prompts/list', {}, of(made)))
      const sent = call(method, params, of(made))
      const reply = await handle(sent)
      const { status, body } = answerOf({
        request: sent.request,
        reply,
        era: client.era,
        requestId: 'r',
      })
      return { reply, text: `${status} ${body.toString('utf8')}` }
    }
    const refused = await answered(files, staff)
    expect(refused.text).toBe((await answered(bare, staff)).text)
    expect(refused.text).toContain('-32602')
    expect(refused.reply).toMatchObject({ kind: 'refusal', problem: { code: 'policy-role' } })
    expect(files.count(method)).toBe(0)
    expect((await answered(files, admins)).reply.kind).toBe('result')
  })

  test.each([
    'files+file:///secret/b',
    'files+file:///public/../secret/b',
    'files+file:///%73ecret/b',
  ])('does not read the resource %s', async (uri) => {
    const files = filesBackend()
    const { handle } = routed([files], testPorts(), { policy })
    expect(await handle(call('resources/read', { uri }, of(staff)))).toMatchObject({
      problem: { code: 'policy-role' },
      shownAs: { code: 'name-unknown', case: 'unknown' },
    })
    const ref = { type: 'ref/resource', uri }
    const completing = call('completion/complete', { ref }, of(staff))
    expect(await handle(completing)).toMatchObject({ problem: { code: 'policy-role' } })
    expect(files.count('resources/read') + files.count('completion/complete')).toBe(0)
  })

  test('is not led to a hidden name by a misspelt one', async () => {
    const { handle } = routed([filesBackend()], testPorts(), { policy })
    await handle(call('tools/list', {}, of(staff)))
    const near = async (made: typeof staff) => {
      const reply = await handle(toolCall('files__writ', {}, of(made)))
      return reply.kind === 'refusal' ? reply.problem.case : reply.kind
    }
    expect(await near(admins)).toBe('similar')
    expect(await near(staff)).toBe('unknown')
  })

  test('that lacks a scope of a tool is told which with HTTP 403, and the tool stays listed', async () => {
    const files = filesBackend()
    const { handle } = routed([files], testPorts(), {
      policy: { tool_scopes: { files__write: ['files:write'] } },
    })
    const sent = toolCall('files__write', {}, of(staff))
    const reply = await handle(sent)
    expect(reply).toMatchObject({ problem: { code: 'policy-scope' }, scopes: ['files:write'] })
    expect(
      answerOf({ request: sent.request, reply, era: client.era, requestId: 'r' }),
    ).toMatchObject({
      status: 403,
      stepUp: { scopes: ['files:write'] },
    })
    expect(files.count('tools/call')).toBe(0)
    const names = listed(await handle(call('tools/list', {}, of(staff))), 'tools', 'name')
    expect(names).toContain('files__write')
  })
})

test('a name that is hidden hides that of a later backend too, in the list and in the call', async () => {
  const first = scriptedBackend('a', { 'tools/list': { tools: [tool('same')] } })
  const second = scriptedBackend('b', {
    'tools/list': { tools: [tool('same')] },
    'tools/call': { content: [] },
  })
  const { handle } = routed([first, second], testPorts(), {
    prefixes: { a: '', b: '' },
    policy: { ...policy, roles: [{ name: 'reader', deny_tools: ['a/same'] }, { name: 'all' }] },
  })
  expect(listed(await handle(call('tools/list', {}, staff)), 'tools', 'name')).toEqual([])
  expect(await handle(toolCall('same', {}, staff))).toMatchObject({
    problem: { code: 'policy-role' },
  })
  expect(second.count('tools/call')).toBe(0)
})

test('what roles would refuse is counted and logged where they only report', async () => {
  const ports = testPorts()
  const { handle } = routed([filesBackend()], ports, {
    policy: { ...policy, role_mapping: { ...policy.role_mapping, report_only: true } },
  })
  expect((await handle(toolCall('files__write', {}, staff))).kind).toBe('result')
  expect(ports.samples).toContainEqual({
    name: 'mcp_proxy_policy_would_deny_total',
    labels: { code: 'policy-role', rule: 'roles' },
    value: 1,
  })
  expect(ports.lines.map(({ fields }) => fields['event'])).toContain('policy')
})

test('a subscription to a resource that a caller may not read is refused, and one that it may not read any more is silent', async () => {
  const watched = new Map<string, (uri: string) => void>()
  const files: ScriptedBackend = {
    ...filesBackend(),
    watch: ({ uri, onUpdated }) => {
      watched.set(uri, onUpdated)
      return Promise.resolve(result({}))
    },
  }
  const { handle } = routed([files], testPorts(), { policy })
  const ended = new AbortController()
  const heard: string[] = []
  const session = {
    notify: ({ params }: { params?: JsonObject }) => void heard.push(params?.['uri'] as string),
    ask: () => Promise.reject(new Error('not asked')),
    logLevel: undefined,
    ended: ended.signal,
  }
  const subscribe = (uri: string, made: typeof staff) =>
    handle(call('resources/subscribe', { uri }, { ...made, session }))
  expect(await subscribe('files+file:///secret/b', staff)).toMatchObject({
    problem: { code: 'policy-role' },
    shownAs: { code: 'name-unknown' },
  })
  expect((await subscribe('files+file:///secret/b', admins)).kind).toBe('result')
  expect((await subscribe('files+file:///public/a', admins)).kind).toBe('result')
  const change = () => {
    for (const [uri, onUpdated] of watched) onUpdated(uri)
  }
  change()
  expect(heard).toEqual(['files+file:///secret/b', 'files+file:///public/a'])
  await handle(call('ping', {}, { ...staff, session }))
  change()
  expect(heard.slice(2)).toEqual(['files+file:///public/a'])
})

describe('a backend whose tools are let through by their annotations', () => {
  const annotated = (name: string, annotations: JsonObject) => ({ ...tool(name), annotations })
  const tools = [
    annotated('look', { readOnlyHint: true }),
    annotated('note', { destructiveHint: false }),
    annotated('drop', { destructiveHint: true }),
    tool('silent'),
  ]
  const backend = () =>
    scriptedBackend('db', { 'tools/list': { tools }, 'tools/call': { content: [] } })
  const rule = (hideDestructive: boolean, readOnlyOnly: boolean) => ({
    policy: { annotationRules: new Map([['db', { hideDestructive, readOnlyOnly }]]) },
  })

  test.each([
    ['hide_destructive', rule(true, false), ['look', 'note']],
    ['read_only_only', rule(false, true), ['look']],
  ])('lists and calls with %s the same tools, in both eras', async (_, options, wanted) => {
    for (const client of [legacyClient, modernClient]) {
      const db = backend()
      const { handle } = routed([db], testPorts(), options)
      const shown = listed(await handle(call('tools/list', {}, { client })), 'tools', 'name')
      expect(shown).toEqual(wanted.map((name) => `db__${name}`))
      for (const { name } of tools) {
        const reply = await handle(toolCall(`db__${name}`, {}, { client }))
        expect(reply).toMatchObject(
          wanted.includes(name)
            ? { kind: 'result' }
            : { problem: { code: 'policy-annotation' }, shownAs: { code: 'name-unknown' } },
        )
      }
      expect(db.count('tools/call')).toBe(wanted.length)
    }
  })

  test('judges a tool before any client asked for the list, and again when its annotations change', async () => {
    const db = backend()
    const { handle } = routed([db], testPorts(), rule(true, false))
    expect((await handle(toolCall('db__note'))).kind).toBe('result')
    db.answer('tools/list', { tools: [annotated('note', { destructiveHint: true })] })
    db.changed('notifications/tools/list_changed')
    expect(await handle(toolCall('db__note'))).toMatchObject({
      problem: { code: 'policy-annotation', case: 'destructive' },
    })
    expect(db.count('tools/call')).toBe(1)
  })

  test('refuses all calls, and says why, while it does not list its tools', async () => {
    const db = backend()
    db.answer('tools/list', { kind: 'error', error: { code: -32_603, message: 'no list' } })
    const open = routed([db], testPorts())
    expect((await open.handle(toolCall('db__look'))).kind).toBe('result')
    const { handle } = routed([db], testPorts(), rule(true, false))
    const reply = await handle(toolCall('db__look'))
    expect(reply).toMatchObject({ problem: { code: 'policy-annotation', case: 'unknown' } })
    expect(reply).not.toHaveProperty('shownAs')
    expect(db.count('tools/call')).toBe(1)
  })

  test('is not restarted when that changes', async () => {
    const db = backend()
    const proxy = await startTestProxy([db])
    try {
      const call = async () =>
        (await proxy.modern('tools/call', { name: 'db__drop' })).json().error?.data.code ?? 'called'
      expect(await call()).toBe('called')
      const plain = configOf(['db'])
      await proxy.replace({
        ...plain,
        backends: plain.backends.map((one) => ({ ...one, hide_destructive: true })),
      })
      expect(await call()).toBe('name-unknown')
      expect(db.closed).toBe(false)
    } finally {
      await proxy.close()
    }
  })
})
