// Colour is for terminals, and NO_COLOR, FORCE_COLOR and --no-color have their say.
import { expect, test } from 'vitest'
import { styleFor } from '../../../src/cli/terminal/style.ts'

const tty = { isTTY: true }
const pipe = { isTTY: false }

test.each([
  ['a terminal', tty, {}, true, true],
  ['a pipe', pipe, {}, true, false],
  ['a dumb terminal', tty, { TERM: 'dumb' }, true, false],
  ['NO_COLOR', tty, { NO_COLOR: '1' }, true, false],
  ['an empty NO_COLOR', tty, { NO_COLOR: '' }, true, true],
  ['FORCE_COLOR in a pipe', pipe, { FORCE_COLOR: '1' }, true, true],
  ['FORCE_COLOR=0', tty, { FORCE_COLOR: '0' }, true, false],
  ['NO_COLOR over FORCE_COLOR', tty, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ['--no-color over everything', tty, { FORCE_COLOR: '1' }, false, false],
])('%s', (_, stream, env, flag, coloured) => {
  expect(styleFor(stream, env, flag).red('x') !== 'x').toBe(coloured)
})
