import { assert, dictionary, jsonValue, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/base/json.ts'
import type { Reply } from '../../../src/mcp/call.ts'
import type { JsonRpcRequest } from '../../../src/mcp/json-rpc.ts'
import { lazyFromBytes } from '../../../src/mcp/lazy-object.ts'
import type { Era } from '../../../src/mcp/revision.ts'
import { problemOf } from '../../../src/problems/problem.ts'
import { answerOf } from '../../../src/server/dialogue/respond.ts'

const request = (method = 'tools/call', id: string | number = 1): JsonRpcRequest => ({
  jsonrpc: '2.0',
  id,
  method,
  params: { uri: 'note://x' },
})
const resultOf = (text: string): Reply => ({
  kind: 'result',
  result: lazyFromBytes(Buffer.from(text)),
})
const requestId = '523c276f-9a0e-4a35-8f7a-6a5d9c1f0b11'
const answerTo = (answered: Omit<Parameters<typeof answerOf>[0], 'requestId'>) =>
  answerOf({ ...answered, requestId })
const answered = (text: string, era: Era, method?: string) =>
  answerTo({ request: request(method), reply: resultOf(text), era }).body.toString()

describe('results', () => {
  test('go out as they came where nothing is to be added or taken', () => {
    const odd = '{ "content" : [ ] , "n":1e2 }'
    expect(answered(odd, 'legacy')).toBe(`{"jsonrpc":"2.0","id":1,"result":${odd}}`)
    const modern = '{"resultType":"complete", "n":1.0}'
    expect(answered(modern, 'modern')).toBe(`{"jsonrpc":"2.0","id":1,"result":${modern}}`)
  })

  test('get what their era asks for, without being parsed', () => {
    expect(answered('{"a":1.0}', 'modern')).toContain('{"resultType":"complete","a":1.0}')
    expect(answered('{ }', 'modern')).toContain('"result":{"resultType":"complete" }')
    expect(answered('{"contents":[]}', 'modern', 'resources/read')).toContain(
      '{"resultType":"complete","ttlMs":0,"cacheScope":"private","contents":[]}',
    )
  })

  test('a member of that name deep inside is not mistaken for one at the top', () => {
    const deep = '{"content":[{"text":"\\"resultType\\"","resultType":"x"}]}'
    expect(JSON.parse(answered(deep, 'modern')).result.resultType).toBe('complete')
    expect(JSON.parse(answered(deep, 'legacy')).result).toEqual(JSON.parse(deep))
  })

  test('keep the id with its type', () => {
    for (const id of ['1', 1, 'a"\\\n', 0]) {
      const { body } = answerTo({
        request: request('ping', id),
        reply: resultOf('{}'),
        era: 'legacy',
      })
      expect(JSON.parse(body.toString())).toEqual({ jsonrpc: '2.0', id, result: {} })
    }
  })

  test('any object comes through whole in both eras', () => {
    assert(
      property(dictionary(string(), jsonValue()), (value) => {
        const text = JSON.stringify(value)
        const parsed = JSON.parse(text) as JsonObject
        const era = new Set(['resultType', 'ttlMs', 'cacheScope'])
        const plain = Object.fromEntries(Object.entries(parsed).filter(([name]) => !era.has(name)))
        expect(JSON.parse(answered(text, 'legacy')).result).toEqual(plain)
        expect(JSON.parse(answered(text, 'modern')).result).toEqual({
          resultType: 'complete',
          ...parsed,
        })
      }),
    )
  })
})

describe('errors', () => {
  const error = (code: number, data?: JsonObject): Reply => ({
    kind: 'error',
    error: { code, message: 'm', ...(data === undefined ? {} : { data }) },
  })
  const codeOf = (reply: Reply, era: Era, method = 'resources/read') => {
    const { status, body } = answerTo({ request: request(method), reply, era })
    return [status, JSON.parse(body.toString()).error] as const
  }

  test('of ours have the request id, those of a backend stay as they came', () => {
    expect(codeOf(error(-32_602, { a: 1 }), 'modern')[1]).toEqual({
      code: -32_602,
      message: 'm',
      data: { a: 1 },
    })
    const ours: Reply = { kind: 'error', error: { code: -32_602, message: 'm' }, isOurs: true }
    expect(codeOf(ours, 'legacy')[1]).toMatchObject({ data: { requestId } })
    const problem = problemOf('internal-error', 'call')
    for (const reply of [
      { kind: 'failure', problem, sent: true },
      { kind: 'refusal', problem },
    ] as const) {
      expect(codeOf(reply, 'modern')[1]).toMatchObject({
        data: { code: 'internal-error', requestId },
      })
    }
  })

  test('a resource that is not there has one code in each era', () => {
    expect(codeOf(error(-32_002), 'modern')).toMatchObject([
      200,
      { code: -32_602, data: { uri: 'note://x' } },
    ])
    expect(codeOf(error(-32_602, { uri: 'note://y' }), 'legacy')).toMatchObject([
      200,
      { code: -32_002, data: { uri: 'note://y' } },
    ])
    expect(codeOf(error(-32_602), 'legacy')).toMatchObject([200, { code: -32_602 }])
  })

  test('a demand for a capability is 400 in the modern era', () => {
    const data = { requiredCapabilities: { sampling: {} } }
    expect(codeOf(error(-32_021, data), 'modern')).toEqual([
      400,
      { code: -32_021, message: 'm', data },
    ])
  })

  test('the codes of the session era do not reach modern callers', () => {
    expect(codeOf(error(-32_042), 'modern')[1].code).toBe(-32_603)
    expect(codeOf(error(-32_042), 'legacy')[1].code).toBe(-32_042)
  })

  test('what we decide carries our id and the next step', () => {
    const reply: Reply = {
      kind: 'failure',
      sent: true,
      problem: { code: 'backend-outcome-unknown', detail: 'Backend a went away' },
    }
    expect(codeOf(reply, 'legacy')).toEqual([
      200,
      {
        code: -32_603,
        message: 'Backend a went away',
        data: {
          code: 'backend-outcome-unknown',
          hint: 'check whether the call took effect before you repeat it',
          requestId,
        },
      },
    ])
  })
})
