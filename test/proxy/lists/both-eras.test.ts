// What callers are offered of a backend that has both eras: what it says to those of their own.
import { expect, test } from 'vitest'
import type { Call, Reply } from '../../../src/mcp/call.ts'
import { call, legacyClient, modernClient, toolCall } from '../../support/peer.ts'
import { routed } from '../../support/routed.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { testPorts } from '../../support/test-ports.ts'

const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
const session = { client: legacyClient }
const stateless = { client: modernClient }

const start = () => {
  const both = scriptedBackend('both', {
    'tools/list': ({ caller: { client } }: Call) =>
      result({ tools: client.era === 'legacy' ? [tool('old')] : [tool('new')] }),
    'tools/call': {},
  })
  both.upInBoth({ tools: {} }, { tools: {}, logging: {}, prompts: {} })
  return { both, ...routed([both], testPorts()) }
}

const valueOf = (reply: Reply) => {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.result.value()
}

test('a session and a stateless caller are each shown what a backend of both eras lists in theirs', async () => {
  const { both, handle } = start()
  for (let times = 0; times < 2; times += 1) {
    expect(valueOf(await handle(call('tools/list', {}, session)))['tools']).toMatchObject([
      { name: 'both__old' },
    ])
    expect(valueOf(await handle(call('tools/list', {}, stateless)))['tools']).toMatchObject([
      { name: 'both__new' },
    ])
  }
  expect(both.count('tools/list')).toBe(2)
})

test('a name is looked up in what the backend lists in the era of the caller', async () => {
  const { handle } = start()
  expect(await handle(toolCall('both__old', {}, session))).toMatchObject({ kind: 'result' })
  expect(await handle(toolCall('both__new', {}, stateless))).toMatchObject({ kind: 'result' })
  expect(await handle(toolCall('both__new', {}, session))).toMatchObject({
    kind: 'refusal',
    problem: { code: 'name-unknown' },
  })
  expect(await handle(toolCall('both__old', {}, stateless))).toMatchObject({
    kind: 'refusal',
    problem: { code: 'name-unknown' },
  })
})

test('a client is told what backends of both eras are able to in its own', async () => {
  const { handle } = start()
  const opened = valueOf(await handle(call('initialize', {}, session)))
  expect(Object.keys(opened['capabilities'] as object).sort()).toEqual([
    'logging',
    'prompts',
    'tools',
  ])
  const discovered = valueOf(await handle(call('server/discover', {}, stateless)))
  expect(Object.keys(discovered['capabilities'] as object)).toEqual(['tools'])
})
