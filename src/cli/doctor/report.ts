// What the doctor found, as its JSON report says it, with the verdict and the command to go on with.
import type { Severity } from '../../problems/catalogue/spec.ts'
import { checkReport, type CheckReport } from '../../core/verdict/checks-report.ts'
import { isFinding } from '../discover/discover-report.ts'
import type { HintReport } from '../report/hints.ts'
import type { Attempt } from '../../net/interceptors/recorded-http.ts'
import { sectionNames, type ReportSection } from './section.ts'

/** `open`: a question could not be answered. `advice`: findings below --fail-on. `none`: nothing to look at. */
export type SectionState = 'ok' | 'advice' | 'open' | 'findings' | 'none'

export interface SectionReport {
  readonly section: ReportSection['section']
  readonly subject: string | null
  readonly state: SectionState
  readonly summary: string
  readonly facts: readonly { readonly name: string; readonly text: string }[]
  readonly checks: readonly CheckReport[]
  /** What could not be established: why, and what to do to know it. */
  readonly open: readonly CheckReport[]
  /** What the provider is known for, under what was found. */
  readonly hints: readonly HintReport[]
}

export interface DoctorReport {
  readonly schema_version: 1
  readonly command: 'doctor'
  /** `clean`: nothing at or above --fail-on. `undecided`: that, and questions that stayed open. */
  readonly verdict: 'clean' | 'findings' | 'undecided'
  readonly config: string
  readonly fail_on: Severity
  readonly sections: readonly SectionReport[]
  readonly attempts: readonly Attempt[]
  /** Commands to go on with, the most useful first. */
  readonly next: readonly string[]
}

const isTold = ({ status }: CheckReport): boolean => status === 'fail' || status === 'warn'

const stateOf = (
  checks: readonly CheckReport[],
  open: readonly CheckReport[],
  failOn: Severity,
): SectionState => {
  if (checks.some((check) => isFinding(check, failOn))) return 'findings'
  if (open.length > 0) return 'open'
  // What is merely worth knowing is no reason to raise a voice.
  if (checks.some((check) => isTold(check) && check.severity !== 'info')) return 'advice'
  return checks.some(({ status }) => status !== 'skip') ? 'ok' : 'none'
}

const sectionReport = (
  { section, subject, summary, facts = [], checks, open = [], hints = [] }: ReportSection,
  failOn: Severity,
): SectionReport => {
  const reports = checks.map(checkReport)
  const questions = open.map(checkReport)
  return {
    section,
    subject: subject ?? null,
    state: stateOf(reports, questions, failOn),
    summary,
    facts: facts.filter(([, text]) => text !== '').map(([name, text]) => ({ name, text })),
    checks: reports,
    open: questions,
    hints,
  }
}

const quoted = (word: string): string =>
  /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

const fileFlag = (file: string): string =>
  file === 'proxy.toml' ? '' : ` --config ${quoted(file)}`

/** The command that shows more of what a section found. */
const closerLook = ({ section, subject }: SectionReport, file: string): string[] => {
  if (section === 'discovery' || section === 'keys') {
    return subject === null ? [] : [`mcp-proxy discover ${quoted(subject)}`]
  }
  if (section === 'public') return subject === null ? [] : [`mcp-proxy discover ${quoted(subject)}`]
  return section === 'introspection' ? [`mcp-proxy introspect${fileFlag(file)} @token.txt`] : []
}

const looksAtAll = (sections: readonly SectionReport[]): boolean =>
  sectionNames.every((name) => sections.some(({ section }) => section === name))

const nextCommands = (
  sections: readonly SectionReport[],
  file: string,
  failOn: Severity,
): readonly string[] => {
  const found = sections.find(({ state }) => state === 'findings')
  if (found !== undefined) {
    const id = found.checks.find((check) => isFinding(check, failOn))?.id
    return [`mcp-proxy explain ${id ?? ''}`, ...closerLook(found, file)]
  }
  const unanswered = sections.filter(({ state }) => state === 'open')
  const [first] = unanswered
  if (first === undefined && !looksAtAll(sections)) return [`mcp-proxy doctor${fileFlag(file)}`]
  if (first === undefined) {
    const runs = sections.some(
      ({ section, checks }) =>
        section === 'public' &&
        checks.some(({ id, status }) => id === 'prm-reach' && status === 'pass'),
    )
    return [
      runs ? `mcp-proxy validate${fileFlag(file)} @token.txt` : `mcp-proxy serve${fileFlag(file)}`,
    ]
  }
  // All that is missing is the proxy itself.
  return unanswered.every(({ section }) => section === 'public')
    ? [`mcp-proxy serve${fileFlag(file)}`, `mcp-proxy doctor${fileFlag(file)}`]
    : [...closerLook(first, file), `mcp-proxy doctor${fileFlag(file)}`]
}

export interface Findings {
  readonly file: string
  readonly failOn: Severity
  readonly sections: readonly ReportSection[]
  readonly attempts: readonly Attempt[]
  /** Commands to go on with, where the sections do not say it. */
  readonly next?: readonly string[]
}

export const doctorReport = ({
  file,
  failOn,
  sections,
  attempts,
  next,
}: Findings): DoctorReport => {
  const reports = sections.map((section) => sectionReport(section, failOn))
  const has = (state: SectionState) => reports.some((report) => report.state === state)
  const anyOpen = reports.some(({ open }) => open.length > 0)
  return {
    schema_version: 1,
    command: 'doctor',
    verdict: has('findings') ? 'findings' : anyOpen ? 'undecided' : 'clean',
    config: file,
    fail_on: failOn,
    sections: reports,
    attempts,
    next: next ?? nextCommands(reports, file, failOn),
  }
}
