import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { decisionLine } from '../../../src/cli/tail/tail-text.ts'
import type { DecisionSummary } from '../../../src/decisions/decision-report.ts'
import { styleFor } from '../../../src/cli/terminal/style.ts'
import { stdout } from '../../../src/cli/terminal/output.ts'

const style = styleFor(stdout, { NO_COLOR: '1' }, false)
const id = '523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11'

const decision = (more: Partial<DecisionSummary> = {}): DecisionSummary => ({
  seq: 1,
  id,
  trace_id: null,
  time: '2026-11-29T11:44:22.034Z',
  outcome: 'rejected',
  status: 401,
  code: 'claim-aud',
  detail: 'aud is "https://other.example.com/mcp", expected "https://mcp.example.com/mcp"',
  request: {
    door: 'mcp',
    http_method: 'POST',
    path: null,
    method: null,
    name: null,
    backend: null,
    credential: null,
    reused: null,
  },
  caller: {
    address: '127.0.0.1',
    client: { name: 'claude-code', version: '2.1' },
    iss: null,
    sub: null,
    client_id: null,
    token: null,
    session: null,
    claimed: null,
  },
  duration: null,
  loop: null,
  by: [],
  would_deny: [],
  ...more,
})

describe('a decision in a line', () => {
  test.each([80, 100, 120, 200])('at %i columns is no wider, and has the whole id', (columns) => {
    const text = stripVTControlCharacters(decisionLine(decision(), { style, columns }))
    expect(text).toContain(id)
    expect(text).toContain('claim-aud')
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
  })

  test('has a line below it for the loop that it showed', () => {
    const loop = 'cursor at 192.0.2.7 sent one refused token 5 times in 12s (time-exp)'
    const text = decisionLine(decision({ loop }), { style, columns: undefined })
    expect(text.split('\n')[1]).toBe(`    loop  ${loop}`)
    const narrow = decisionLine(decision({ loop }), { style, columns: 60 })
    for (const line of narrow.split('\n').slice(-2)) expect(line.length).toBeLessThanOrEqual(60)
  })

  test('where it fits, and in a pipe, is one line', () => {
    const short = decision({ detail: 'short' })
    expect(decisionLine(short, { style, columns: 160 })).not.toContain('\n')
    expect(decisionLine(decision(), { style, columns: undefined })).not.toContain('\n')
  })

  test('of an accepted call has the time it took, and no reason', () => {
    const accepted = decision({
      outcome: 'accepted',
      status: null,
      code: null,
      detail: null,
      duration: 1234.5,
      request: {
        ...decision().request,
        http_method: null,
        method: 'tools/call',
        name: 'files__read',
        backend: 'files',
        credential: 'bearer_token',
      },
    })
    const text = decisionLine(accepted, { style, columns: 100 })
    expect(text).toMatch(/ok .*files__read .*claude-code .*1\.2 s$/)
    for (const [reused, said] of [
      ['cache', /1\.2 s {2}from the cache$/],
      ['shared', /1\.2 s {2}shared$/],
    ] as const) {
      const again = { ...accepted, request: { ...accepted.request, reused } }
      expect(decisionLine(again, { style, columns: 100 })).toMatch(said)
    }
  })

  test('of a question of a gateway has the method and the path of the original request', () => {
    const asked = decision({
      request: { ...decision().request, door: 'verify', http_method: 'POST', path: '/mcp' },
    })
    expect(decisionLine(asked, { style, columns: 120 })).toContain(' POST /mcp ')
  })

  test('shows no character that steers a terminal', () => {
    const text = decisionLine(
      decision({
        detail: 'a\u001b[31mb\u202ec',
        request: { ...decision().request, http_method: null, name: 'x\u0007' },
      }),
      { style, columns: undefined },
    )
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })
})
