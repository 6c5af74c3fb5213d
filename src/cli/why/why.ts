// The work of `why`: asks a running proxy for a decision that it made, by its request id.
import type { DecisionReport } from '../../decisions/decision-report.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { askProxy } from '../admin/ask-proxy.ts'
import { findRunningProxy, type RunningProxyFlags } from '../admin/running-proxy.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { WhyReport } from './why-report.ts'
import { whyLine, whyText } from './why-text.ts'

export interface WhyFlags extends RunningProxyFlags, NetworkFlagValues {
  readonly timeout: number
}

/** People paste a header or a field of a log line; the id is what looks like one. */
const idIn = (text: string): string =>
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.exec(text)?.[0] ?? text.trim()

export const why = async (
  given: string,
  flags: WhyFlags,
  narrator: Narrator,
): Promise<CommandResult<WhyReport>> => {
  const id = idIn(given)
  if (id === '') throw usageError(problemOf('usage-flag', 'request-id'))
  const proxy = await findRunningProxy(flags, narrator)
  const ports = await networkPorts(flags, narrator)
  const { quiet, columns } = narrator
  const { status, value } = await withProgress({ text: `asking ${proxy.origin}`, quiet }, () =>
    askProxy(proxy, `/admin/decisions/${encodeURIComponent(id)}`, {
      ports,
      timeout: flags.timeout,
    }),
  )
  if (status === 404) {
    const { keep } = value
    throw usageError(
      typeof keep === 'number' && keep > 0
        ? problemOf('admin-decision', 'unknown', { id, keep })
        : problemOf('admin-decision', 'none', { id }),
    )
  }
  const decisions = value['decisions'] as unknown as readonly DecisionReport[]
  const report: WhyReport = {
    schema_version: 1,
    command: 'why',
    verdict: decisions[0]?.outcome ?? 'undecided',
    id,
    proxy: proxy.origin,
    decisions,
  }
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => whyText(report, { style, columns }),
    line: (style) => whyLine(report, style),
  }
}
