import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import type { Backend, Health } from '../../../src/backends/backend.ts'
import type { BackendLists } from '../../../src/proxy/lists/backend-lists.ts'
import { repetitionOf } from '../../../src/proxy/generation/repetition.ts'
import { modernClient, toolCall } from '../../support/peer.ts'

const up = (capabilities: JsonObject = {}): Health => ({
  state: 'up',
  since: 0,
  era: 'modern',
  protocolVersion: '2026-07-28',
  capabilities,
})
const down = (retryAt?: number): Health => ({
  state: 'down',
  since: 0,
  problem: { code: 'backend-unavailable', detail: 'away' },
  ...(retryAt === undefined ? {} : { retryAt }),
})

const nothingListed = () => Promise.resolve(undefined)
const emptyLists: BackendLists = {
  peek: () => undefined,
  latest: () => undefined,
  get: nothingListed,
  recheck: nothingListed,
  renew: nothingListed,
  trouble: () => undefined,
  close: () => undefined,
}

/** Of a backend that has listed nothing yet. */
const of = (backend: Pick<Backend, 'health'>) =>
  repetitionOf({
    backend,
    views: () => ({ of: () => emptyLists, seenBy: () => undefined }),
  })

test('only a stateless caller that knows tasks may be given one, by a backend that has them', () => {
  const extensions = { 'io.modelcontextprotocol/tasks': {} }
  const knowing = toolCall('x', {}, { client: { ...modernClient, capabilities: { extensions } } })
  const mayStartTask = (health: Health, asked = knowing) => of({ health }).mayStartTask(asked)
  expect(mayStartTask(up({ extensions }))).toBe(true)
  expect(mayStartTask(down())).toBe(true)
  expect(mayStartTask(up())).toBe(false)
  expect(mayStartTask(up({ extensions }), toolCall('x', {}, { client: modernClient }))).toBe(false)
})
