// What counts as a JSON-RPC message.
import { describe, expect, test } from 'vitest'
import { readMessage } from '../../src/mcp/message.ts'

const base = { jsonrpc: '2.0' }

describe('a request', () => {
  test.each(['a', '', 0, -1, 9_007_199_254_740_991])('may have the id %j', (id) => {
    expect(readMessage({ ...base, id, method: 'm', params: { a: 1 } })).toEqual({
      kind: 'request',
      request: { jsonrpc: '2.0', id, method: 'm', params: { a: 1 } },
    })
  })
  test('needs no params, and keeps nothing beyond its members', () => {
    expect(readMessage({ ...base, id: 1, method: 'm', extra: true })).toEqual({
      kind: 'request',
      request: { jsonrpc: '2.0', id: 1, method: 'm' },
    })
  })
  test.each([null, 1.5, 9_007_199_254_740_992, true, {}, []])('may not have the id %j', (id) => {
    expect(readMessage({ ...base, id, method: 'm' })).toMatchObject({
      kind: 'invalid',
      id: undefined,
    })
  })
})

test('without an id it is a notification', () => {
  expect(readMessage({ ...base, method: 'm' })).toEqual({
    kind: 'notification',
    notification: { jsonrpc: '2.0', method: 'm' },
  })
})

test('a result is sorted as one', () => {
  const message = readMessage({ ...base, id: 'x', result: { a: [] } })
  expect(message).toMatchObject({ kind: 'result', id: 'x' })
  expect(message.kind === 'result' && message.result.value()).toEqual({ a: [] })
})

test.each([
  ['an id', 7, 7],
  ['null', null, undefined],
  ['none', undefined, undefined],
])('an error may have %s as its id', (_title, id, read) => {
  expect(readMessage({ ...base, id, error: { code: -1, message: 'm', data: [1] } })).toEqual({
    kind: 'error',
    id: read,
    error: { code: -1, message: 'm', data: [1] },
  })
})

test.each<[string, unknown, string | number | undefined]>([
  ['a batch', [{ ...base, id: 1, method: 'm' }], undefined],
  ['a string', 'text', undefined],
  ['null', null, undefined],
  ['another version', { jsonrpc: '1.0', id: 1, method: 'm' }, 1],
  ['no version', { id: 1, method: 'm' }, 1],
  ['a method that is no string', { ...base, id: 1, method: 5 }, 1],
  ['params as an array', { ...base, id: 1, method: 'm', params: [] }, 1],
  ['params null', { ...base, id: 'a', method: 'm', params: null }, 'a'],
  ['a method with a result', { ...base, id: 1, method: 'm', result: {} }, 1],
  ['a method with an error', { ...base, id: 1, method: 'm', error: {} }, 1],
  ['result and error', { ...base, id: 1, result: {}, error: { code: 1, message: '' } }, 1],
  ['nothing but an id', { ...base, id: 1 }, 1],
  ['a result without an id', { ...base, result: {} }, undefined],
  ['a result that is no object', { ...base, id: 1, result: [] }, 1],
  ['an error without a code', { ...base, id: 1, error: { message: 'm' } }, 1],
  ['an error without a message', { ...base, id: 1, error: { code: 1 } }, 1],
  ['an error that is no object', { ...base, id: 1, error: 'e' }, 1],
  ['an error with an odd id', { ...base, id: {}, error: { code: 1, message: '' } }, undefined],
])('%s is invalid, with the id as far as it is readable', (_title, value, id) => {
  expect(readMessage(value)).toMatchObject({ kind: 'invalid', id })
})
