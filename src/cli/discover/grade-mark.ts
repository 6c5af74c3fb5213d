// The grade as one mark: what the badge and the page show of it, and in which tone.
import type { Badge } from '../html/badge.ts'
import type { Tone } from '../html/tone.ts'
import { plain } from '../terminal/style.ts'
import { gradeText } from './conclusion-text.ts'
import type { DiscoverReport } from './discover-report.ts'

export const gradeTone = ({ outcome, grade: { letter } }: DiscoverReport): Tone => {
  const { kind } = outcome
  if (kind === 'open') return 'ok'
  if (kind === 'unreachable' || kind === 'unavailable') return 'open'
  if (kind !== 'graded') return 'bad'
  if (letter === null) return 'open'
  return letter === 'A' ? 'ok' : letter === 'F' ? 'bad' : 'warn'
}

/** The letter alone, or the outcome in words. */
export const gradeMark = (report: DiscoverReport): string =>
  report.outcome.kind === 'graded' && report.grade.letter !== null
    ? report.grade.letter
    : gradeText(report, plain)

export const gradeBadge = (report: DiscoverReport): Badge => ({
  label: 'MCP authorization',
  text: gradeMark(report),
  tone: gradeTone(report),
})
