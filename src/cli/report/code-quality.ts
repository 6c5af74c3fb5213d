// Findings as GitLab Code Quality reads them: https://docs.gitlab.com/ci/testing/code_quality/, a list of issues.
import { jsonText, printable } from '../../base/escape.ts'
import type { Severity } from '../../problems/catalogue/spec.ts'
import { findingsOf, fingerprintOf, relativePath, type Finding } from './findings.ts'
import type { Subject } from './subject.ts'

const severities = {
  fatal: 'blocker',
  high: 'critical',
  medium: 'major',
  low: 'minor',
  info: 'info',
} as const satisfies Record<Severity, string>

/** Each issue needs a file of the repository. What was asked over the network has none but the one that runs the job. */
const pipeline = '.gitlab-ci.yml'

const pathOf = ({ file }: Subject): string =>
  (file === undefined ? undefined : relativePath(file)) ?? pipeline

const descriptionOf = ({ subject, message, hint, open }: Finding): string =>
  [
    `${subject.name}: ${open ? 'could not be established: ' : ''}${message}`,
    ...(hint === null ? [] : [`fix: ${hint}`]),
  ]
    .map(printable)
    .join('; ')

/** Issues with one fingerprint are one issue to GitLab: a finding that comes twice is counted. */
export const codeQualityText = (command: string, subjects: readonly Subject[]): string => {
  const seen = new Map<string, number>()
  const issues = subjects.flatMap(findingsOf).map((finding) => {
    const print = fingerprintOf(command, finding)
    const times = (seen.get(print) ?? 0) + 1
    seen.set(print, times)
    return {
      description: descriptionOf(finding),
      check_name: finding.id,
      fingerprint: times === 1 ? print : fingerprintOf(command, finding, [times]),
      severity: severities[finding.severity],
      location: { path: pathOf(finding.subject), lines: { begin: 1 } },
    }
  })
  return jsonText(issues, 2)
}
