// A run of `discover` beside an earlier one: the report of now, what changed, and an exit code for that.
import type { Severity } from '../../problems/catalogue/spec.ts'
import type { Json } from '../../base/json.ts'
import { compareReports, type Change } from './compare-reports.ts'
import type { DiscoverReport } from './discover-report.ts'
import { comparable, type ComparableReport } from './earlier-report.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { Format } from '../report/formats.ts'
import { comparisonLine, comparisonMarkdown, comparisonText } from './comparison-text.ts'
import { plainMarkdown } from '../report/markdown.ts'
import type { CommandResult } from '../command/report-command.ts'

export interface ComparedReport extends DiscoverReport {
  readonly diff: {
    /** The file or folder as it was given. */
    readonly since: string
    readonly worse: boolean
    readonly changes: readonly Change[]
  }
}

export interface Comparing {
  readonly earlier: ComparableReport
  readonly since: string
  readonly flags: { readonly 'fail-on': Severity; readonly format?: Format | undefined }
  readonly columns: number | undefined
}

/** What could not be established is not compared away; what was bad before and stays so is no news. */
const exitCodeOf = ({ verdict }: DiscoverReport, worse: boolean): number => {
  if (worse) return exitCodes.rejected
  return verdict === 'undecided' ? exitCodes.undecided : exitCodes.accepted
}

/** The other documents have no place for it beside the checks: there the exit code says it. */
export const compared = (
  { report, text, summary }: CommandResult<DiscoverReport>,
  { earlier, since, flags, columns }: Comparing,
): CommandResult<ComparedReport> => {
  const now = comparable(report as unknown as Json)
  if ('wanted' in now) throw new Error(`a report of our own lacks ${now.at}`)
  const comparison = compareReports(earlier, now, flags['fail-on'])
  const { format } = flags
  const table = (): string => `\n\n${comparisonMarkdown(comparison, since, plainMarkdown)}`
  const more = (style: Parameters<typeof text>[0]): string => {
    if (format === 'markdown') return table()
    return format === undefined || format === 'human'
      ? `\n\n${comparisonText(comparison, since, { style, columns })}`
      : ''
  }
  return {
    report: { ...report, diff: { since, ...comparison } },
    exitCode: exitCodeOf(report, comparison.worse),
    text: (style) => `${text(style)}${more(style)}`,
    ...(summary === undefined ? {} : { summary: () => `${summary()}${table()}` }),
    ...(format === undefined || format === 'human'
      ? { line: (style) => comparisonLine(comparison, since, style) }
      : {}),
  }
}
