import { Chalk } from 'chalk'
import * as fc from 'fast-check'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { screenWidth } from '../../../src/base/screen-width.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { createTelemetry, type LogOptions } from '../../../src/server/telemetry/telemetry.ts'
import { createManualClock, settle } from '../../support/manual-clock.ts'

interface Given {
  readonly columns?: number | undefined
  readonly colours?: boolean
  readonly observability?: object
  readonly options?: LogOptions
}

const open = ({ columns, colours = false, observability = {}, options }: Given = {}) => {
  const written: string[] = []
  const clock = createManualClock(Date.UTC(2026, 2, 4, 5, 6, 7, 89))
  const telemetry = createTelemetry(
    configSchema.shape.observability.parse({ log_format: 'pretty', ...observability }),
    clock,
    {
      logTo: { write: (line) => written.push(line) },
      terminal: {
        isTTY: true,
        columns: () => columns,
        style: new Chalk({ level: colours ? 1 : 0 }),
      },
      ...options,
    },
  )
  return { clock, written, ...telemetry }
}

const call = {
  event: 'audit',
  request_id: '523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11',
  method: 'tools/call',
  name: 'files__read_text_file',
  backend: 'files',
  outcome: 'ok',
  duration_ms: 912.4,
  sub: 'alice',
  client: 'claude-code',
  client_version: '2.1',
  address: '192.0.2.7',
}
const refusal = {
  event: 'audit',
  request_id: 'a8b1c2d3-9a0e-4a35-8f7a-6a5d9c1f0b11',
  http_method: 'POST',
  outcome: 'rejected',
  status: 401,
  code: 'claim-aud',
  detail: 'aud is "http://127.0.0.1:8080", expected "http://127.0.0.1:8080/mcp"',
  address: '192.0.2.7',
}

describe('a line for people', () => {
  test('says when, how it ended, what was called, who called, how long it took and the request id', () => {
    const { log, written } = open({ columns: 80 })
    log.info(call, 'call')
    expect(written).toEqual([
      '05:06:07  ok         files__read_text_file  alice claude-code  912 ms  523c276f\n',
    ])
  })

  test('of a refusal has its status and its reason, cut to the width; the id stays', () => {
    const { log, written } = open({ columns: 80 })
    log.warn(refusal, 'refused')
    expect(written).toEqual([
      '05:06:07  401        POST  192.0.2.7  claim-aud  aud is "http://127.0…  a8b1c2d3\n',
    ])
    expect(screenWidth(written[0]!.trimEnd())).toBe(80)
  })

  test('has columns of its own and whole request ids where the terminal is wide', () => {
    const { log, written } = open({ columns: 200 })
    log.info(call, 'call')
    log.info({ ...call, name: 'short', sub: 'bob' }, 'call')
    const [one = '', other = ''] = written
    expect(one.indexOf('alice')).toBe(other.indexOf('bob'))
    expect(one).toContain(call.request_id)
  })

  test('has the rule of the policy that refused', () => {
    const { log, written } = open()
    log.info({ ...call, outcome: 'refused', code: 'policy-rule', rule: 'no writes' }, 'call')
    expect(written[0]).toContain('policy-rule  rule no writes')
  })

  test('of anything else names the backend, the message and the reason, without key=value for them', () => {
    const { log, written } = open()
    log.warn({ backend: 'files', code: 'backend-unavailable', detail: 'it ended', n: 3 }, 'is down')
    log.info({ backend: 'files', stream: 'stderr', line: 'running' }, 'backend wrote a line')
    expect(written).toEqual([
      '05:06:07  warn       files  is down  backend-unavailable  it ended  n=3\n',
      '05:06:07  info       files  stderr: running\n',
    ])
  })

  test('is coloured by how it ended', () => {
    const { log, written } = open({ colours: true })
    log.info(call, 'call')
    log.warn(refusal, 'refused')
    log.warn({ ...refusal, status: 503, outcome: 'undecided' }, 'refused')
    // oxlint-disable-next-line no-control-regex -- colours are what it looks for
    const colour = (line = '') => /\u001b\[(3\dm)(?:ok|401|503)/.exec(line)?.[1]
    expect(written.map(colour)).toEqual(['32m', '31m', '33m'])
  })

  test('is cut to the columns that wide characters take', () => {
    const { log, written } = open({ columns: 60 })
    log.warn({ ...refusal, detail: '受信者が正しくありません'.repeat(9) }, 'refused')
    const width = screenWidth(written[0]!.trimEnd())
    expect(width).toBeLessThanOrEqual(60)
    expect(width).toBeGreaterThan(57)
  })

  test('is one line that steers nothing and fits, whatever is in its fields and however narrow the terminal is', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u001b[2J', '\u202eevil', 'a\nb', '\u009b31m', '\u200b\u2066x', '\r', '👩‍👧'),
    )
    const fields = fc.dictionary(
      fc.constantFrom(...Object.keys({ ...call, ...refusal, rule: '', line: '', why: '' })),
      nasty,
    )
    fc.assert(
      fc.property(fields, nasty, fc.integer({ min: 20, max: 220 }), (given, message, columns) => {
        const { log, written } = open({ columns, colours: true })
        log.warn(given, message)
        expect(written).toHaveLength(1)
        const line = written[0]!
        expect(line.endsWith('\n')).toBe(true)
        // oxlint-disable-next-line no-control-regex -- only our own colours may be there
        const bare = line.slice(0, -1).replace(/\u001b\[\d+(?:;\d+)*m/g, '')
        expect(bare).not.toMatch(
          /[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u061c\u202a-\u202e\u2066-\u2069]/u,
        )
        expect(screenWidth(bare)).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

describe('equal events', () => {
  test('are shown once and then counted for a minute', async () => {
    const { log, written, clock } = open({ columns: 80 })
    for (let n = 0; n < 14; n += 1) {
      log.warn({ ...refusal, request_id: `${n}0000000-0000` }, 'refused')
    }
    log.warn({ ...refusal, code: 'time-exp' }, 'refused')
    expect(written).toHaveLength(2)
    await clock.advance(60_000)
    await settle()
    expect(written).toHaveLength(3)
    expect(written[2]).toMatch(/^05:07:07 {2}401 .*claim-aud.* {2}x14 in 60 s {2}00000000\n$/)
    log.warn(refusal, 'refused')
    expect(written).toHaveLength(4)
    expect(written[3]).not.toContain('x')
  })

  test('that were counted are shown at the end', async () => {
    const { log, written, clock, close } = open()
    log.warn(refusal, 'refused')
    await clock.advance(3000)
    log.warn(refusal, 'refused')
    await close()
    expect(written).toHaveLength(2)
    expect(written[1]).toContain('x2 in 3 s')
    expect(clock.sleepers).toBe(0)
  })

  test('are never calls that went well: each is shown', () => {
    const { log, written } = open()
    for (let n = 0; n < 3; n += 1) log.info(call, 'call')
    expect(written).toHaveLength(3)
  })

  test('of many kinds take bounded memory, and none is lost', async () => {
    const { log, written, close } = open()
    for (let n = 0; n < 2000; n += 1) {
      const one = { ...refusal, detail: `number ${n}` }
      log.warn(one, 'refused')
      log.warn(one, 'refused')
    }
    await close()
    expect(written.filter((line) => line.includes('x2 in'))).toHaveLength(2000)
    expect(written).toHaveLength(4000)
  })
})

test('the last lines have what was answered, what was refused by its code, and for how long it ran', () => {
  const { log, written } = open({ columns: 80 })
  const refusals = { 'req-token-missing': 3, 'claim-aud': 2 }
  log.info(
    {
      event: 'ended',
      calls: 14,
      ok: 12,
      errors: 1,
      failed: 1,
      refused: 5,
      refusals,
      uptime_s: 200,
    },
    'ended',
  )
  expect(written).toEqual([
    '05:06:07  ended      14 calls in 3m 20s, 12 ok, 1 error, 1 failed\n',
    '05:06:07  refused    5: 3 req-token-missing, 2 claim-aud\n',
  ])
})

describe('the form of the log', () => {
  const formOf = (observability: object, isTTY: boolean, quiet = false): string => {
    const { log, written } = open({
      observability,
      options: {
        quiet,
        terminal: { isTTY, columns: () => 80, style: new Chalk({ level: 0 }) },
      },
    })
    log.info(call, 'call')
    const [line = ''] = written
    if (line === '') return 'nothing'
    if (line.startsWith('{')) return 'json'
    return line.includes('outcome=ok') ? 'text' : 'pretty'
  }
  test.each([
    [{ log_format: 'auto' }, true, 'pretty'],
    [{ log_format: 'auto' }, false, 'text'],
    [{ log_format: 'auto', json_logs: true }, true, 'json'],
    [{ log_format: 'auto', json_logs: true }, false, 'json'],
    [{ log_format: 'json' }, true, 'json'],
    [{ log_format: 'text', json_logs: true }, true, 'text'],
    [{ log_format: 'pretty' }, false, 'pretty'],
  ])('with %o and a terminal: %s is %s', (observability, isTTY, expected) => {
    expect(formOf(observability, isTTY)).toBe(expected)
  })

  test.each([{ log_format: 'pretty' }, { log_format: 'text' }, { log_format: 'json' }])(
    'quiet leaves errors alone: %o',
    (observability) => {
      expect(formOf(observability, true, true)).toBe('nothing')
      const { log, written } = open({ observability, options: { quiet: true } })
      log.warn({}, 'careful')
      log.error({}, 'internal error')
      expect(written).toHaveLength(1)
    },
  )

  test('changes with the configuration', () => {
    const { log, written, use } = open()
    use(configSchema.shape.observability.parse({ log_format: 'json' }))
    log.info(call, 'call')
    expect(stripVTControlCharacters(written[0]!)).toMatch(/^\{/)
  })
})
