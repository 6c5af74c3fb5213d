// Reloads the configuration of a running proxy as one transaction: read, compare, judge, replace, or leave all as it was.
import type { Clock } from '../../base/clock.ts'
import type { Meter, Logger } from '../../base/ports.ts'
import { configDifference, type ConfigChange } from '../../config/difference.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { weakerThan } from '../../config/weaker.ts'
import { hintOf } from '../../problems/problem.ts'
import type { Renewal } from '../tls/tls-files.ts'
import { UsageError, usageProblem, type UsageProblem } from '../../problems/usage-error.ts'

/** `certificate`: a file of proxy.tls changed, and nothing else is read. */
export type ReloadTrigger = 'signal' | 'file' | 'certificate'

export interface ReloadReport {
  readonly outcome: 'applied' | 'unchanged' | 'refused'
  readonly changes: readonly ConfigChange[]
  /** Why it was refused: everything that is wrong. */
  readonly problems: readonly UsageProblem[]
}

export interface Reloader {
  /** One at a time, in the order of the calls. Never rejects for what a person can write into a configuration. */
  reload(trigger: ReloadTrigger): Promise<ReloadReport>
  /** The configuration that is served. */
  readonly config: Config
}

export interface ReloaderOptions {
  /** What is served now. */
  readonly config: Config
  /** Reads the configuration; a UsageError has everything that is wrong with it. */
  readonly load: () => Promise<LoadedConfig>
  /** Serves another configuration, or rejects with a UsageError and changes nothing. */
  readonly replace: (config: Config) => Promise<void>
  /** Reads the files of proxy.tls again, or rejects with a UsageError and changes nothing. */
  readonly renewCertificates: () => Promise<Renewal>
  readonly allowWeaker: boolean
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
  readonly meter: Meter
}

/** As many as a log line is read for. */
const mostLogged = 50

const side = (value: string | null | undefined): string =>
  value === null ? 'not set' : (value ?? 'not shown')

const changeText = ({ key, before, after }: ConfigChange): string => {
  if (before === undefined && after === undefined) return `${key} changed`
  if (before === null && after === undefined) return `${key} added`
  if (before === undefined && after === null) return `${key} removed`
  return `${key}: ${side(before)} -> ${side(after)}`
}

const words = {
  configuration: {
    reloaded: 'configuration reloaded',
    failed: 'configuration not reloaded: the previous one stays in use',
  },
  files: {
    reloaded: 'TLS files reloaded',
    failed: 'TLS files not reloaded: the previous ones stay in use',
  },
} as const

const refused = (
  problems: readonly UsageProblem[],
  changes: readonly ConfigChange[] = [],
): ReloadReport => ({ outcome: 'refused', changes, problems })

export const createReloader = (options: ReloaderOptions): Reloader => {
  const { load, replace, allowWeaker, clock, log, meter } = options
  const reloads = meter.counter('mcp_proxy_config_reloads_total')
  const applied = meter.gauge('mcp_proxy_config_applied_timestamp_seconds')
  const noteApplied = () => applied.set({}, Math.floor(clock.now() / 1000))
  let served = options.config
  noteApplied()

  const warn = (code: string, detail: string) => log.warn({ code, detail }, 'configuration')
  const renewed = async (): Promise<ReloadReport> => {
    const { changes, warnings } = await options.renewCertificates()
    for (const { code, detail } of warnings) warn(code, detail)
    return { outcome: changes.length === 0 ? 'unchanged' : 'applied', changes, problems: [] }
  }

  /** Throws a UsageError where the configuration cannot be used. */
  const attempt = async (): Promise<ReloadReport> => {
    const { config, warnings } = await load()
    const changes = configDifference(served, config)
    if (changes.length === 0) return renewed()
    const weaker = weakerThan(served, config)
    if (weaker.length > 0 && !allowWeaker && !served.security.allow_weaker_reload) {
      return refused(
        weaker.map((problem) => usageProblem(problem)),
        changes,
      )
    }
    await replace(config)
    served = config
    noteApplied()
    for (const { code, message } of warnings) warn(code, message)
    return { outcome: 'applied', changes, problems: [] }
  }

  const report = (trigger: ReloadTrigger, { outcome, changes, problems }: ReloadReport): void => {
    reloads.add({ outcome })
    const { reloaded, failed } = words[trigger === 'certificate' ? 'files' : 'configuration']
    if (outcome === 'unchanged') log.info({ trigger }, `${reloaded}: nothing changed`)
    if (outcome === 'applied') {
      const texts = changes.slice(0, mostLogged).map(changeText)
      log.info({ trigger, changes: texts, count: changes.length }, reloaded)
    }
    for (const problem of problems) {
      const { code, message, place } = problem
      const at = place === undefined ? {} : { file: place.file, line: place.line }
      log.error({ trigger, code, detail: message, hint: hintOf(problem), ...at }, failed)
    }
  }

  const once = async (trigger: ReloadTrigger): Promise<ReloadReport> => {
    const found = await (trigger === 'certificate' ? renewed() : attempt()).catch(
      (error: unknown) => {
        if (error instanceof UsageError) return refused(error.problems)
        throw error
      },
    )
    report(trigger, found)
    return found
  }

  let last: Promise<unknown> = Promise.resolve()
  return {
    get config() {
      return served
    },
    reload: (trigger) => {
      const next = last.then(() => once(trigger))
      last = next.catch(() => undefined)
      return next
    },
  }
}
