// The work of `doctor` and of `serve --dry-run`: the configuration against the world that it names.
import type { Severity } from '../../problems/catalogue/spec.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { nearest } from '../../config/nearest.ts'
import { badgeText, openBadge } from '../html/badge.ts'
import { keptExchanges } from '../report/kept-exchanges.ts'
import { concluded, doctorPage } from './concluded.ts'
import { doctorBadge } from './doctor-badge.ts'
import { examineEverything, type Examined } from './examine.ts'
import { exchangesWithoutSecrets, withoutSecrets } from './hidden.ts'
import { doctorReport, type DoctorReport } from './report.ts'
import { sectionNames, type SectionName } from './section.ts'
import { interruptible } from '../command/interruptible.ts'
import type { Format } from '../report/formats.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkCertificates, proxiedPorts } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import type { CommandResult } from '../command/report-command.ts'
import { loadForHttp, type ServeFlags } from '../serve/serve-proxy.ts'

export interface DoctorFlags extends ServeFlags {
  readonly only?: string | undefined
  readonly except?: string | undefined
  readonly probe?: boolean | undefined
  readonly 'fail-on': Severity
  readonly format?: Format | undefined
  readonly timeout: number
  /** A file for the verdict as an image. */
  readonly badge?: string | undefined
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

export const doctorConfiguration = async (
  flags: DoctorFlags,
  narrator: Narrator,
): Promise<CommandResult<DoctorReport>> => {
  const { env, quiet, columns, note, warn } = narrator
  const wanted = wantedSections(flags)
  const badge = await openBadge(flags.badge)
  const loaded = await loadForHttp(flags, narrator)
  const lookAtCertificate = await networkCertificates({}, narrator)
  const ports = proxiedPorts(narrator)
  const kept = keptExchanges(flags.format === 'html', [], env)
  let waiting: readonly string[] = []
  const examine = (signal: AbortSignal): Promise<Examined> =>
    examineEverything({
      loaded,
      env,
      ports,
      around: kept.around,
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
  await badge?.write(badgeText(doctorBadge(report)))
  const exchanges = exchangesWithoutSecrets(kept.exchanges(), loaded, env)
  const madeAt = new Date(ports.clock.now()).toISOString()
  const page = await doctorPage(flags.format, report, exchanges, madeAt)
  return concluded(report, flags.format, columns, page)
}
