// What one call brought, as a person reads it: the result alone on stdout, the rest beside it.
import { printable } from '../../base/escape.ts'
import { jsonText } from '../../base/escape.ts'
import { eraText, msText, nextLines, troubleLines } from '../backend/server-report.ts'
import { hanging } from '../report/layout.ts'
import type { View } from '../report/checks-text.ts'
import type { Style } from '../terminal/style.ts'
import type { CallReport } from './call-report.ts'
import { piecesText, type Piece } from './content.ts'

const longestData = 2000

const errorLines = (
  error: NonNullable<CallReport['error']>,
  { style, columns }: View,
): string[] => {
  const data = error.data === null ? '' : jsonText(error.data).slice(0, longestData)
  return [
    hanging(
      `${style.red.bold('ERROR')}  ${style.bold(String(error.code))}  `,
      printable(error.message),
      columns,
    ),
    ...(data === '' ? [] : [hanging(`  ${style.dim('data')}   `, data, columns)]),
  ]
}

export interface CallView extends View {
  readonly pieces: readonly Piece[]
  /** The files of the pieces that were saved, by their places. */
  readonly files: ReadonlyMap<number, string>
}

export const callText = (report: CallReport, view: CallView): string => {
  const { style } = view
  const { trouble, error, next } = report
  if (trouble !== null) {
    return [
      ...troubleLines(trouble, style.red.bold('FAILED'), view),
      '',
      ...nextLines(next, view),
    ].join('\n')
  }
  if (error !== null) return [...errorLines(error, view), ...nextLines(next, view)].join('\n')
  return view.pieces.length === 0 ? '(no content)' : piecesText(view.pieces, view.files)
}

/** Who answered, in which era, in what time: for stderr. */
export const callLine = ({ server, time, called }: CallReport): string => {
  if (server === null) return `no connection after ${msText(time.connect)}`
  const name = [server.name, server.version].filter((part) => part !== null).join(' ')
  const took = time.call === null ? '' : `, ${called.kind} ${called.name} ${msText(time.call)}`
  return `${name === '' ? 'the server' : name}, ${eraText(server)}: connected in ${msText(time.connect)}${took}`
}

/** What --quiet leaves. */
export const quietCall = (report: CallReport, style: Style): string => {
  const { trouble, error } = report
  if (trouble !== null) {
    return `${style.red.bold('FAILED')}  ${trouble.problem.code}  ${printable(trouble.problem.detail)}`
  }
  return error === null
    ? ''
    : `${style.red.bold('ERROR')}  ${String(error.code)}  ${printable(error.message)}`
}
