// Reloads the configuration of a running proxy as one transaction: read, compare, judge, replace, or leave all as it was.
import type { Clock } from '../../base/clock.ts'
import type { Meter, Logger } from '../../base/ports.ts'
import { configDifference, type ConfigChange } from '../../config/difference.ts'
import { changedContents, fileContents } from '../../config/named-files.ts'
import type { KeyPath } from '../../config/key-path.ts'
import { editBackends, type BackendEdit } from '../../config/edit-backends.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { weakerThan } from '../../config/weaker.ts'
import { hintOf } from '../../problems/problem.ts'
import { UsageError, usageProblem, type UsageProblem } from '../../problems/usage-error.ts'
import type {
  ConfigControl,
  ConfigurationText,
  ReloadRecord,
  ReloadReport,
  ReloadTrigger,
} from '../admin/context.ts'
import type { Renewal } from '../tls/tls-files.ts'
import { boundToMachine } from './machine-keys.ts'

export interface Reloader extends ConfigControl {
  /** The configuration that is served. */
  readonly config: Config
}

export interface ReloaderOptions {
  /** What is served now. */
  readonly loaded: LoadedConfig
  /** Reads the configuration; a UsageError has everything that is wrong with it. */
  readonly load: () => Promise<LoadedConfig>
  /** Reads a candidate as `load` reads the file. */
  readonly parse: (candidate: ConfigurationText) => Promise<LoadedConfig>
  /** The text of the file as it is now. */
  readonly read: () => Promise<ConfigurationText>
  /** Writes the text to the file, or throws a UsageError. */
  readonly write: (candidate: ConfigurationText) => void
  /** Serves another configuration, or rejects with a UsageError and changes nothing. */
  readonly replace: (config: Config, awaited?: string) => Promise<void>
  /** Rejects with a UsageError where `replace` would. */
  readonly check: (config: Config) => Promise<void>
  /** Reads the files of proxy.tls again, or rejects with a UsageError and changes nothing. */
  readonly renewCertificates: () => Promise<Renewal>
  readonly allowWeaker: boolean
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
  readonly meter: Meter
}

/** As many as a log line is read for. */
const mostLogged = 50
/** Of reloads that can be asked for later. */
const mostKept = 100

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
  { changes = [], warnings = [] }: Partial<Pick<ReloadReport, 'changes' | 'warnings'>> = {},
): ReloadReport => ({ outcome: 'refused', changes, problems, warnings })

/** Rejects only for what is a bug. */
const settled = (report: Promise<ReloadReport>): Promise<ReloadReport> =>
  report.catch((error: unknown) => {
    if (error instanceof UsageError) return refused(error.problems)
    throw error
  })

export const createReloader = (options: ReloaderOptions): Reloader => {
  const { allowWeaker, clock, log, meter } = options
  const reloads = meter.counter('mcp_proxy_config_reloads_total')
  const applied = meter.gauge('mcp_proxy_config_applied_timestamp_seconds')
  const noteApplied = () => applied.set({}, Math.floor(clock.now() / 1000))
  const history: ReloadRecord[] = []
  const listeners: (() => void)[] = []
  let served = options.loaded
  let contents = fileContents(served.config)
  noteApplied()

  const warn = (code: string, detail: string) => log.warn({ code, detail }, 'configuration')
  const renewed = async (): Promise<ReloadReport> => {
    const { changes, warnings } = await options.renewCertificates()
    const outcome = changes.length === 0 ? 'unchanged' : 'applied'
    return { outcome, changes, problems: [], warnings: warnings.map((one) => usageProblem(one)) }
  }

  /** What keeps it from being served, as far as the configurations say. */
  const judged = (
    { config, warnings }: LoadedConfig,
    hidden: readonly KeyPath[] = [],
  ): ReloadReport => {
    const changes = [
      ...configDifference(served.config, config, hidden),
      ...changedContents(contents, fileContents(config)).map((key) => ({
        key,
        before: undefined,
        after: undefined,
      })),
    ]
    const weaker = weakerThan(served.config, config)
    const isAllowed = allowWeaker || served.config.security.allow_weaker_reload
    if (weaker.length > 0 && !isAllowed) {
      const problems = weaker.map((problem) => usageProblem(problem))
      return refused(problems, { changes, warnings })
    }
    return {
      outcome: changes.length === 0 ? 'unchanged' : 'applied',
      changes,
      problems: [],
      warnings,
    }
  }

  /** The holder of an admin token is not shown what the environment of the process has. */
  const judgedCandidate = (candidate: LoadedConfig): ReloadReport => {
    const report = judged(
      candidate,
      candidate.variables.map(({ path }) => path),
    )
    const bound = boundToMachine(served.config, candidate.config)
    return bound.length === 0
      ? report
      : refused([...bound.map((problem) => usageProblem(problem)), ...report.problems], report)
  }

  /** Throws a UsageError where the configuration cannot be used. */
  const serve = async (
    loaded: LoadedConfig,
    report: ReloadReport,
    awaited?: string,
  ): Promise<ReloadReport> => {
    if (report.outcome !== 'applied') return report
    const read = fileContents(loaded.config)
    await options.replace(loaded.config, awaited)
    served = loaded
    contents = read
    noteApplied()
    return report
  }

  const fromFile = async (): Promise<ReloadReport> => {
    const loaded = await options.load()
    const report = await serve(loaded, judged(loaded))
    // The text may be another one, with other places and comments.
    if (report.outcome === 'unchanged') served = loaded
    return report.outcome === 'unchanged' ? renewed() : report
  }

  const told = (report: ReloadReport): ReloadReport => {
    for (const listener of listeners) listener()
    return report
  }

  const fromCandidate = async (
    candidate: ConfigurationText,
    persist: boolean,
    awaited?: string,
  ): Promise<ReloadReport> => {
    const loaded = await options.parse(candidate)
    const report = judgedCandidate(loaded)
    if (report.outcome === 'refused') return report
    if (!persist) return told(await serve(loaded, report, awaited))
    // Written once it is served, so that the file never has what was refused. What then cannot be written is taken back.
    const before = served
    const found = await serve(loaded, report, awaited)
    try {
      options.write(candidate)
    } catch (error) {
      await options.replace(before.config)
      served = before
      throw error
    }
    return told(found)
  }

  const fromEdit = async (
    edit: BackendEdit,
    { persist, wait }: { readonly persist: boolean; readonly wait: boolean },
  ): Promise<ReloadReport | 'taken' | 'unknown' | 'layout'> => {
    const { text, format } = persist ? await options.read() : served.written
    const edited = await editBackends(text, format, edit)
    if (typeof edited === 'string') return edited
    const awaited = wait && edit.kind !== 'remove' ? edit.section.name : undefined
    return settled(fromCandidate({ text: edited.text, format }, persist, awaited))
  }

  const note = (trigger: ReloadTrigger, report: ReloadReport): void => {
    const { outcome, changes, problems, warnings } = report
    reloads.add({ outcome })
    history.unshift({
      time: clock.now(),
      trigger,
      outcome,
      changed: changes.slice(0, mostLogged).map(({ key }) => key),
      codes: problems.slice(0, mostLogged).map(({ code }) => code),
    })
    history.length = Math.min(history.length, mostKept)
    const { reloaded, failed } = words[trigger === 'certificate' ? 'files' : 'configuration']
    if (outcome === 'unchanged') log.info({ trigger }, `${reloaded}: nothing changed`)
    if (outcome === 'applied') {
      const texts = changes.slice(0, mostLogged).map(changeText)
      log.info({ trigger, changes: texts, count: changes.length }, reloaded)
      for (const { code, message } of warnings) warn(code, message)
    }
    for (const problem of problems) {
      const { code, message, place } = problem
      const at = place === undefined ? {} : { file: place.file, line: place.line }
      log.error({ trigger, code, detail: message, hint: hintOf(problem), ...at }, failed)
    }
  }

  let last: Promise<unknown> = Promise.resolve()
  /** One at a time, in the order of the calls. */
  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
  const noted = (trigger: ReloadTrigger, work: () => Promise<ReloadReport>) =>
    inTurn(async () => {
      const report = await settled(work())
      note(trigger, report)
      return report
    })

  return {
    get config() {
      return served.config
    },
    get served() {
      return served
    },
    history,
    reload: (trigger) => noted(trigger, trigger === 'certificate' ? renewed : fromFile),
    check: (candidate) =>
      inTurn(() =>
        settled(
          (async () => {
            const loaded = await options.parse(candidate)
            const report = judgedCandidate(loaded)
            if (report.outcome === 'applied') await options.check(loaded.config)
            return report
          })(),
        ),
      ),
    edit: (edit, how) =>
      inTurn(async () => {
        const found = await fromEdit(edit, how)
        if (typeof found !== 'string') note('admin', found)
        return found
      }),
    onApplied: (listener) => {
      listeners.push(listener)
    },
    apply: (candidate, persist) => noted('admin', () => fromCandidate(candidate, persist)),
  }
}
