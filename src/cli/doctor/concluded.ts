// A report of the doctor as the result of a command: its exit code, its text, and the forms for CI.
import type { JsonObject } from '../../base/json.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import { isFinding } from '../discover/discover-report.ts'
import { rendered, type Format } from '../report/formats.ts'
import type { Subject } from '../report/subject.ts'
import { doctorLine, doctorText } from './doctor-text.ts'
import type { DoctorReport } from './report.ts'

const exitCodesOf = {
  clean: exitCodes.accepted,
  findings: exitCodes.rejected,
  undecided: exitCodes.undecided,
} as const

/** Of a client its name may be there. */
const configurationFile = /\.(?:toml|ya?ml|jsonc?)$/

const subjectsOf = ({ sections, config, fail_on: failOn }: DoctorReport): readonly Subject[] =>
  sections.map(({ section, subject, state, summary, facts, checks, open, hints }) => ({
    name: subject === null ? section : `${section} ${subject}`,
    verdict: state,
    file: configurationFile.test(config) ? config : undefined,
    problem: null,
    facts: [['summary', summary] as const, ...facts.map(({ name, text }) => [name, text] as const)],
    checks: [...checks, ...open],
    hints,
    counts: (check) => open.includes(check) || isFinding(check, failOn),
  }))

export const concluded = (
  report: DoctorReport,
  format: Format | undefined,
  columns: number | undefined,
  page?: () => string,
): CommandResult<DoctorReport> => ({
  report,
  exitCode: exitCodesOf[report.verdict],
  ...rendered(
    format,
    'doctor',
    subjectsOf(report),
    {
      text: (style) => doctorText(report, { style, columns }),
      line: (style) => doctorLine(report, style),
    },
    page,
  ),
})

/** The page of --format html; undefined where another form is wanted. */
export const doctorPage = async (
  format: Format | undefined,
  report: DoctorReport,
  exchanges: readonly JsonObject[],
  madeAt: string,
): Promise<(() => string) | undefined> => {
  if (format !== 'html') return undefined
  const { doctorHtml } = await import('./doctor-html.ts')
  return () => doctorHtml(report, exchanges, madeAt)
}
