// The work of `replay`: decisions that a proxy wrote, judged again by another configuration. No server is asked.
import { problemFromUsage } from '../../problems/usage-error.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { placeOf } from '../command/failure.ts'
import type { CommandResult } from '../command/report-command.ts'
import { sourceText, visitSource } from '../records/decision-source.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { withProgress } from '../terminal/progress.ts'
import { createCandidates } from './candidate.ts'
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

export const replay = async (
  { config: configFile, decisions: source }: ReplayFlags,
  narrator: Narrator,
): Promise<CommandResult<ReplayReport>> => {
  const { loadConfig } = await import('../../config/load.ts')
  const { config, warnings } = await loadConfig(configFile, narrator.env)
  for (const warning of warnings) narrator.warn(problemFromUsage(warning, placeOf(warning)))
  const candidateOf = await createCandidates(config)
  const counts = createCounts()
  const shown = sourceText(source)
  let progress = ''
  let unread = 0
  const text = () => `reading ${shown}${progress === '' ? '' : `: ${progress}`}`
  await withProgress({ text, quiet: narrator.quiet }, () =>
    visitSource(source, narrator.env, {
      onDecision: (decision) =>
        counts.add(decision, judgeAgain(decision, candidateOf(decision.request))),
      onUnread: () => {
        unread += 1
      },
      onProgress: (said) => {
        progress = said
      },
    }),
  )
  const counted = counts.report()
  const report: ReplayReport = {
    schema_version: 1,
    command: 'replay',
    verdict: verdictOf(counted),
    config: configFile,
    decisions: shown,
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
