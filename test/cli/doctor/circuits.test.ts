// What doctor says of the circuits of a proxy that runs.
import { afterEach, expect, test } from 'vitest'
import { Secret } from '../../../src/base/secret.ts'
import { circuitChecks } from '../../../src/cli/doctor/circuits.ts'
import { systemPorts } from '../../../src/net/system-ports.ts'
import { startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'
import { notSent, unavailable } from '../../../src/backends/failure.ts'
import { configSchema } from '../../../src/config/schema.ts'

let proxy: TestProxy | undefined
afterEach(() => proxy?.close({ force: true }))

const adminToken = 'an-admin-token-of-16-characters'

const running = async (): Promise<TestProxy> => {
  const backend = scriptedBackend('files', {
    'tools/list': { tools: [{ name: 'work', inputSchema: { type: 'object' } }] },
    'tools/call': notSent(unavailable('files', 'connection refused')),
  })
  const started = await startTestProxy([backend])
  await started.replace(
    configSchema.parse({
      proxy: { name: 'p', listen: { port: 0 } },
      security: { admin_token: adminToken },
      backends: [
        {
          name: 'files',
          transport: 'stdio',
          command: 'unused',
          circuit_breaker: { minimum_calls: 1, wait_duration_seconds: 600 },
        },
      ],
    }),
  )
  proxy = started
  return started
}

const checksBy = ({ origin }: TestProxy, token: string | undefined) =>
  circuitChecks(
    { origin, token: token === undefined ? undefined : new Secret(token), flag: '--proxy' },
    systemPorts(),
    new AbortController().signal,
  )

test('an open circuit is a warning with the time until calls go out, a closed one passes', async () => {
  const started = await running()
  expect(await checksBy(started, adminToken)).toMatchObject([
    { id: 'backend-circuit', status: 'pass', message: 'files: closed' },
  ])
  await started.modern('tools/call', { name: 'files__work', arguments: {} })
  expect(await checksBy(started, adminToken)).toMatchObject([
    {
      id: 'backend-circuit',
      status: 'warn',
      message:
        'Too many calls to backend files failed: the call was not sent, and calls are paused for 600 s',
    },
  ])
})

test('a proxy that does not show its circuits to us is no finding', async () => {
  expect(await checksBy(await running(), undefined)).toEqual([])
})
