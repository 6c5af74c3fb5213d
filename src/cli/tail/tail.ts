// The work of `tail`: follows the decisions of a running proxy, over restarts of it, until it is interrupted.
import { createBackoff } from '../../base/backoff.ts'
import { jsonText } from '../../base/escape.ts'
import { isJsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { filterNames, type DecisionFilter } from '../../decisions/decision-filter.ts'
import type { DecisionSummary } from '../../decisions/decision-report.ts'
import { sseDecoder } from '../../mcp/sse.ts'
import { faultOf } from '../../net/fault.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { adminHeaders, adminProblem, askProxy } from '../admin/ask-proxy.ts'
import {
  findRunningProxy,
  type RunningProxy,
  type RunningProxyFlags,
} from '../admin/running-proxy.ts'
import type { Stream } from '../command/report-command.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import { stdout } from '../terminal/output.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { decisionLine } from './tail-text.ts'

export interface TailFlags extends RunningProxyFlags, NetworkFlagValues, DecisionFilter {
  /** How many of the decisions before now are shown first. */
  readonly last: number
}

const largestEvent = 1_048_576

interface Following {
  readonly proxy: RunningProxy
  readonly ports: Ports
  readonly flags: TailFlags
  readonly onDecision: (decision: DecisionSummary) => void
  readonly onMissed: (count: number) => void
}

const pathOf = (flags: TailFlags): string => {
  const query = new URLSearchParams()
  for (const name of filterNames) {
    const value = flags[name]
    if (value !== undefined) query.set(name, value)
  }
  const text = query.toString()
  return `/admin/events${text === '' ? '' : `?${text}`}`
}

interface Ended {
  /** Undefined where the stream was open and ended. */
  readonly problem: Problem | undefined
  /** Where to go on: the number of a decision, or an event id of the stream, which also names the process. */
  readonly last: string | undefined
}

/** One stream from its beginning to its end. */
const followOnce = async (
  { proxy, ports, flags, onDecision, onMissed }: Following,
  after: string | undefined,
): Promise<Ended> => {
  const { origin } = proxy
  let last = after
  try {
    const http = await ports.http()
    const { statusCode, body } = await http.request({
      origin,
      path: pathOf(flags),
      method: 'GET',
      headers: {
        accept: 'text/event-stream',
        ...(after === undefined ? {} : { 'last-event-id': after }),
        ...adminHeaders(proxy),
      },
      bodyTimeout: 0,
    })
    const problem = adminProblem(proxy, statusCode)
    if (problem !== undefined) {
      await body.dump()
      return { problem, last }
    }
    const decoder = sseDecoder(
      {
        onEvent: ({ data, event }) => {
          const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'))
          if (!isJsonObject(value)) return
          if (event === 'decision') onDecision(value as unknown as DecisionSummary)
          if (event === 'missed') onMissed(Number(value['missed']))
        },
      },
      largestEvent,
    )
    for await (const chunk of body) {
      decoder.push(chunk as Buffer)
      last = decoder.lastEventId() ?? last
    }
    return { problem: undefined, last }
  } catch (error) {
    const why = faultOf(error).detail
    return {
      problem: problemOf('admin-reach', 'fault', { url: origin, why, flag: proxy.flag }),
      last,
    }
  }
}

/** Where to begin so that the latest decisions are shown first. */
const beforeNow = async ({ proxy, ports, flags }: Following): Promise<string | undefined> => {
  const { value } = await askProxy(
    proxy,
    { path: '/admin/decisions?limit=1' },
    { ports, timeout: 10 },
  )
  const newest = (value['decisions'] as readonly DecisionSummary[] | undefined)?.[0]
  return newest === undefined ? undefined : String(Math.max(0, newest.seq - flags.last))
}

/** Never ends by itself. Rejects where the first attempt shows that there is nothing to follow. */
export const tail = async (flags: TailFlags, surface: Narrator & Stream): Promise<never> => {
  const { style, write, note, warn } = surface
  const proxy = await findRunningProxy(flags, surface)
  const ports = await networkPorts(flags, surface)
  const json = surface.json || !stdout.isTTY
  const backoff = createBackoff(ports.random)
  const onDecision = (decision: DecisionSummary): void => {
    const line = json
      ? jsonText({ ...decision })
      : decisionLine(decision, { style, columns: stdout.columns })
    write(`${line}\n`)
    backoff.reset()
  }
  const onMissed = (count: number): void =>
    note(`skipped ${String(count)} decisions that came faster than they could be read`)
  const following = { proxy, ports, flags, onDecision, onMissed }
  let last = flags.last > 0 ? await beforeNow(following) : undefined
  for (let isFirst = true; ; isFirst = false) {
    const ended = await followOnce(following, last)
    last = ended.last
    if (isFirst && ended.problem !== undefined) throw usageError(ended.problem)
    warn(ended.problem ?? problemOf('admin-reach', 'ended', { url: proxy.origin }))
    await ports.clock.sleep(backoff.next())
  }
}
