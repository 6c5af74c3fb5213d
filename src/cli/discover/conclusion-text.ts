// The first and the last lines of `discover`: the grade, the finding that decides, the counts, the next command.
import type { DiscoverReport } from './discover-report.ts'
import { printable } from '../../base/escape.ts'
import type { Style } from '../terminal/style.ts'
import { messageText, type View } from '../report/checks-text.ts'
import { tokenLine } from './token-text.ts'
import { hanging, padded } from '../report/layout.ts'

const colour = (letter: string, style: Style): ((text: string) => string) =>
  letter === 'A' ? style.green.bold : letter === 'F' ? style.red.bold : style.yellow.bold

/** The outcomes that are no grade. The reason is beside them, in `outcome`. */
const outcomeText = (kind: DiscoverReport['outcome']['kind'], style: Style): string | undefined => {
  switch (kind) {
    case 'unreachable':
      return style.yellow.bold('UNREACHABLE')
    case 'unavailable':
      return style.yellow.bold('UNDECIDED')
    case 'open':
      return style.green.bold('OPEN')
    case 'wrong-path':
      return style.red.bold('WRONG PATH')
    case 'redirected':
      return style.red.bold('REDIRECTED')
    case 'not-mcp':
      return style.red.bold('NOT MCP')
    case 'graded':
      return undefined
  }
}

const letterText = (letter: string | null, best: string, style: Style): string =>
  letter === null
    ? style.yellow.bold(`No grade, ${best} at best`)
    : colour(letter, style)(`Grade ${letter}`)

export const gradeText = (
  { outcome, grade: { letter, at_best: best } }: DiscoverReport,
  style: Style,
): string => outcomeText(outcome.kind, style) ?? letterText(letter, best, style)

const severities = ['fatal', 'high', 'medium', 'low', 'info'] as const

const counts = ({ grade }: DiscoverReport): string =>
  [
    `${String(grade.passed)} passed`,
    ...severities.flatMap((severity) =>
      grade.findings[severity] === 0 ? [] : [`${String(grade.findings[severity])} ${severity}`],
    ),
    `${String(grade.skipped)} skipped`,
  ].join(', ')

/** What was not answered, in the words of the checks. */
const unanswered = ({ checks }: DiscoverReport): string => {
  const open = checks.filter(({ missing }) => missing === 'answer')
  const texts = open.map(({ id, message }) => `${id}: ${message ?? ''}`)
  const rest = texts.length - 1
  return `${texts[0] ?? ''}${rest > 0 ? `, and ${String(rest)} more` : ''}`
}

const undecided = (report: DiscoverReport, style: Style): string =>
  report.checks.some(({ missing }) => missing === 'answer')
    ? `${style.yellow.bold('UNDECIDED')}  could not establish ${messageText(unanswered(report))}`
    : ''

/** The answer at the address itself, and what to do about it. */
const outcomeLines = (report: DiscoverReport, view: View): string[] => {
  const { outcome, problem } = report
  const { style, columns } = view
  const { code, detail, hint } = outcome
  const label = (name: string): string => `  ${style.dim(padded(name, 5))} `
  const mark = gradeText(report, style)
  return [
    hanging(`${mark}  ${style.bold(code ?? '')}  `, messageText(detail ?? ''), columns),
    hanging(label('fix'), printable(hint ?? ''), columns),
    ...(problem?.code === code && problem !== null && problem.spec !== null
      ? [hanging(label('spec'), printable(problem.spec), columns)]
      : []),
  ]
}

/** The grade and why, before anything else. */
export const conclusion = (report: DiscoverReport, view: View): string[] => {
  if (report.outcome.kind !== 'graded') return outcomeLines(report, view)
  const { problem, hints } = report
  const { style, columns } = view
  const open = undecided(report, style)
  const label = (name: string): string => `  ${style.dim(padded(name, 5))} `
  const mark = gradeText(report, style)
  const rest = open === '' ? [] : [hanging('', open, columns)]
  if (problem === null) {
    return report.grade.letter === null ? [...rest] : [`${mark}  nothing found`]
  }
  if (report.grade.letter === 'A') return [`${mark}  nothing that would stop a client`]
  const rows: (readonly [string, string])[] = [
    ['fix', problem.hint],
    ...hints
      .filter(({ check }) => check === problem.code)
      .map(({ provider, text }) => ['hint', `${provider}: ${text}`] as const),
    ...(problem.spec === null ? [] : [['spec', problem.spec] as const]),
  ]
  const advice = rows.map(([name, text]) => hanging(label(name), printable(text), columns))
  if (report.verdict === 'undecided') return [...rest, ...advice]
  return [
    hanging(`${mark}  ${style.bold(problem.code)}  `, messageText(problem.detail), columns),
    ...advice,
    ...rest,
  ]
}

const limitOf = ({ strict, fail_on: threshold }: DiscoverReport): string =>
  strict ? 'that --strict minds' : `${threshold} or above`

/** The line that stays on the screen: beside each other where there is room for it. */
export const lastLines = (report: DiscoverReport, { style, columns }: View): string[] => {
  const head = `${gradeText(report, style)}   ${counts(report)}`
  const next = `${style.dim('next:')} ${printable(report.next)}`
  const isNarrow =
    columns !== undefined && padded(head, 0).length + report.next.length + 12 > columns
  return isNarrow ? [head, next] : [`${head}   ${next}`]
}

/** What --quiet leaves: the verdict, in one line. */
export const discoveryLine = (report: DiscoverReport, style: Style): string =>
  report.token === null ? publishedLine(report, style) : tokenLine(report.token, style)

const publishedLine = (report: DiscoverReport, style: Style): string => {
  const { problem, grade } = report
  const cause = problem === null || grade.letter === 'A' ? '' : `  ${style.bold(problem.code)}`
  const { kind, code, detail } = report.outcome
  if (report.verdict === 'undecided' && kind !== 'graded') {
    return `${gradeText(report, style)}  ${style.bold(code ?? '')}  ${messageText(detail ?? '')}`
  }
  const told = `${gradeText(report, style)}${cause}  ${counts(report)}`
  switch (report.verdict) {
    case 'clean':
      return `${style.green.bold('CLEAN')}  ${told}; nothing ${limitOf(report)}`
    case 'findings':
      return `${style.red.bold('FINDINGS')}  ${told}; something ${limitOf(report)}`
    case 'undecided':
      return undecided(report, style)
  }
}
