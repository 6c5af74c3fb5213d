// A configuration written with its reasons: comments stay comments, whatever stands in them.
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { tomlText } from '../../src/config/toml-text.ts'

test('comments stand beside what is short, above what is long, and nowhere else', () => {
  const text = tomlText(
    ['Written by a test.'],
    [
      {
        header: '[one]',
        about: ['What it is.'],
        lines: [
          { key: 'a', value: 1, why: 'one' },
          { key: 'longer', value: 'two', why: 'two' },
          { key: 'b', value: ['x', 'y'], why: `${'word '.repeat(20)}end` },
          { key: 'c', value: true },
        ],
      },
      { header: '[[many]]', lines: [{ key: 'a b', value: 'q"' }] },
    ],
  )
  expect(text).toBe(
    [
      '# Written by a test.',
      '',
      '# What it is.',
      '[one]',
      'a = 1           # one',
      'longer = "two"  # two',
      `# ${'word '.repeat(15).trim()}`,
      `# ${'word '.repeat(5)}end`,
      'b = ["x", "y"]',
      'c = true',
      '',
      '[[many]]',
      '"a b" = "q\\""',
      '',
    ].join('\n'),
  )
})

test('what comes from elsewhere cannot leave its comment', () => {
  const why = 'a\nname = "evil"\r\u2028[evil]\u0000\ud800 \u202e'
  const text = tomlText(
    [why],
    [{ header: '[one]', about: [why], lines: [{ key: 'a', value: 1, why }] }],
  )
  expect(parse(text)).toEqual({ one: { a: 1 } })
})
