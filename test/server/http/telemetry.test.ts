import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instruments } from '../../../src/base/instruments.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { createTelemetry } from '../../../src/server/telemetry/telemetry.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const root = join(import.meta.dirname, '..', '..', '..')

const settings = (overrides: object = {}) =>
  configSchema.shape.observability.parse({ ...overrides })

const written = (overrides: object = {}) => {
  const lines: string[] = []
  const clock = createManualClock(Date.UTC(2026, 2, 4, 5, 6, 7, 89))
  const telemetry = createTelemetry(settings(overrides), clock, {
    logTo: { write: (line) => lines.push(line) },
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
  const { meter } = telemetry
  const labels = { code: 'token-missing', status: '401' }
  for (let n = 0; n < 2; n += 1) meter.counter('mcp_proxy_refusals_total').add(labels)
  meter.gauge('mcp_proxy_sessions').set({}, 7)
  const call = { method: 'tools/call', backend: 'files' }
  meter.histogram('mcp_proxy_request_duration_seconds').observe(call, 0.02)
  const text = await telemetry.metrics?.()
  expect(text).toContain('mcp_proxy_refusals_total{code="token-missing",status="401"} 2')
  expect(text).toContain('mcp_proxy_sessions 7')
  expect(text).toContain(
    'mcp_proxy_request_duration_seconds_bucket{le="0.025",method="tools/call",backend="files"} 1',
  )
})

test('every instrument has a name as Prometheus advises, and a page that lists it', () => {
  const page = readFileSync(join(root, 'docs', 'metrics.md'), 'utf8')
  for (const [name, { type, labels }] of Object.entries(instruments)) {
    expect(name).toMatch(/^mcp_proxy_[a-z]+(?:_[a-z]+)*$/)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    expect(page).toContain(`| \`${name}\` |`)
    for (const label of labels) expect(page).toContain(`\`${label}\``)
  }
})

test('switched off, metrics cost nothing and show nothing', () => {
  const { telemetry } = written({ metrics: { enabled: false } })
  expect(telemetry.metrics).toBeUndefined()
  const labels = { code: 'token-missing', status: '401' }
  expect(() => telemetry.meter.counter('mcp_proxy_refusals_total').add(labels)).not.toThrow()
})
