// The work of `call`: one tool, resource or prompt of one server, its arguments checked before anything is sent.
import type { JsonObject } from '../../base/json.ts'
import { jsonText } from '../../base/escape.ts'
import { digitsOf, numberOf } from '../../base/exact-json.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ports } from '../../base/ports.ts'
import { outsideProtocol, unavailable } from '../../backends/failure.ts'
import type { Agreement } from '../../backends/backend.ts'
import type { Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { valueIfObject } from '../../mcp/lazy-object.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { findTargets, type FoundTarget } from '../backend/find-targets.ts'
import type { ListedKind } from '../backend/offers.ts'
import { withServer, type OpenServer } from '../backend/open-server.ts'
import type { ServerFlagValues } from '../backend/server-flags.ts'
import { serverReport, troubleReport } from '../backend/server-report.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { interruptible, type Patience } from '../command/interruptible.ts'
import type { CommandResult } from '../command/report-command.ts'
import { networkPorts } from '../flags/network-flags.ts'
import { createAsker, type Asker } from '../terminal/ask.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { shellWord } from '../terminal/shell-word.ts'
import { answeredCapabilities, createAnswering, type Answering } from './answering.ts'
import type { CallReport } from './call-report.ts'
import { callLine, callText, quietCall } from './call-text.ts'
import { piecesOf } from './content.ts'
import { readWords, type Wanted } from './read-words.ts'
import { nearResource, requestFor, uncheckedRequest } from './request-for.ts'
import { savePieces, type SavedPiece } from './save-pieces.ts'

export interface CallFlags extends ServerFlagValues {
  readonly resource?: string | undefined
  readonly prompt?: string | undefined
  readonly output?: string | undefined
  readonly unchecked?: boolean | undefined
}

interface Called {
  readonly agreement: Agreement
  readonly connectMs: number
  readonly lists: readonly ListedKind[]
  readonly reply: Reply
  readonly callMs: number
}

const steps = (params: JsonObject): string => {
  const [progress, total] = [digitsOf(params['progress']), digitsOf(params['total'])]
  if (progress === undefined) return ''
  return total === undefined ? progress : `${progress}/${total}`
}

const least = 200

/** Progress and log messages on stderr; of many that come at once only some. */
const narrated = ({ note }: Narrator, clock: Clock) => {
  let last = Number.NEGATIVE_INFINITY
  return ({ method, params = {} }: JsonRpcNotification): void => {
    const now = clock.now()
    if (method === 'notifications/progress') {
      const isLast = numberOf(params['progress']) === numberOf(params['total'])
      if (now - last < least && !isLast) return
      last = now
      const { message } = params
      note(
        ['progress', steps(params), typeof message === 'string' ? message : '']
          .filter(Boolean)
          .join(' '),
      )
    } else if (method === 'notifications/message') {
      const { level, data = null } = params
      note(
        `log ${typeof level === 'string' ? level : 'info'}: ${typeof data === 'string' ? data : jsonText(data)}`,
      )
    }
  }
}

const listsFor = async (
  server: OpenServer,
  { kind }: Wanted,
  { unchecked }: CallFlags,
  { warn }: Narrator,
): Promise<readonly ListedKind[]> => {
  if (unchecked === true || kind === 'resource') return []
  const lists = await server.lists()
  const own = lists.find((list) => list.kind === `${kind}s`)
  if (own?.trouble !== undefined) {
    warn(problemOf('usage-advice', 'list-absent', { kind, why: own.trouble }))
  }
  return lists
}

const callIt = async (
  server: OpenServer,
  wanted: Wanted,
  flags: CallFlags,
  narrator: Narrator,
  clock: Clock,
): Promise<Called> => {
  const { agreement, connectMs } = server
  const lists = await listsFor(server, wanted, flags, narrator)
  const request =
    flags.unchecked === true ? uncheckedRequest(wanted) : requestFor(wanted, { agreement, lists })
  const startedAt = clock.now()
  const reply = await server.ask(request)
  const callMs = clock.now() - startedAt
  // Only where an address was not known does it matter which ones are.
  const isUnknown = reply.kind === 'error' && wanted.kind === 'resource' && flags.unchecked !== true
  const known = isUnknown ? await server.lists() : lists
  return { agreement, connectMs, lists: known, reply, callMs }
}

const errorOf = (reply: Reply): CallReport['error'] =>
  reply.kind === 'error'
    ? { code: reply.error.code, message: reply.error.message, data: reply.error.data ?? null }
    : null

interface Ended {
  readonly called: Called | undefined
  readonly connectMs: number
  readonly problem: Problem | undefined
  readonly said: readonly string[]
}

const garbage = (target: FoundTarget): Problem =>
  outsideProtocol(target.config.name, 'the result is not JSON')

const problemIn = ({ reply }: Called, target: FoundTarget): Problem | undefined => {
  if (reply.kind === 'failure' || reply.kind === 'refusal') return reply.problem
  return reply.kind === 'result' && valueIfObject(reply.result) === undefined
    ? garbage(target)
    : undefined
}

/** The server's own words, and what we know of the name. */
const nextAfter = (wanted: Wanted, target: FoundTarget, near: string | undefined): string[] => {
  const words = target.words.join(' ')
  if (near !== undefined) return [`mcp-proxy call --resource ${shellWord(near)} ${words}`]
  return wanted.kind === 'tool'
    ? [`mcp-proxy tools --schema ${shellWord(wanted.name)} ${words}`]
    : [`mcp-proxy tools ${words}`]
}

const callerOf = (server: () => string, narrator: Narrator, patience: Patience): Answering => {
  let asker: Promise<Asker> | undefined
  return createAnswering({
    asker: narrator.canAsk() ? () => (asker ??= createAsker()) : undefined,
    server,
    note: narrator.tell,
    warn: narrator.warn,
    pause: patience.pause,
    resume: patience.resume,
    interrupt: () => process.kill(process.pid, 'SIGINT'),
  })
}

const run = async (
  target: FoundTarget,
  wanted: Wanted,
  flags: CallFlags,
  narrator: Narrator,
  ports: Ports,
): Promise<Ended & { readonly questions: CallReport['questions']; readonly late: boolean }> => {
  const { clock } = ports
  let name = target.config.name
  let answering: Answering | undefined
  const { result, late } = await interruptible(flags.timeout, narrator.note, (signal, patience) => {
    const own = callerOf(() => name, narrator, patience)
    answering = own
    const notify = narrated(narrator, clock)
    const peer = { notify, ask: own.ask }
    return withServer(
      target.config,
      { ports, signal, capabilities: answeredCapabilities, peer, onNotification: notify },
      (server) => {
        const said = server.agreement.serverInfo?.['name']
        if (typeof said === 'string') name = said
        return callIt(server, wanted, flags, narrator, clock)
      },
    )
  })
  const questions = answering?.asked() ?? []
  const silent = unavailable(
    target.config.name,
    `no answer in ${String(flags.timeout)} s (--timeout)`,
    'silent',
  )
  if (result.kind === 'failed') {
    const problem = late ? silent : result.problem
    return { called: undefined, connectMs: result.ms, problem, said: result.said, questions, late }
  }
  const called = result.result
  const own = problemIn(called, target)
  const problem = own !== undefined && late ? silent : own
  return { called, connectMs: called.connectMs, problem, said: result.said, questions, late }
}

const troubleOf = async (
  { problem, called, late, said }: Awaited<ReturnType<typeof run>>,
  target: FoundTarget,
  flags: CallFlags,
  narrator: Narrator,
  ports: Ports,
) => {
  if (problem === undefined) return undefined
  const { explainTrouble } = await import('../backend/explain-trouble.ts')
  const trouble = await explainTrouble(problem, target, {
    ports,
    network: flags,
    timeout: flags.timeout,
    narrator,
    isDefinite: late,
    ...(called === undefined ? {} : { agreement: called.agreement }),
  })
  return { ...trouble, report: troubleReport(trouble, said) }
}

const verdictOf = (
  result: JsonObject | null,
  error: CallReport['error'],
): Pick<CallReport, 'verdict'>['verdict'] =>
  error !== null || result?.['isError'] === true ? 'failed' : 'ok'

const exitCodesOf = { ok: exitCodes.accepted, failed: exitCodes.rejected } as const

const resultOf = (called: Called | undefined): JsonObject | null =>
  called?.reply.kind === 'result' ? (valueIfObject(called.reply.result) ?? null) : null

interface Found {
  readonly target: FoundTarget
  readonly wanted: Wanted
  readonly ended: Awaited<ReturnType<typeof run>>
  readonly trouble: Awaited<ReturnType<typeof troubleOf>>
}

const nearIn = ({ wanted, ended: { called } }: Found): string | undefined =>
  wanted.kind === 'resource' && called !== undefined ? nearResource(wanted.name, called) : undefined

const answerOf = ({ ended: { called }, trouble }: Found) => {
  const answered = trouble === undefined ? called : undefined
  return {
    result: resultOf(answered),
    error: answered === undefined ? null : errorOf(answered.reply),
  }
}

const reportOf = (found: Found, saved: readonly SavedPiece[]): CallReport => {
  const { target, wanted, ended, trouble } = found
  const { called, connectMs, questions } = ended
  const { result, error } = answerOf(found)
  return {
    schema_version: 1,
    command: 'call',
    verdict: trouble === undefined ? verdictOf(result, error) : 'unreached',
    target: target.shown,
    server: called === undefined ? null : serverReport(called.agreement, target.config),
    called: { kind: wanted.kind, name: wanted.name },
    result,
    error,
    trouble: trouble?.report ?? null,
    questions,
    saved,
    time: { connect: connectMs, call: called?.callMs ?? null },
    next: trouble?.next ?? (error === null ? [] : nextAfter(wanted, target, nearIn(found))),
  }
}

const narrate = (report: CallReport, output: string | undefined, { note, warn }: Narrator) => {
  const { result, verdict, saved } = report
  note(callLine(report))
  if (result?.['isError'] === true) warn(problemOf('usage-advice', 'tool-failed'))
  if (output !== undefined && saved.length === 0 && verdict === 'ok') {
    warn(problemOf('usage-advice', 'nothing-to-write'))
  }
}

const findingOf = (
  found: Found,
  { output }: CallFlags,
  narrator: Narrator,
): CommandResult<CallReport> => {
  const { wanted, trouble } = found
  const { result } = answerOf(found)
  const pieces = result === null ? [] : piecesOf(wanted.kind, result)
  const saved = output === undefined ? undefined : savePieces(output, pieces)
  const report = reportOf(found, [...(saved?.values() ?? [])])
  narrate(report, output, narrator)
  const files = new Map([...(saved ?? [])].map(([at, { file }]) => [at, file]))
  const view = { columns: narrator.columns, pieces, files }
  return {
    report,
    exitCode: trouble?.exitCode ?? exitCodesOf[report.verdict === 'ok' ? 'ok' : 'failed'],
    text: (style) => callText(report, { ...view, style }),
    ...(result === null ? { line: (style) => quietCall(report, style) } : {}),
  }
}

export const callServer = async (
  argv: readonly string[],
  command: readonly string[] | undefined,
  flags: CallFlags,
  narrator: Narrator,
): Promise<CommandResult<CallReport>> => {
  const wanted = await readWords(argv, command, flags)
  const [target] = await findTargets(wanted.target, command, flags, narrator)
  if (target === undefined) throw new Error('a target was asked for and none was found')
  const ports = await networkPorts(flags, narrator)
  const ended = await run(target, wanted, flags, narrator, ports)
  const trouble = await troubleOf(ended, target, flags, narrator, ports)
  return findingOf({ target, wanted, ended, trouble }, flags, narrator)
}
