import { describe, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { trafficRules } from '../../src/config/traffic-rules.ts'
import { shownBackend, shownBackends } from '../../src/config/shown-backends.ts'
import { showPath } from '../../src/config/key-path.ts'

const backend = (name: string, keys: object = {}) => ({
  name,
  transport: 'http',
  url: `https://${name}.test/mcp`,
  ...keys,
})

const found = (...backends: readonly object[]) => {
  const config = configSchema.parse({ proxy: { name: 'p' }, backends })
  const { problems, warnings } = trafficRules(config)
  const shown = (all: typeof problems) =>
    all.map((finding) => `${showPath(finding.path)} ${finding.words().case}`)
  return [...shown(problems), ...shown(warnings)]
}

describe('references', () => {
  test.each([
    [
      'to a backend that is not there',
      [backend('a', { failover_for: 'x' })],
      ['backends[0].failover_for traffic-backend'],
    ],
    ['to itself', [backend('a', { canary_of: 'a' })], ['backends[0].canary_of traffic-itself']],
    [
      'of two backends to each other',
      [backend('a', { failover_for: 'b' }), backend('b', { failover_for: 'a' })],
      ['backends[0].failover_for traffic-cycle'],
    ],
    [
      'of three of different kinds in a circle',
      [
        backend('a', { failover_for: 'b' }),
        backend('b', { mirror_of: 'c' }),
        backend('c', { canary_of: 'a' }),
      ],
      ['backends[0].failover_for traffic-cycle'],
    ],
    [
      'that end at one backend',
      [backend('a'), backend('b', { failover_for: 'a' }), backend('c', { failover_for: 'b' })],
      [],
    ],
    [
      'of a backup that is a canary too',
      [backend('a'), backend('b', { failover_for: 'a', canary_of: 'a' })],
      ['backends[1].canary_of traffic-two'],
    ],
  ])('%s', (_name, backends, problems) => {
    expect(found(...backends)).toEqual(problems)
  })
})

test('keys that mean nothing without another one', () => {
  expect(
    found(
      backend('a', { priority: 1, mirror_percent: 5 }),
      backend('b', { failover_tools: [], mirror_tools: [] }),
    ),
  ).toEqual([
    'backends[0].priority traffic-alone',
    'backends[0].mirror_percent traffic-alone',
    'backends[1].failover_tools traffic-alone',
    'backends[1].mirror_tools traffic-alone',
  ])
})

test('replicas: no programs, no address twice; and outlier detection needs some', () => {
  expect(
    found(
      { name: 'p', transport: 'stdio', command: 'x', replicas: ['https://p.test/mcp'] },
      backend('a', {
        replicas: ['https://a.test/mcp', 'https://b.test/mcp', 'https://b.test/mcp'],
      }),
      backend('b', { outlier_detection: {} }),
      backend('c', { outlier_detection: {}, replicas: ['https://d.test/mcp'] }),
    ),
  ).toEqual([
    'backends[0].replicas replica-stdio',
    'backends[1].replicas[0] replica-twice',
    'backends[1].replicas[2] replica-twice',
    'backends[2].outlier_detection outlier-alone',
  ])
})

test('a backup of a canary is reached under the names of the backend at the end', () => {
  const { backends } = configSchema.parse({
    proxy: { name: 'p' },
    backends: [
      backend('backup', { failover_for: 'next' }),
      backend('next', { canary_of: 'a' }),
      backend('a'),
      backend('copy', { mirror_of: 'a' }),
    ],
  })
  expect(shownBackends(backends).map(({ name }) => name)).toEqual(['a', 'copy'])
  expect(backends.map((one) => shownBackend(one, backends).name)).toEqual(['a', 'a', 'a', 'copy'])
})
