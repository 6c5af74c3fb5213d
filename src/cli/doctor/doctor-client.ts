// The work of `doctor --client`: every server of an MCP client, tried as that client would reach it.
import { credentialOf } from '../../backends/credential.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Severity } from '../../problems/catalogue/spec.ts'
import { createFlightLimit } from '../../base/flight-limit.ts'
import { Secret } from '../../base/secret.ts'
import type { Ports } from '../../base/ports.ts'
import { unavailable } from '../../backends/failure.ts'
import { nobody } from '../../mcp/questions.ts'
import type { Credential, FoundTarget } from '../backend/find-targets.ts'
import { withServer } from '../backend/open-server.ts'
import { interruptible } from '../command/interruptible.ts'
import type { CommandResult } from '../command/report-command.ts'
import { proxiedPorts } from '../flags/network-flags.ts'
import { loginFor } from '../login/stored-token.ts'
import type { Format } from '../report/formats.ts'
import { confirm } from '../terminal/ask.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { withProgress } from '../terminal/progress.ts'
import { shellWord } from '../terminal/shell-word.ts'
import {
  emptySection,
  failingSection,
  faultSection,
  notStarted,
  tokenEnd,
  untriedSection,
  workingSection,
} from './client-sections.ts'
import {
  isReady,
  readClientServers,
  type ClientServer,
  type ReadyServer,
} from './client-servers.ts'
import { badgeText, openBadge } from '../html/badge.ts'
import { concluded, doctorPage } from './concluded.ts'
import { doctorBadge } from './doctor-badge.ts'
import { withoutValues } from './hidden.ts'
import { doctorReport, type DoctorReport } from './report.ts'
import type { ReportSection } from './section.ts'

export interface ClientFlags {
  readonly client: string
  /** Start programs without asking. */
  readonly yes?: boolean | undefined
  readonly 'fail-on': Severity
  readonly format?: Format | undefined
  readonly timeout: number
  /** A file for the verdict as an image. */
  readonly badge?: string | undefined
}

interface Tried {
  readonly section: ReportSection
  readonly next: readonly string[]
}

interface Trying {
  readonly flags: ClientFlags
  readonly narrator: Narrator
  readonly ports: Ports
  readonly signal: AbortSignal
}

const isProgram = ({ target }: ReadyServer): boolean => target.from === 'command'

/** What it starts is said first, and asked where there is a person: a file can come from anywhere. */
const mayStart = async (
  servers: readonly ReadyServer[],
  { yes }: ClientFlags,
  narrator: Narrator,
): Promise<boolean> => {
  const programs = servers.filter(isProgram)
  if (programs.length === 0) return true
  if (yes !== true && !narrator.canAsk()) return false
  const say = yes === true ? narrator.note : narrator.tell
  for (const { name, target } of programs) say(`starts ${name}: ${target.shown}`)
  return yes === true || confirm('Start these programs, as the client does?', true)
}

const ask = (target: FoundTarget, { ports, signal }: Trying) => {
  const { clock } = ports
  const startedAt = clock.now()
  return withServer(
    target.config,
    { ports, signal, capabilities: {}, peer: nobody, onNotification: () => undefined },
    async (server) => ({
      agreement: server.agreement,
      lists: await server.lists(),
      ms: clock.now() - startedAt,
    }),
  )
}

const withCredential = (target: FoundTarget, credential: Credential): FoundTarget => ({
  ...target,
  credential,
  config: { ...target.config, bearer_token: new Secret(credential.token) },
})

const troubleOf = async (
  problem: Problem,
  target: FoundTarget,
  { flags, narrator, ports, signal }: Trying,
) => {
  const { explainTrouble } = await import('../backend/explain-trouble.ts')
  return explainTrouble(problem, target, {
    ports,
    network: {},
    timeout: flags.timeout,
    narrator,
    isDefinite: signal.aborted,
  })
}

const workingOf = (
  server: ReadyServer,
  target: FoundTarget,
  asked: Extract<Awaited<ReturnType<typeof ask>>, { kind: 'done' }>,
  now: number,
): Tried => {
  const { agreement, lists, ms } = asked.result
  const { credential } = target
  return {
    section: workingSection({
      server,
      found: {
        state: 'up',
        config: server.config,
        ms,
        said: asked.said,
        health: { ...agreement, state: 'up', since: now },
        lists,
        further: undefined,
      },
      login: credential?.login,
      tokenEnd: tokenEnd(credential?.token, now),
    }),
    next: [],
  }
}

const tryServer = async (server: ReadyServer, trying: Trying): Promise<Tried> => {
  const { flags, narrator, ports, signal } = trying
  const { target } = server
  const now = ports.clock.now()
  const asked = await ask(target, trying)
  if (asked.kind === 'done') return workingOf(server, target, asked, now)
  const { url } = target.config
  const isAsked = asked.problem.code === 'backend-auth' && !credentialOf(target.config).identifies
  if (isAsked && url !== undefined) {
    const login = await loginFor(url, flags.timeout, narrator)
    const own = login === undefined ? undefined : withCredential(target, login)
    const again = own === undefined ? undefined : await ask(own, trying)
    if (own !== undefined && again?.kind === 'done') return workingOf(server, own, again, now)
  }
  const why = `no answer in ${String(flags.timeout)} s (--timeout)`
  const problem = signal.aborted ? unavailable(server.name, why, 'silent') : asked.problem
  const trouble = await troubleOf(problem, target, trying)
  return {
    section: failingSection({
      server,
      trouble,
      ms: asked.ms,
      said: asked.said,
      tokenEnd: tokenEnd(target.credential?.token, now),
    }),
    next: trouble.next,
  }
}

/** As many as start at one time. */
const atOnce = 6

const tryAll = async (
  servers: readonly ClientServer[],
  starts: boolean,
  trying: Trying,
  done: (name: string) => void,
): Promise<readonly Tried[]> => {
  const limit = createFlightLimit(atOnce, Math.max(1, servers.length))
  return Promise.all(
    servers.map(async (server): Promise<Tried> => {
      if (!isReady(server)) return { section: untriedSection(server), next: [] }
      if (!starts && isProgram(server)) {
        return { section: untriedSection(notStarted(server)), next: [] }
      }
      const work = () => tryServer(server, trying)
      const tried = await (limit.run(work) ?? work())
      done(server.name)
      return tried
    }),
  )
}

export const doctorClient = async (
  flags: ClientFlags,
  narrator: Narrator,
): Promise<CommandResult<DoctorReport>> => {
  const { env, quiet, columns, note, warn } = narrator
  const badge = await openBadge(flags.badge)
  const { servers, faults, hidden } = await readClientServers(flags.client, env)
  const starts = await mayStart(servers.filter(isReady), flags, narrator)
  const ports = proxiedPorts(narrator)
  const waiting = new Set(servers.filter(isReady).map(({ name }) => name))
  const { result, late } = await withProgress(
    { text: () => `trying ${[...waiting].join(', ')}`, quiet },
    () =>
      interruptible(flags.timeout, note, (signal) =>
        tryAll(servers, starts, { flags, narrator, ports, signal }, (name) => waiting.delete(name)),
      ),
  )
  if (late) warn(problemOf('usage-advice', 'gave-up', { seconds: flags.timeout }))
  const sections = [...faults.map(faultSection), ...result.map(({ section }) => section)]
  const next = result.find((tried) => tried.next.length > 0)?.next
  const report = doctorReport({
    file: flags.client,
    failOn: flags['fail-on'],
    sections: sections.length === 0 ? [emptySection(flags.client)] : sections,
    attempts: [],
    next: next ?? [`mcp-proxy init --from ${shellWord(flags.client)}`],
  })
  const shown = withoutValues(report, hidden)
  await badge?.write(badgeText(doctorBadge(shown)))
  const madeAt = new Date(ports.clock.now()).toISOString()
  return concluded(shown, flags.format, columns, await doctorPage(flags.format, shown, [], madeAt))
}
