// Colour or none, decided for each stream by NO_COLOR, FORCE_COLOR, --no-color and whether it is a terminal.
import { Chalk, type ChalkInstance } from 'chalk'

export type Style = ChalkInstance

interface Stream {
  readonly isTTY?: boolean
}

/** NO_COLOR wins over everything but the flag; FORCE_COLOR over the question whether it is a terminal. */
const wantsColour = (stream: Stream, env: NodeJS.ProcessEnv, flag: boolean): boolean => {
  if (!flag) return false
  if ((env['NO_COLOR'] ?? '') !== '') return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

export const styleFor = (stream: Stream, env: NodeJS.ProcessEnv, flag = true): Style =>
  new Chalk({ level: wantsColour(stream, env, flag) ? 1 : 0 })

export const plain: Style = new Chalk({ level: 0 })
