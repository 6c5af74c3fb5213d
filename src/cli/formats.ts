// The form of the result: for people, or for what CI and reviews read. `--json` is the form for programs.
import { custom } from '@oclif/core/flags'
import type { CheckReport, ProblemReport } from './checks-report.ts'
import type { HintReport } from './hints.ts'
import { junitText } from './render/junit.ts'
import { markdownText } from './render/markdown.ts'
import type { Finding } from './report-command.ts'

const formats = ['human', 'junit', 'markdown'] as const
export type Format = (typeof formats)[number]

export const formatFlag = {
  format: custom<Format>({
    options: [...formats],
    description: 'the form of the result (default human; for programs: --json)',
    exclusive: ['json'],
    helpGroup: 'OUTPUT',
  })(),
}

/** One thing that was judged, as every form tells it. */
export interface Subject {
  /** What was judged: a token by its fingerprint, an address. */
  readonly name: string
  readonly verdict: string
  readonly problem: ProblemReport | null
  /** Facts worth a line each. */
  readonly facts: readonly (readonly [name: string, text: string])[]
  readonly checks: readonly CheckReport[]
  readonly hints: readonly HintReport[]
  /** Whether a check counts against the subject. */
  readonly counts: (check: CheckReport) => boolean
  /** Whether a check was skipped because an answer did not come. */
  readonly unsettled?: (check: CheckReport) => boolean
}

type Told = Pick<Finding<unknown>, 'text' | 'line'>

/** `human` where nothing else is asked for; the other forms are whole documents, also with --quiet. */
export const told = (
  format: Format | undefined,
  command: string,
  subjects: readonly Subject[],
  human: Required<Told>,
): Told => {
  if (format === 'junit') return { text: () => junitText(command, subjects) }
  if (format === 'markdown') return { text: () => markdownText(command, subjects) }
  return human
}
