// A server that a client starts as a program: its command, arguments, environment and folder.
import path from 'node:path'
import { isSecretName } from '../../base/secret-name.ts'
import { problemOf } from '../../problems/problem.ts'
import { environmentOf } from './environment.ts'
import { otherKeys } from './other-keys.ts'
import { claimed, isLiteral, masked, read, wishFor, written, type Reading } from './reading.ts'
import type { Piece } from './references.ts'
import { isSecretValue } from '../secret-like.ts'

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const argumentPieces = (
  args: readonly string[],
  at: number,
  reading: Reading,
): readonly Piece[] => {
  const text = args[at] ?? ''
  const before = args[at - 1] ?? ''
  const pieces = read(text, reading)
  const [, flag = ''] = /^--?([A-Za-z][\w-]*)$/.exec(before) ?? []
  const isItsValue = isSecretName(flag) && isSecretValue(flag, text) && !text.startsWith('--')
  if (isItsValue && isLiteral(pieces)) return claimed(text, reading, 'args', flag)
  return masked(pieces, reading, 'args', wishFor(reading))
}

const isRelative = (text: string): boolean => /^\.{1,2}(?:[\\/]|$)/.test(text)

/** Programs that are named by a path of their own folder have to be started there. */
const folderOf = (reading: Reading, words: readonly string[]): string | undefined => {
  const { entry, context } = reading
  const { cwd } = entry
  if (typeof cwd === 'string' && cwd !== '') {
    // A file can come from another machine: a path of Windows is whole everywhere.
    const isOpen = cwd.startsWith('${') || path.isAbsolute(cwd) || path.win32.isAbsolute(cwd)
    const pieces = read(isOpen ? cwd : path.join(context.folder, cwd), reading)
    return written(pieces, 'cwd', reading) || undefined
  }
  return context.inFolder && words.some(isRelative)
    ? written([{ text: context.folder }], 'cwd', reading)
    : undefined
}

export const stdioValues = (reading: Reading, command: string) => {
  const { entry, name, notes, faults } = reading
  const env = environmentOf(reading)
  const given = entry['args']
  if (given !== undefined && !isTextList(given)) {
    faults.push(problemOf('client-server', 'arguments'))
  }
  const list = isTextList(given) ? given : []
  const pieces = list.map((_, at) => argumentPieces(list, at, reading))
  const program = masked(read(command, reading), reading, 'command', wishFor(reading))
  const started = written(program, 'command', reading)
  if (started === '') faults.push(problemOf('client-server', 'empty'))
  const args = pieces.map((one, at) => written(one, `args[${String(at)}]`, reading))
  if (pieces.some((one) => one.some((piece) => 'variable' in piece))) {
    notes.push('what the variables in its arguments hold shows in the process list')
  }
  const cwd = folderOf(reading, [command, ...list])
  reading.leftOut.push(...otherKeys(entry, ['command', 'args', 'env', 'envFile', 'cwd']))
  return {
    name,
    transport: 'stdio' as const,
    command: started,
    ...(args.length === 0 ? {} : { args }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
  }
}
