// The doctor's report as a person reads it: a line for what is well, all that is known where something is not.
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { DoctorReport, SectionReport, SectionState } from './report.ts'
import { printable } from '../../base/escape.ts'
import { isFinding } from '../discover/discover-report.ts'
import type { Style } from '../terminal/style.ts'
import { checkLines, counted, type View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

const marks = (style: Style): Readonly<Record<SectionState, string>> => ({
  findings: style.red.bold('FAIL'),
  open: style.yellow.bold('open'),
  advice: style.yellow('warn'),
  ok: style.green('ok'),
  none: style.dim('-'),
})

const factLines = ({ facts }: SectionReport, { style, columns }: View): string[] => {
  const width = Math.min(16, longest(facts.map(({ name }) => printable(name))))
  return facts.map(({ name, text }) =>
    hanging(`        ${style.dim(padded(printable(name), width))}  `, printable(text), columns),
  )
}

const openLines = ({ open }: SectionReport, { style, columns }: View): string[] =>
  open.flatMap(({ id, message, hint }) => [
    hanging(`  ${style.yellow('open')}  ${id}  `, printable(message ?? ''), columns),
    ...(hint === null
      ? []
      : [hanging(`        ${style.dim('fix')}    `, printable(hint), columns)]),
  ])

const told = ({ checks }: SectionReport, failOn: DoctorReport['fail_on']) =>
  checks
    .filter(({ status }) => status === 'fail' || status === 'warn')
    .map((check) => ({
      ...check,
      status: isFinding(check, failOn) ? ('fail' as const) : ('warn' as const),
      message: `${check.severity === 'info' ? '' : `${check.severity}: `}${check.message ?? ''}`,
    }))

const isTroubled = ({ state }: SectionReport): boolean => state === 'findings' || state === 'open'

/** Worth knowing, nothing to mend at once: the summary has it, `explain` the rest. */
const infoText = (checks: readonly CheckReport[], style: Style): string =>
  checks.length === 0 ? '' : `  ${style.dim(`(${checks.map(({ id }) => id).join(', ')})`)}`

/** One issuer is named once; what follows is about it. */
const isSaidAbove = ({ section, subject }: SectionReport, { sections }: DoctorReport): boolean =>
  sections.filter((other) => other.section === section).length === 1 &&
  sections.find((other) => other.subject === subject)?.section !== section

const sectionLines = (
  report: SectionReport,
  width: number,
  whole: DoctorReport,
  view: View,
): string[] => {
  const { style, columns } = view
  const { section, summary, state, open, hints } = report
  const { fail_on: failOn } = whole
  const subject = isSaidAbove(report, whole) ? null : report.subject
  const mark = padded(marks(style)[state], 4)
  const what = subject === null ? '' : `${style.bold(printable(subject))}  `
  const head = `${padded(section, width)}  ${mark}  `
  const findings = told(report, failOn)
  // What a finding says in full below needs no summary above.
  const said = [...findings, ...open].some(({ message }) => message?.includes(summary) === true)
  const isInfo = ({ severity, status }: CheckReport) => severity === 'info' && status === 'warn'
  return [
    hanging(
      head,
      `${said ? what.trimEnd() : `${what}${printable(summary)}`}${infoText(findings.filter(isInfo), style)}`,
      columns,
    ),
    ...(isTroubled(report) ? factLines(report, view) : []),
    ...openLines(report, view),
    ...checkLines(
      findings.filter((check) => !isInfo(check)),
      view,
      { hints },
    ),
  ]
}

const count = (n: number, what: string): string => `${String(n)} ${what}${n === 1 ? '' : 's'}`

const openText = ({ sections }: DoctorReport): string => {
  const open = sections.filter((section) => section.open.length > 0)
  const what = open.map(({ section, subject, summary }) =>
    printable(`${section}${subject === null ? '' : ` ${subject}`}: ${summary}`),
  )
  return `${count(open.length, 'question')} could not be answered (${what.join('; ')})`
}

/** Ids with what they are about; what each says stands above. */
const findingsText = ({ sections, fail_on: failOn }: DoctorReport): string => {
  const all = sections.flatMap(({ checks, subject }) =>
    checks
      .filter((check) => isFinding(check, failOn))
      .map(({ id }) => (subject === null ? id : `${id} (${printable(subject)})`)),
  )
  const more = all.length > 4 ? ` and ${String(all.length - 4)} more` : ''
  return `${all.slice(0, 4).join(', ')}${more}`
}

/** The verdict and its reason in one line. */
export const doctorLine = (report: DoctorReport, style: Style): string => {
  if (report.verdict === 'findings') {
    return `${style.red.bold('FINDINGS')}  ${findingsText(report)}`
  }
  const checks = report.sections.flatMap((section) => section.checks)
  return report.verdict === 'undecided'
    ? `${style.yellow.bold('INCOMPLETE')}  ${openText(report)}`
    : `${style.green.bold('CLEAN')}  ${counted(checks)}; nothing ${report.fail_on} or above`
}

const closing = (report: DoctorReport, { style, columns }: View): string[] => {
  const mark = (text: string, words: string) => hanging(`${text}  `, words, columns)
  const open = report.sections.some((section) => section.open.length > 0)
  const [head = '', ...rest] = doctorLine(report, style).split('  ')
  return [
    mark(head, rest.join('  ')),
    ...(report.verdict === 'findings' && open
      ? [mark(style.yellow.bold('INCOMPLETE'), openText(report))]
      : []),
    ...report.next.map((command, index) =>
      `${style.dim(padded(index === 0 ? 'next' : '', 4))}  ${printable(command)}`.trimEnd(),
    ),
  ]
}

/** What the configuration does not ask for. */
const unusedLine = (unused: readonly SectionReport[], { style, columns }: View): string[] =>
  unused.length === 0
    ? []
    : [
        hanging(
          style.dim('not used  '),
          style.dim(unused.map(({ section }) => section).join(', ')),
          columns,
        ),
      ]

export const doctorText = (report: DoctorReport, view: View): string => {
  const width = longest(report.sections.map(({ section }) => section))
  const isUnused = ({ state, subject }: SectionReport) => state === 'none' && subject === null
  return [
    ...report.sections
      .filter((section) => !isUnused(section))
      .flatMap((section) => sectionLines(section, width, report, view)),
    ...unusedLine(report.sections.filter(isUnused), view),
    '',
    ...closing(report, view),
  ].join('\n')
}
