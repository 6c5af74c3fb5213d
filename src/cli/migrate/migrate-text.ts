// What `migrate` did, for a person.
import type { MigrateReport } from './report.ts'

const verbs = { note: 'differs', remove: 'became a comment', add: 'added' } as const

/** Its last line is the outcome. */
export const migrateSummary = ({ changes, problems, from, output }: MigrateReport): string => {
  const lines = [
    ...changes.map(({ kind, key, line, text }) => {
      const place = line === null ? from : `${from}:${String(line)}`
      return `${place}  ${key} ${verbs[kind]}: ${text}`
    }),
    ...problems.map(({ line, detail, hint }) => {
      const place = output ?? 'the new file'
      return `${line === null ? place : `${place}:${String(line)}`}  left to do: ${detail}; ${hint}`
    }),
  ]
  const where = output === null ? '' : `wrote ${output}: `
  const outcome =
    problems.length === 0
      ? `${where}serve takes the new file`
      : `${where}serve refuses the new file for ${String(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'}`
  return [...lines, outcome].join('\n')
}
