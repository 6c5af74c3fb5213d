// Ports for tests in process: a clock that tests move, a log and a meter that remember.
import { createManualClock, type ManualClock } from './manual-clock.ts'
import type { LogFields, Logger, Meter, Ports } from '../../src/base/ports.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: LogFields
  readonly message: string
}

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface TestPorts extends Ports {
  readonly clock: ManualClock
  readonly lines: readonly LogLine[]
  readonly samples: readonly Sample[]
}

export const testPorts = (overrides: Partial<Ports> = {}): TestPorts => {
  const lines: LogLine[] = []
  const samples: Sample[] = []
  const write = (level: LogLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message })
  }
  const record = (name: string) => (labels: Sample['labels'], value: number) => {
    samples.push({ name, labels, value })
  }
  const log: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
  const meter: Meter = {
    counter: (name) => ({
      add: (labels, value = 1) => record(name)(labels, value),
      at: (labels) => ({ add: (value = 1) => record(name)(labels, value) }),
    }),
    gauge: (name) => ({ set: record(name) }),
    histogram: (name) => ({
      observe: record(name),
      at: (labels) => ({ observe: (value) => record(name)(labels, value) }),
    }),
  }
  const clock = createManualClock()
  return {
    http: () => Promise.reject(new Error('this test has no network')),
    socket: () => Promise.reject(new Error('this test has no network')),
    random: () => 0.5,
    log,
    meter,
    lines,
    samples,
    ...overrides,
    clock,
  }
}
