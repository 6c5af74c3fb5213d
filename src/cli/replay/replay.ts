// The work of `replay`: decisions that a proxy wrote, judged again by another configuration. No server is asked.
import { problemFromUsage } from '../../problems/usage-error.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { placeOf } from '../command/failure.ts'
import type { CommandResult } from '../command/report-command.ts'
import { decisionBytes, visitDecisions } from '../records/decision-file.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { withProgress } from '../terminal/progress.ts'
import { createCandidate } from './candidate.ts'
import { createCounts, type Counted } from './counts.ts'
import { judgeAgain } from './judge-again.ts'
import type { ReplayReport } from './replay-report.ts'
import { replayLine, replayText } from './replay-text.ts'

export interface ReplayFlags {
  readonly config: string
  readonly decisions: string
}

const verdictOf = ({ changed, same, unjudged }: Counted): ReplayReport['verdict'] => {
  if (changed > 0) return 'changed'
  return same === 0 && unjudged > 0 ? 'undecided' : 'unchanged'
}

const codes = {
  changed: exitCodes.rejected,
  unchanged: exitCodes.accepted,
  undecided: exitCodes.undecided,
} as const

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(0)

export const replay = async (
  { config: configFile, decisions: file }: ReplayFlags,
  narrator: Narrator,
): Promise<CommandResult<ReplayReport>> => {
  const { loadConfig } = await import('../../config/load.ts')
  const { config, warnings } = await loadConfig(configFile, narrator.env)
  for (const warning of warnings) narrator.warn(problemFromUsage(warning, placeOf(warning)))
  const candidate = await createCandidate(config)
  const counts = createCounts()
  const all = await decisionBytes(file)
  let bytes = 0
  let unread = 0
  const text = () => `reading ${file}: ${megabytes(bytes)} of ${megabytes(all)} MB`
  await withProgress({ text, quiet: narrator.quiet }, () =>
    visitDecisions(file, {
      wanted: () => true,
      onDecision: (decision) => counts.add(decision, judgeAgain(decision, candidate)),
      onUnread: () => {
        unread += 1
      },
      onBytes: (count) => {
        bytes += count
      },
    }),
  )
  const counted = counts.report()
  const report: ReplayReport = {
    schema_version: 1,
    command: 'replay',
    verdict: verdictOf(counted),
    config: configFile,
    decisions: file,
    ...counted,
    unread,
  }
  const { columns } = narrator
  return {
    report,
    exitCode: codes[report.verdict],
    text: (style) => replayText(report, { style, columns }),
    line: (style) => replayLine(report, style),
  }
}
