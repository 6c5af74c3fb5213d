// Names, words and parameters of tools that the operator changed: in lists, in calls, and before the policy.
import { describe, expect, test } from 'vitest'
import { readJson } from '../../../src/base/exact-json.ts'
import type { JsonObject } from '../../../src/base/json.ts'
import type { Reply } from '../../../src/mcp/call.ts'
import { compileRules } from '../../../src/policy/rules.ts'
import { call, legacyClient, modernClient } from '../../support/peer.ts'
import { routed, type RoutedOptions } from '../../support/routed.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'
import { testPorts } from '../../support/test-ports.ts'

const text = { type: 'string' }

const tools = [
  {
    name: 'read_file',
    description: 'as the server says',
    inputSchema: {
      type: 'object',
      properties: { path: text, root: text, limit: { type: 'integer' } },
      required: ['path', 'root'],
    },
  },
  { name: 'read', inputSchema: { type: 'object' } },
  { name: 'write_file', inputSchema: { type: 'object' } },
]

const filesBackend = () =>
  scriptedBackend('files', {
    'tools/list': { tools },
    'tools/call': { content: [] },
    'prompts/list': { prompts: [{ name: 'sum', description: 'own' }] },
    'resources/list': { resources: [{ uri: 'file:///a', name: 'a' }] },
    'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'file:///{x}', name: 't' }] },
  })

const open = (shape: object, options: Omit<RoutedOptions, 'shapes'> = {}) => {
  const backend = filesBackend()
  const { handle } = routed([backend], testPorts(), { ...options, shapes: { files: shape } })
  const sent = () => backend.calls.filter(({ request }) => request.method === 'tools/call')
  return {
    backend,
    handle,
    callTool: (name: string, args?: JsonObject, client = modernClient) =>
      handle(
        call(
          'tools/call',
          { name, ...(args === undefined ? {} : { arguments: args }) },
          { client },
        ),
      ),
    list: async (method: string, kind: string) => {
      const reply = await handle(call(method, {}))
      if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
      return reply.result.value()[kind] as readonly JsonObject[]
    },
    sent,
    /** What the backend got last. */
    got: () => sent().at(-1)?.request.params,
  }
}

const code = (reply: Reply) => (reply.kind === 'refusal' ? reply.problem.code : reply.kind)
const detail = (reply: Reply) => (reply.kind === 'refusal' ? reply.problem.detail : '')

describe('aliases', () => {
  const aliases = [{ from: 'read_file', to: 'read' }]

  test('the new name is listed and called, the old one is unknown', async () => {
    const { list, callTool, got, sent } = open({ aliases })
    const names = (await list('tools/list', 'tools')).map(({ name }) => name)
    expect(names).toEqual(['files__read', 'files__write_file'])
    expect(code(await callTool('files__read', { path: 'a' }))).toBe('result')
    expect(got()).toMatchObject({ name: 'read_file', arguments: { path: 'a' } })
    const before = sent().length
    expect(code(await callTool('files__read_file'))).toBe('name-unknown')
    expect(sent().length).toBe(before)
  })

  test('a backend that cannot list is called by the alias alone', async () => {
    const { backend, callTool, got, sent } = open({ aliases })
    backend.answer('tools/list', { kind: 'error', error: { code: -32_000, message: 'not now' } })
    expect(code(await callTool('files__read'))).toBe('result')
    expect(got()).toMatchObject({ name: 'read_file' })
    expect(code(await callTool('files__read_file'))).toBe('name-unknown')
    expect(sent().length).toBe(1)
  })

  test('names can change places', async () => {
    const { callTool, got } = open({
      aliases: [
        { from: 'read_file', to: 'write_file' },
        { from: 'write_file', to: 'read_file' },
      ],
    })
    await callTool('files__write_file')
    expect(got()).toMatchObject({ name: 'read_file' })
    await callTool('files__read_file')
    expect(got()).toMatchObject({ name: 'write_file' })
  })

  test.each([
    ['the alias', 'files__read'],
    ['the name of the backend', 'files/read_file'],
    ['the name that it had', 'files__read_file'],
  ])('a deny list by %s denies the tool', async (_, pattern) => {
    const { list, callTool, sent } = open(
      { aliases },
      {
        policy: {
          roles: [{ name: 'all', deny_tools: [pattern] }],
          role_mapping: { claim: 'g', mapping: {}, default_deny: true, report_only: false },
        },
      },
    )
    const names = (await list('tools/list', 'tools')).map(({ name }) => name)
    expect(names).not.toContain('files__read')
    expect(code(await callTool('files__read'))).toBe('policy-role')
    expect(sent()).toEqual([])
  })

  test('conditions see the name of the backend', async () => {
    const rules = compileRules([
      { effect: 'deny', when: 'tool.name == "read_file"', report_only: false },
    ])
    const { callTool } = open({ aliases }, { policy: { rules } })
    expect(code(await callTool('files__read'))).toBe('policy-rule')
    expect(code(await callTool('files__write_file'))).toBe('result')
  })
})

describe('parameters', () => {
  const shape = {
    param_overrides: [
      {
        tool: 'read_file',
        hide: ['root'],
        defaults: { root: '/srv', limit: 10 },
        rename: { path: 'file' },
      },
    ],
  }

  test('the list has the parameters that callers can send', async () => {
    const [tool] = await open(shape).list('tools/list', 'tools')
    expect(tool).toMatchObject({
      inputSchema: {
        type: 'object',
        properties: { file: text, limit: { type: 'integer' } },
        required: ['file'],
      },
    })
    expect(JSON.stringify(tool)).not.toContain('root')
  })

  test.each([
    ['in a session', legacyClient],
    ['without a session', modernClient],
  ])('the backend gets its own parameters, %s', async (_, client) => {
    const { callTool, got } = open(shape)
    await callTool('files__read_file', { file: 'a' }, client)
    expect(got()).toMatchObject({ arguments: { path: 'a', root: '/srv', limit: 10 } })
    await callTool('files__read_file', { file: 'a', limit: 3 }, client)
    expect(got()).toMatchObject({ arguments: { path: 'a', root: '/srv', limit: 3 } })
    await callTool('files__read_file', undefined, client)
    expect(got()).toMatchObject({ arguments: { root: '/srv', limit: 10 } })
  })

  test.each(['root', 'path'])('%s cannot be sent', async (name) => {
    const { callTool, sent } = open(shape)
    const reply = await callTool('files__read_file', { file: 'a', [name]: '/etc' })
    expect(code(reply)).toBe('req-params')
    expect(detail(reply)).toBe(`Invalid parameters: the tool takes no argument "${name}"`)
    expect(sent()).toEqual([])
  })

  test('a tool that the caller may not use says nothing of its parameters', async () => {
    const policy = {
      roles: [{ name: 'none', deny_tools: ['*'] }],
      role_mapping: { claim: 'g', mapping: {}, default_deny: true, report_only: false },
    }
    const { callTool } = open(shape, { policy })
    expect(code(await callTool('files__read_file', { root: '/etc' }))).toBe('policy-role')
  })

  test('arguments that are no object are refused, where others would have to be added', async () => {
    const { handle, sent } = open(shape)
    const reply = await handle(
      call('tools/call', { name: 'files__read_file', arguments: ['root'] as never }),
    )
    expect(detail(reply)).toBe('Invalid parameters: arguments is not an object')
    expect(sent()).toEqual([])
  })

  test('numbers keep their digits, and a member that is called __proto__ is a member', async () => {
    const { callTool, got } = open(shape)
    const args = readJson('{"file":"a","limit":9007199254740993,"__proto__":1}') as JsonObject
    await callTool('files__read_file', args)
    expect(JSON.stringify(Object.keys(got()?.['arguments'] ?? {}))).toBe(
      '["path","limit","__proto__","root"]',
    )
    expect(got()).toMatchObject({ arguments: { limit: { source: '9007199254740993' } } })
  })

  test('what is injected: for all tools, for one, and over what the caller sends', async () => {
    const { callTool, got, list } = open({
      default_args: { limit: 1, trace: true },
      inject_args: [
        { tool: 'read_file', args: { limit: 2 } },
        { tool: 'read_file', args: { root: '/srv' }, overwrite: true },
      ],
    })
    await callTool('files__read_file', { path: 'a', root: '/etc' })
    expect(got()).toMatchObject({ arguments: { path: 'a', root: '/srv', limit: 2, trace: true } })
    await callTool('files__write_file', { limit: 7 })
    expect(got()).toMatchObject({ arguments: { limit: 7, trace: true } })
    const [tool] = await list('tools/list', 'tools')
    expect(tool?.['inputSchema']).toEqual({
      type: 'object',
      properties: { path: text, limit: { type: 'integer' } },
      required: ['path'],
    })
  })

  test('conditions judge what the backend gets; the limit is for what the caller sends', async () => {
    const rules = compileRules([
      { effect: 'deny', when: 'args.path == "/etc/passwd"', report_only: false },
      { effect: 'allow', when: 'args.root == "/srv"', report_only: false },
    ])
    const { callTool } = open(shape, { policy: { rules, maxArgumentSize: 22 } })
    expect(code(await callTool('files__read_file', { file: '/etc/passwd' }))).toBe(
      'policy-argument',
    )
    expect(code(await callTool('files__read_file', { file: 'a' }))).toBe('result')
    const long = await callTool('files__read_file', { file: 'a'.repeat(20) })
    expect(detail(long)).toContain('at most 22')
  })

  test('headers repeat arguments in the words of each side', async () => {
    const mirrored = {
      name: 'where',
      inputSchema: {
        type: 'object',
        properties: {
          region: { ...text, 'x-mcp-header': 'Region' },
          zone: { ...text, 'x-mcp-header': 'Zone' },
        },
      },
    }
    const { backend, handle, sent } = open({
      param_overrides: [
        { tool: 'where', hide: ['zone'], defaults: { zone: 'z1' }, rename: { region: 'area' } },
      ],
    })
    backend.answer('tools/list', { tools: [mirrored] })
    const ask = (args: JsonObject, headers: Record<string, string>) =>
      handle({
        ...call('tools/call', { name: 'files__where', arguments: args }, { client: modernClient }),
        headers,
      })
    await handle(call('tools/list', {}))
    expect(code(await ask({ area: 'eu' }, { 'mcp-param-region': 'eu' }))).toBe('result')
    expect(sent().at(-1)?.paramHeaders).toEqual({
      'mcp-param-region': 'eu',
      'mcp-param-zone': 'z1',
    })
    expect(code(await ask({ area: 'eu' }, { 'mcp-param-region': 'us' }))).toBe(
      'req-header-mismatch',
    )
  })
})

describe('words of the operator', () => {
  const descriptions = [
    { tool: 'read_file', title: 'Read', description: 'Reads one file' },
    { prompt: 'sum', description: 'Adds up' },
    { resource: 'file:///a', title: 'The A' },
    { resource: 'file:///{x}', description: 'Any file' },
  ]

  test('tools, prompts, resources and templates have them', async () => {
    const { list } = open({ descriptions })
    const [tool] = await list('tools/list', 'tools')
    expect(tool).toMatchObject({ title: 'Read', description: 'Reads one file' })
    const [prompt] = await list('prompts/list', 'prompts')
    expect(prompt).toMatchObject({ name: 'files__sum', description: 'Adds up' })
    const [resource] = await list('resources/list', 'resources')
    expect(resource).toMatchObject({ uri: 'files+file:///a', name: 'a', title: 'The A' })
    const [template] = await list('resources/templates/list', 'resourceTemplates')
    expect(template).toMatchObject({ name: 't', description: 'Any file' })
  })
})
