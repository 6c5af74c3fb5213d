// What is sealed for the way between two requests: for one caller, one request, a quarter of an hour, and the keys that open it.
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { createStateSealer, sealKeyOf } from '../../src/mcp/request-state.ts'

describe('a sealed state', () => {
  const request = { method: 'tools/call', params: { name: 'x', arguments: { b: 1, a: [2] } } }
  const binding = { owner: 'alice', backend: 'a', request }

  test('opens for the same request, whatever the order of its members and what it tells beside', () => {
    const sealer = createStateSealer(() => 0)
    const state = sealer.seal({ state: 'theirs' }, binding)
    const params = {
      _meta: { progressToken: 1 },
      inputResponses: {},
      requestState: state,
      arguments: { a: [2], b: 1 },
      name: 'x',
    }
    const retry = { ...binding, request: { ...request, params } }
    expect(sealer.open(state, retry)).toEqual({ state: 'theirs' })
    expect(state).not.toContain(Buffer.from('theirs').toString('base64url'))
  })

  test('does not open later, elsewhere, or for a key of another process', () => {
    let now = 0
    const sealer = createStateSealer(() => now)
    const state = sealer.seal({}, binding)
    expect(sealer.open(state, { ...binding, backend: 'b' })).toBeUndefined()
    expect(createStateSealer(() => now).open(state, binding)).toBeUndefined()
    for (const bad of [
      undefined,
      7,
      '',
      'AAAA',
      `${state}\n`,
      state.slice(1),
      'x'.repeat(300_000),
    ]) {
      expect(sealer.open(bad, binding)).toBeUndefined()
    }
    now = 16 * 60_000
    expect(sealer.open(state, binding)).toBeUndefined()
  })
})

describe('with keys of its own', () => {
  const binding = { owner: 'alice', backend: 'a', request: { method: 'tools/call' } }
  const [old, next] = ['o', 'n'].map((letter) => sealKeyOf(new Secret(letter.repeat(44)))) as [
    Uint8Array,
    Uint8Array,
  ]
  const replica = (first: Uint8Array | undefined, ...others: Uint8Array[]) => {
    const sealer = createStateSealer(() => 0)
    sealer.use(first, others)
    return sealer
  }

  test('a state opens in every process that has the key', () => {
    const state = replica(next).seal({ state: 'theirs' }, binding)
    expect(replica(next).open(state, binding)).toEqual({ state: 'theirs' })
    expect(replica(old).open(state, binding)).toBeUndefined()
  })

  test('a rotation in three steps, one replica after the other, loses no state', () => {
    const steps = [[old], [old, next], [next, old], [next]] as [Uint8Array, ...Uint8Array[]][]
    for (const [at, before] of steps.slice(0, -1).entries()) {
      const [one, other] = [replica(...before), replica(...steps[at + 1]!)]
      expect(one.open(other.seal({ at }, binding), binding)).toEqual({ at })
      expect(other.open(one.seal({ at }, binding), binding)).toEqual({ at })
    }
  })

  test('keys that only open seal nothing', () => {
    const state = replica(undefined, old).seal({}, binding)
    expect(replica(old).open(state, binding)).toBeUndefined()
    expect(replica(undefined, old).open(replica(old).seal({}, binding), binding)).toEqual({})
  })

  test('what was sealed before it had one opens as long as the process lives', () => {
    const sealer = createStateSealer(() => 0)
    const state = sealer.seal({}, binding)
    sealer.use(next, [])
    expect(sealer.open(state, binding)).toEqual({})
    expect(replica(next).open(state, binding)).toBeUndefined()
  })
})
