// The work of `serve`: a configuration becomes a running proxy, or only a report that it could be one.
import { hasIssuer } from '../../core/auth-config/auth-kinds.ts'
import { systemClock } from '../../base/clock.ts'
import { problemOf, problemSpec } from '../../problems/problem.ts'
import {
  problemFromUsage,
  UsageError,
  usageError,
  usageProblem,
  type UsageProblem,
} from '../../problems/usage-error.ts'
import { crossRules } from '../../config/cross-rules.ts'
import { formatOf } from '../../config/document.ts'
import { loadConfig, parseConfig, readConfigFile, type LoadedConfig } from '../../config/load.ts'
import { replaceConfigFile } from '../../config/replace-config.ts'
import { identityHeaders } from '../../config/verify.ts'
import type { Config } from '../../config/schema.ts'
import { assemble } from '../../proxy/generation/generation.ts'
import type { ConfigurationText } from '../../server/admin/context.ts'
import { createReloader } from '../../server/reload/reload.ts'
import { tlsMaterialOf } from '../../server/tls/tls-files.ts'
import { startServer, type RunningServer } from '../../server/http/serve.ts'
import { isPretty, type LogOptions } from '../../server/telemetry/telemetry.ts'
import { targetOf } from '../backend/target.ts'
import { environmentWith } from '../command/environment.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { placeOf } from '../command/failure.ts'
import { knownUrl } from '../report/http-answer.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { proxiedPorts } from '../flags/network-flags.ts'
import { announceReady } from './announce-ready.ts'
import { keyFileAdvice } from './key-file-advice.ts'
import { programAdvice } from './program-advice.ts'
import { reloadWhenAsked } from './reload-triggers.ts'
import { serveText } from './serve-text.ts'
import { startText } from './start-block.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { ServeReport } from './serve-report.ts'

export interface ServeFlags {
  readonly config: string
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly 'allow-weaker'?: boolean | undefined
  readonly 'env-file'?: string | undefined
}

/** With what is to be said of the key file. */
const withKeys = (loaded: LoadedConfig): LoadedConfig => {
  const advice = keyFileAdvice(loaded.config.auth, systemClock.now())
  return { ...loaded, warnings: [...loaded.warnings, ...advice.map((one) => usageProblem(one))] }
}

/** With what is known of the files of proxy.tls: a UsageError where they cannot be used. */
const withTls = (loaded: LoadedConfig): LoadedConfig => {
  const { warnings = [] } = tlsMaterialOf(loaded.config, Date.now()) ?? {}
  const place = { file: loaded.file }
  return {
    ...loaded,
    warnings: [...loaded.warnings, ...warnings.map((problem) => usageProblem(problem, { place }))],
  }
}

/** What `serve` needs beyond a pipe: the files of its listener as well. */
export const loadForHttp = async (
  flags: ServeFlags,
  narrator: Pick<Narrator, 'env'>,
): Promise<LoadedConfig> => withTls(await loadToServe(flags, narrator))

export const loadToServe = async (
  flags: ServeFlags,
  { env }: Pick<Narrator, 'env'>,
): Promise<LoadedConfig> => withFlags(withKeys(await loadConfig(flags.config, env)), flags)

/** A configuration that came over the admin API, as if it were in the file. */
const parseForHttp = async (
  flags: ServeFlags,
  { text, format }: ConfigurationText,
): Promise<LoadedConfig> => {
  const env = environmentWith(flags['env-file'])
  const loaded = await parseConfig(text, { file: flags.config, format, env })
  return withTls(withFlags(withKeys(loaded), flags))
}

const writeConfiguration = (file: string, { text, format }: ConfigurationText): void => {
  const wanted = formatOf(file)
  if (wanted !== format) throw usageError(problemOf('admin-body', 'format', { format, wanted }))
  replaceConfigFile(file, text)
}

/** The flags change the listener, and with it what the rules say: they are asked again. */
const withFlags = (loaded: LoadedConfig, flags: ServeFlags): LoadedConfig => {
  const { config: written } = loaded
  if (flags.host === undefined && flags.port === undefined) return loaded
  const { host, port } = written.proxy.listen
  const listen = { host: flags.host ?? host, port: flags.port ?? port }
  const config = { ...written, proxy: { ...written.proxy, listen } }
  const { problems } = crossRules(config)
  if (problems.length > 0) {
    throw new UsageError(
      problems.map((problem) =>
        usageProblem(problemFromUsage(problem.words(), 'with --host and --port: ')),
      ),
    )
  }
  const flagged = (['host', 'port'] as const)
    .filter((name) => flags[name] !== undefined)
    .map((name) => ['proxy', 'listen', name])
  return { ...loaded, config, flagged }
}

const rolesIn = ({ auth }: Config): readonly string[] =>
  hasIssuer(auth) || auth.type === 'keys' ? (auth.roles ?? []).map(({ name }) => name) : []

const authReport = (config: Config, gate: RunningServer['generation']['gate']) => ({
  type: config.auth.type,
  strategy: config.auth.type === 'oauth' ? config.auth.token_validation : null,
  issuers: gate.authorizationServers,
  audience: gate.audiences,
  required_scopes: gate.requiredScopes,
  roles: rolesIn(config),
})

const tlsReport = ({ proxy: { tls } }: Config): ServeReport['tls'] =>
  tls === undefined ? null : { client_auth: tls.client_auth, min_version: tls.min_version }

const verifyReport = ({ verify }: Config, url: string | undefined): ServeReport['verify'] =>
  verify === undefined
    ? null
    : {
        path: verify.path,
        url: url === undefined ? null : new URL(verify.path, url).href,
        headers: identityHeaders(verify).map(([, name]) => name),
      }

interface Facts extends LoadedConfig {
  readonly generation: RunningServer['generation']
  readonly running: RunningServer | undefined
}

const reportOf = ({ config, warnings, file, generation, running }: Facts): ServeReport => ({
  schema_version: 1,
  command: 'serve',
  verdict: running === undefined ? 'ok' : 'listening',
  config: file,
  listen: running?.address ?? config.proxy.listen,
  url: running?.url ?? null,
  tls: tlsReport(config),
  public_url: knownUrl(generation.publicUrl) ?? null,
  auth: authReport(config, generation.gate),
  backends: config.backends.map((backend) => ({
    name: backend.name,
    transport: backend.transport,
    protocol: backend.protocol,
    target: targetOf(backend),
  })),
  verify: verifyReport(config, running?.url),
  warnings: warnings.map((warning) => ({
    code: warning.code,
    severity: problemSpec(warning.code).severity,
    message: `${placeOf(warning)}${warning.message}`,
  })),
})

export const tellWarnings = (warnings: readonly UsageProblem[], narrator: Narrator): void => {
  for (const warning of warnings) narrator.warn(problemFromUsage(warning, placeOf(warning)))
}

/** Builds everything that serve would run and opens none of it. */
export const checkConfiguration = async (
  flags: ServeFlags,
  narrator: Narrator,
): Promise<CommandResult<ServeReport>> => {
  const loaded = await loadForHttp(flags, narrator)
  const generation = await assemble(loaded.config, proxiedPorts(narrator))
  await generation.close()
  const warnings = [...loaded.warnings, ...(await programAdvice(loaded))]
  const report = reportOf({ ...loaded, warnings, generation, running: undefined })
  tellWarnings(warnings, narrator)
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => serveText(report, { style, columns: narrator.columns }),
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Resolves when the proxy has ended: at the first signal in order, at the second at once. `left`: its only client has gone. */
export const untilEnded = (
  running: Pick<RunningServer, 'close'>,
  { note }: Narrator,
  left?: Promise<unknown>,
  onEnding?: () => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let asked = 0
    const leave = () => process.exit(exitCodes.interrupted)
    const end = (how: string): void => {
      asked += 1
      if (asked > 2) leave()
      // Also in a hurry the children of stdio backends are ended, not orphaned.
      if (asked === 2) running.close({ force: true }).then(leave, leave)
      if (asked > 1) return
      note(how)
      onEnding?.()
      running.close().then(resolve, reject)
    }
    for (const signal of signals) {
      process.on(signal, () => end('finishing the calls in flight; a second signal ends at once'))
    }
    void left?.then(() => {
      if (asked === 0) end('the client has left; finishing the calls in flight')
    })
  })

export interface ServeSurface {
  readonly narrator: Narrator
  /** How the log is shown. */
  readonly log: Pick<LogOptions, 'terminal' | 'quiet'>
  /** The file of the live page. */
  readonly page: string
  /** Gets the report once calls are taken. */
  readonly announce: (finding: CommandResult<ServeReport>) => void
}

/** Serves until a signal. */
export const serveConfiguration = async (
  flags: ServeFlags,
  { narrator, log, page, announce }: ServeSurface,
): Promise<void> => {
  const loaded = await loadForHttp(flags, narrator)
  tellWarnings(loaded.warnings, narrator)
  const ports = proxiedPorts(narrator)
  const running = await startServer(loaded.config, ports, { ...log, page })
  const { generation } = running
  const report = reportOf({ ...loaded, generation, running })
  const ended = new AbortController()
  const reloader = createReloader({
    loaded,
    load: async () => loadForHttp(flags, { env: environmentWith(flags['env-file']) }),
    parse: (candidate) => parseForHttp(flags, candidate),
    read: async () => ({
      text: (await readConfigFile(flags.config)).text,
      format: formatOf(flags.config),
    }),
    write: (candidate) => writeConfiguration(flags.config, candidate),
    replace: (config, awaited) => running.replace(config, awaited),
    check: (config) => running.check(config),
    renewCertificates: () => running.renewCertificates(),
    allowWeaker: flags['allow-weaker'] === true,
    clock: ports.clock,
    ...running.telemetry,
  })
  const stopReloading = reloadWhenAsked({
    reloader,
    file: flags.config,
    envFile: flags['env-file'],
    onTerminalClosed: () => process.kill(process.pid, 'SIGTERM'),
  })
  running.useControl(reloader)
  // Only now, as a SIGHUP without a reloader ends the process.
  announce({
    report,
    exitCode: exitCodes.accepted,
    text: (style) =>
      startText(
        { report, config: loaded.config, url: running.url },
        { style, columns: narrator.columns },
      ),
    line: (style) =>
      startText({ report, config: loaded.config, url: running.url }, { style, columns: undefined }),
  })
  const readied = announceReady(running, {
    clock: ports.clock,
    ended: ended.signal,
    asksForTools: isPretty(loaded.config.observability, log),
  })
  await untilEnded(running, narrator, undefined, () => ended.abort())
  await readied
  stopReloading()
}
