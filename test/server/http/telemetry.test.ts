import { expect, test } from 'vitest'
import { configSchema } from '../../../src/config/schema.ts'
import { createTelemetry } from '../../../src/server/telemetry/telemetry.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const settings = (overrides: object = {}) =>
  configSchema.shape.observability.parse({ ...overrides })

const written = (overrides: object = {}) => {
  const lines: string[] = []
  const clock = createManualClock(Date.UTC(2026, 2, 4, 5, 6, 7, 89))
  const telemetry = createTelemetry(settings(overrides), clock, {
    write: (line) => lines.push(line),
  })
  return { lines, telemetry }
}

test('readable lines: time, level, message, fields; absent fields leave no trace', () => {
  const { lines, telemetry } = written()
  telemetry.log.info({ backend: 'files', code: undefined, n: 3, list: ['a b'] }, 'backend is up')
  expect(lines).toEqual(['05:06:07.089 info  backend is up backend=files n=3 list=["a b"]\n'])
})

test('no value can forge a line', () => {
  const { lines, telemetry } = written()
  telemetry.log.warn({ why: 'x\n00:00:00 info forged \u001b[31m' }, 'refused\nagain')
  expect(lines).toHaveLength(1)
  expect(lines[0]?.trimEnd()).not.toMatch(/\p{Cc}/u)
})

const steering = 'a\u009b31m \u007f \u202e \u2066 \u200f \u061c \u2028 \u2029 \u0085 \u001b[2J \n b'
const steers = /[\p{Cc}\u200e\u200f\u061c\u202a-\u202e\u2028\u2029\u2066-\u2069]/u

test.each([{ json_logs: false }, { json_logs: true }])(
  'no name, value, error or message can steer the terminal that shows a log line: %o',
  (form) => {
    const { lines, telemetry } = written(form)
    const fields = {
      [steering]: steering,
      list: [steering, { [steering]: steering }],
      error: new Error(steering),
    }
    telemetry.log.warn(fields, steering)
    expect(lines).toHaveLength(1)
    expect(lines[0]?.slice(0, -1)).not.toMatch(steers)
    expect(lines[0]?.endsWith('\n')).toBe(true)
  },
)

test('a JSON line says the same although its characters are escaped', () => {
  const { lines, telemetry } = written({ json_logs: true })
  telemetry.log.warn({ line: steering }, steering)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ line: steering, msg: steering })
})

test('JSON lines carry the same, with the level by name', () => {
  const { lines, telemetry } = written({ json_logs: true })
  telemetry.log.error({ request_id: 'r1' }, 'internal error')
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'error',
    time: Date.UTC(2026, 2, 4, 5, 6, 7, 89),
    request_id: 'r1',
    msg: 'internal error',
  })
})

test.each([{ json_logs: false }, { json_logs: true }])(
  'the level holds in both forms: %o',
  (form) => {
    for (const [log_level, expected] of [
      ['debug', 4],
      ['warn', 2],
      ['silent', 0],
    ] as const) {
      const { lines, telemetry } = written({ ...form, log_level })
      for (const level of ['debug', 'info', 'warn', 'error'] as const) telemetry.log[level]({}, 'x')
      expect(lines).toHaveLength(expected)
    }
  },
)

test('one name is one instrument, and the text is what Prometheus reads', async () => {
  const { telemetry } = written()
  for (let n = 0; n < 2; n += 1) telemetry.meter.counter('c_total', 'help', ['a']).add({ a: 'x' })
  telemetry.meter.gauge('g', 'help', []).set({}, 7)
  telemetry.meter.histogram('h_seconds', 'help', []).observe({}, 0.02)
  const text = await telemetry.metrics?.()
  expect(text).toContain('c_total{a="x"} 2')
  expect(text).toContain('g 7')
  expect(text).toContain('h_seconds_bucket{le="0.025"} 1')
})

test('switched off, metrics cost nothing and show nothing', () => {
  const { telemetry } = written({ metrics: { enabled: false } })
  expect(telemetry.metrics).toBeUndefined()
  expect(() => telemetry.meter.counter('c', '', []).add({})).not.toThrow()
})
