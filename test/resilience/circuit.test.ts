import { describe, expect, test } from 'vitest'
import type { CallEnd } from '../../src/resilience/call-end.ts'
import { Circuit, type CircuitSettings } from '../../src/resilience/circuit.ts'
import { createManualClock } from '../support/manual-clock.ts'

const setUp = (more: Partial<CircuitSettings> = {}) => {
  const clock = createManualClock()
  const circuit = new Circuit(
    {
      failure_rate_threshold: 0.5,
      minimum_calls: 4,
      window_seconds: 10,
      wait_duration_seconds: 30,
      permitted_calls_in_half_open: 3,
      ...more,
    },
    clock,
  )
  const states: string[] = []
  circuit.subscribe(({ state }) => states.push(state))
  /** Whether each call was let out. */
  const run = (...ends: readonly CallEnd[]): readonly boolean[] =>
    ends.map((end) => {
      const permit = circuit.admit()
      if (permit !== 0) circuit.report(permit, end)
      return permit !== 0
    })
  return { clock, circuit, states, run }
}

test('it opens when half of at least four calls failed, and not before', () => {
  const { circuit, run } = setUp()
  run('down', 'down', 'down')
  expect(circuit.state).toBe('closed')
  run('up')
  expect(circuit.state).toBe('closed')
  run('down')
  expect(circuit.state).toBe('open')
})

test('a success does not open it, though the rate is reached with it', () => {
  const { circuit, run } = setUp({ minimum_calls: 2, failure_rate_threshold: 0.5 })
  run('down', 'up')
  expect(circuit.state).toBe('closed')
})

test('below the threshold it stays closed, however many fail', () => {
  const { circuit, run } = setUp()
  for (let n = 0; n < 100; n += 1) run('up', 'up', 'down')
  expect(circuit.state).toBe('closed')
})

test('what proves nothing does not count', () => {
  const { circuit, run } = setUp()
  for (let n = 0; n < 100; n += 1) run('unclear')
  expect(circuit.view()).toMatchObject({ calls: 0, failures: 0 })
})

test('failures that are older than the window do not count', async () => {
  const { clock, circuit, run } = setUp()
  run('down', 'down', 'down')
  await clock.advance(11_000)
  run('down')
  expect(circuit.state).toBe('closed')
  expect(circuit.view()).toMatchObject({ calls: 1, failures: 1 })
})

test('while it is open nothing goes out until its time is over', async () => {
  const { clock, circuit, states, run } = setUp()
  run('down', 'down', 'down', 'down')
  expect(run('up', 'up')).toEqual([false, false])
  expect(circuit.view()).toMatchObject({ state: 'open', waitMs: 30_000 })
  await clock.advance(29_999)
  expect(run('up')).toEqual([false])
  await clock.advance(1)
  expect(circuit.state).toBe('half-open')
  expect(states).toEqual(['open', 'half-open'])
})

describe('half-open', () => {
  const halfOpen = async (more: Partial<CircuitSettings> = {}) => {
    const made = setUp(more)
    made.run('down', 'down', 'down', 'down')
    await made.clock.advance(30_000)
    return made
  }

  test('so many calls go out as are permitted, and no more', async () => {
    const { circuit } = await halfOpen()
    expect([0, 1, 2, 3, 4].map(() => circuit.admit() !== 0)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
  })

  test('two of three that succeed close it, and it counts from the beginning', async () => {
    const { circuit, run } = await halfOpen()
    run('up', 'up')
    expect(circuit.state).toBe('closed')
    expect(circuit.view()).toMatchObject({ calls: 0, failures: 0 })
  })

  test('two of three that fail open it for the whole time again', async () => {
    const { clock, circuit, run } = await halfOpen()
    run('down', 'up', 'down')
    expect(circuit.view()).toMatchObject({ state: 'open', waitMs: 30_000 })
    await clock.advance(30_000)
    expect(circuit.state).toBe('half-open')
  })

  test('a trial that proves nothing gives its place to another', async () => {
    const { circuit, run } = await halfOpen()
    expect(run('unclear', 'unclear', 'unclear', 'up', 'up')).toEqual([true, true, true, true, true])
    expect(circuit.state).toBe('closed')
  })

  test('trials that never end make room when the time is over again', async () => {
    const { clock, circuit, run } = await halfOpen()
    const lost = [circuit.admit(), circuit.admit(), circuit.admit()]
    expect(circuit.admit()).toBe(0)
    await clock.advance(30_000)
    expect(run('up', 'up')).toEqual([true, true])
    expect(circuit.state).toBe('closed')
    for (const permit of lost) circuit.report(permit, 'down')
    expect(circuit.view().failures).toBe(0)
  })
})

test('the end of a call that went out before it opened says nothing afterwards', async () => {
  const { clock, circuit, run } = setUp()
  const early = Array.from({ length: 10 }, () => circuit.admit())
  run('down', 'down', 'down', 'down')
  await clock.advance(30_000)
  for (const permit of early) circuit.report(permit, 'down')
  expect(circuit.state).toBe('half-open')
  run('up', 'up')
  expect(circuit.state).toBe('closed')
})

test('a new connection ends the wait', () => {
  const { circuit, states, run } = setUp()
  circuit.tryNow()
  expect(states).toEqual([])
  run('down', 'down', 'down', 'down')
  circuit.tryNow()
  expect(circuit.state).toBe('half-open')
  expect(run('up', 'up')).toEqual([true, true])
  expect(circuit.state).toBe('closed')
})

test('a clock that is set back neither opens it nor keeps it open', async () => {
  const { clock, circuit, run } = setUp()
  run('down', 'down', 'down', 'down')
  clock.set(clock.now() - 3_600_000)
  await clock.advance(30_000)
  expect(circuit.state).toBe('half-open')
})
