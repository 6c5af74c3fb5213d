// The work of `why`: asks a running proxy, or the file that it wrote, for a decision by its request id.
import { shortId } from '../../decisions/decision-log.ts'
import { readDecision } from '../../decisions/read-decision.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { askProxy } from '../admin/ask-proxy.ts'
import { findRunningProxy, type RunningProxyFlags } from '../admin/running-proxy.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { findInSource, sourceText } from '../records/decision-source.ts'
import type { WhyReport } from './why-report.ts'
import { whyLine, whyText } from './why-text.ts'

export interface WhyFlags extends RunningProxyFlags, NetworkFlagValues {
  readonly timeout: number
  readonly decisions?: string | undefined
}

/** People paste a header or a field of a log line; the id is what looks like one. */
const idIn = (text: string): string =>
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.exec(text)?.[0] ?? text.trim()

type Found = Pick<WhyReport, 'proxy' | 'file' | 'decisions'>

const askedOf = async (id: string, flags: WhyFlags, narrator: Narrator): Promise<Found> => {
  const proxy = await findRunningProxy(flags, narrator)
  const ports = await networkPorts(flags, narrator)
  const { quiet } = narrator
  const { origin } = proxy
  const { status, value } = await withProgress({ text: `asking ${origin}`, quiet }, () =>
    askProxy(
      proxy,
      { path: `/admin/decisions/${encodeURIComponent(id)}` },
      {
        ports,
        timeout: flags.timeout,
      },
    ),
  )
  if (status === 404) {
    const { keep } = value
    throw usageError(
      typeof keep === 'number' && keep > 0
        ? problemOf('admin-decision', 'unknown', { id, keep })
        : problemOf('admin-decision', 'none', { id }),
    )
  }
  const { decisions: answered } = value
  const decisions = (Array.isArray(answered) ? answered : []).map(readDecision)
  if (decisions.length === 0 || !decisions.every((one) => one !== undefined)) {
    throw usageError(problemOf('admin-reach', 'other', { url: origin, status, flag: proxy.flag }))
  }
  return { proxy: origin, file: null, decisions }
}

const readFrom = async (id: string, source: string, { quiet, env }: Narrator): Promise<Found> => {
  const file = sourceText(source)
  const wanted = id.toLowerCase()
  const { decisions } = await withProgress({ text: `reading ${file}`, quiet }, () =>
    findInSource(source, env, (line) => line.toLowerCase().includes(wanted)),
  )
  const own = decisions.filter((one) =>
    wanted.length < shortId ? one.id === id : one.id.toLowerCase().startsWith(wanted),
  )
  if (own.length === 0) throw usageError(problemOf('decision-file', 'unknown', { file, id }))
  return { proxy: null, file, decisions: own }
}

/** Where the decision is one of a file, no proxy is asked. */
export const why = async (
  given: string,
  flags: WhyFlags,
  narrator: Narrator,
): Promise<CommandResult<WhyReport>> => {
  const id = idIn(given)
  if (id === '') throw usageError(problemOf('usage-flag', 'request-id'))
  const { decisions: file } = flags
  const found =
    file === undefined ? await askedOf(id, flags, narrator) : await readFrom(id, file, narrator)
  const report: WhyReport = {
    schema_version: 1,
    command: 'why',
    verdict: found.decisions[0]?.outcome ?? 'undecided',
    id,
    ...found,
  }
  const { columns } = narrator
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => whyText(report, { style, columns }),
    line: (style) => whyLine(report, style),
  }
}
