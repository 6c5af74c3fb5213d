// What a child's chatter becomes in the log.
import { expect, test } from 'vitest'
import { silentLogger } from '../../src/base/ports.ts'
import { childLog } from '../../src/backends/stray-output.ts'
import { createManualClock } from '../support/manual-clock.ts'

const opened = (hidden: readonly string[] = []) => {
  const clock = createManualClock()
  const lines: unknown[] = []
  const warnings: unknown[] = []
  const log = {
    ...silentLogger,
    info: ({ line }: Readonly<Record<string, unknown>>) => {
      lines.push(line)
    },
    warn: (fields: Readonly<Record<string, unknown>>) => {
      warnings.push(fields['dropped'])
    },
  }
  const out = childLog('b', hidden, { clock, log })
  return { clock, lines, warnings, write: (text: string) => out.write('stderr', Buffer.from(text)) }
}

test('configured values are hidden wherever they stand, short ones excepted', () => {
  const { lines, write } = opened(['s3cret-value', '8080'])
  write('a=s3cret-value b=s3cret-value port 8080')
  expect(lines).toEqual(['a=[secret] b=[secret] port 8080'])
})

test('a value that stands across the cut of a long line is hidden too', () => {
  const { lines, write } = opened(['s3cret-value'])
  write(`${'x'.repeat(1995)}s3cret-value`)
  expect(lines).toEqual([`${'x'.repeat(1995)}[secr`])
})

test('empty lines are not logged', () => {
  const { lines, write } = opened()
  write('  ')
  write('')
  expect(lines).toEqual([])
})

test('too many lines are counted instead of logged, until the next ten seconds', async () => {
  const { clock, lines, warnings, write } = opened()
  for (let line = 0; line < 250; line++) write(`line ${line}`)
  expect(lines).toHaveLength(200)
  await clock.advance(10_000)
  write('after')
  expect(warnings).toEqual([50])
  expect(lines.at(-1)).toBe('after')
})
