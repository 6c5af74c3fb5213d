// The work of `doctor` and of `serve --dry-run`: the configuration against the world that it names.
import type { Severity } from '../../problems/catalogue/spec.ts'
import { systemClock } from '../../base/clock.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { nearest } from '../../config/nearest.ts'
import { isFinding } from '../discover/discover-report.ts'
import { examineEverything, type Examined } from './examine.ts'
import { withoutSecrets } from './hidden.ts'
import { doctorReport, type DoctorReport } from './report.ts'
import { sectionNames, type SectionName } from './section.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { told, type Format } from '../report/formats.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkCertificates, proxiedPorts } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import { doctorLine, doctorText } from './doctor-text.ts'
import type { Finding } from '../command/report-command.ts'
import { loadToServe, type ServeFlags } from '../serve/serve-proxy.ts'
import type { Subject } from '../report/subject.ts'

export interface DoctorFlags extends ServeFlags {
  readonly only?: string | undefined
  readonly except?: string | undefined
  readonly probe?: boolean | undefined
  readonly 'fail-on': Severity
  readonly format?: Format | undefined
  readonly timeout: number
}

const isSection = (word: string): word is SectionName => sectionNames.some((name) => name === word)

const listed = (flag: string, text: string | undefined): readonly SectionName[] | undefined => {
  if (text === undefined) return undefined
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const unknown = words.find((word) => !isSection(word))
  if (unknown === undefined && words.length > 0) return words.filter(isSection)
  const meant = unknown === undefined ? undefined : nearest(unknown, sectionNames)
  throw usageError(
    meant === undefined
      ? problemOf('usage-flag', 'sections', { flag, sections: sectionNames.join(', ') })
      : problemOf('usage-flag', 'similar-section', { flag, meant }),
  )
}

const wantedSections = ({ only, except }: DoctorFlags): readonly SectionName[] => {
  const chosen = listed('--only', only) ?? sectionNames
  const left = listed('--except', except) ?? []
  return sectionNames.filter((name) => chosen.includes(name) && !left.includes(name))
}

/** The person, or whoever runs us, has had enough: what was started has been ended. */
class Interrupted extends Error {
  override name = 'Interrupted'
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs `work` with a signal that aborts at the first signal of the system or when time is over. Children
 * are ended in order then; a second signal ends at once, and kills them.
 */
const interruptible = async <Result>(
  seconds: number,
  note: Narrator['note'],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<{ readonly result: Result; readonly late: boolean }> => {
  const stop = new AbortController()
  const timer = new AbortController()
  let interrupted = false
  let late = false
  const onSignal = () => {
    if (interrupted) process.exit(exitCodes.interrupted)
    interrupted = true
    note('ending what was started; a second signal ends at once')
    stop.abort()
  }
  for (const signal of signals) process.on(signal, onSignal)
  systemClock.sleep(seconds * 1000, timer.signal).then(
    () => {
      late = true
      stop.abort()
    },
    () => undefined,
  )
  try {
    const result = await work(stop.signal)
    if (interrupted) throw new Interrupted('ended by a signal')
    return { result, late }
  } finally {
    timer.abort()
    for (const signal of signals) process.off(signal, onSignal)
  }
}

const exitCodesOf = {
  clean: exitCodes.accepted,
  findings: exitCodes.rejected,
  undecided: exitCodes.undecided,
} as const

const subjectsOf = ({ sections, fail_on: failOn }: DoctorReport): readonly Subject[] =>
  sections.map(({ section, subject, state, summary, facts, checks, open, hints }) => ({
    name: subject === null ? section : `${section} ${subject}`,
    verdict: state,
    problem: null,
    facts: [['summary', summary] as const, ...facts.map(({ name, text }) => [name, text] as const)],
    checks: [...checks, ...open],
    hints,
    counts: (check) => open.includes(check) || isFinding(check, failOn),
  }))

export const doctorConfiguration = async (
  flags: DoctorFlags,
  narrator: Narrator,
): Promise<Finding<DoctorReport>> => {
  const { env, quiet, columns, note, warn } = narrator
  const wanted = wantedSections(flags)
  const loaded = await loadToServe(flags, narrator)
  const lookAtCertificate = await networkCertificates({}, narrator)
  let waiting: readonly string[] = []
  const examine = (signal: AbortSignal): Promise<Examined> =>
    examineEverything({
      loaded,
      env,
      ports: proxiedPorts(narrator),
      lookAtCertificate,
      wanted,
      probes: flags.probe === true,
      signal,
      waitingFor: (names) => {
        waiting = names
      },
    })
  const { result, late } = await withProgress(
    { text: () => `looking at ${waiting.join(', ') || 'what was found'}`, quiet },
    () => interruptible(flags.timeout, note, examine),
  )
  if (late) warn(problemOf('usage-advice', 'gave-up', { seconds: flags.timeout }))
  const { sections, attempts } = result
  const report = withoutSecrets(
    doctorReport({ file: flags.config, failOn: flags['fail-on'], sections, attempts }),
    loaded,
    env,
  )
  return {
    report,
    exitCode: exitCodesOf[report.verdict],
    ...told(flags.format, 'doctor', subjectsOf(report), {
      text: (style) => doctorText(report, { style, columns }),
      line: (style) => doctorLine(report, style),
    }),
  }
}
