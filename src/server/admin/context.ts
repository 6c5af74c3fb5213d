// What the operations of the admin API work on: the running proxy, as far as they may see it.
import type { UsageProblem } from '../../problems/usage-error.ts'
import type { ConfigChange } from '../../config/difference.ts'
import type { BackendEdit } from '../../config/edit-backends.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { DecisionLog } from '../../decisions/decision-log.ts'
import type { Generation } from '../../proxy/generation/generation.ts'
import type { HealthHistory } from './health-history.ts'
import type { AdminCaller } from './rights.ts'

/** A configuration as it was sent. */
export interface ConfigurationText {
  readonly text: string
  readonly format: 'toml' | 'yaml' | 'json'
}

/** What became of another configuration, or would. */
export interface ReloadReport {
  readonly outcome: 'applied' | 'unchanged' | 'refused'
  readonly changes: readonly ConfigChange[]
  /** Why it was refused: everything that is wrong. */
  readonly problems: readonly UsageProblem[]
  readonly warnings: readonly UsageProblem[]
}

/** `signal`: SIGHUP. `certificate`: a file of proxy.tls changed, and nothing else is read. */
export type ReloadTrigger = 'signal' | 'file' | 'certificate' | 'admin'

export interface ReloadRecord extends Pick<ReloadReport, 'outcome'> {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly trigger: ReloadTrigger
  /** The keys that changed. */
  readonly changed: readonly string[]
  /** The ids of the problems. */
  readonly codes: readonly string[]
}

/** The configuration of a running proxy, and the ways to another one. */
export interface ConfigControl {
  readonly served: LoadedConfig
  /** The latest reloads, newest first. */
  readonly history: readonly ReloadRecord[]
  /** Reads the files again, as SIGHUP does. */
  reload(trigger: ReloadTrigger): Promise<ReloadReport>
  /** What `apply` would do; changes nothing. */
  check(candidate: ConfigurationText): Promise<ReloadReport>
  /** Serves it until the next reload; `persist` writes it to the file first. */
  apply(candidate: ConfigurationText, persist: boolean): Promise<ReloadReport>
  /**
   * The same with one backend added, replaced or removed. `persist`: in the file as it is now, which is served; else in what
   * is served. `wait`: it is refused where the backend does not come up.
   */
  edit(
    edit: BackendEdit,
    how: { readonly persist: boolean; readonly wait: boolean },
  ): Promise<ReloadReport | 'taken' | 'unknown' | 'layout'>
  /** Calls the listener after each configuration that came over the admin API. */
  onApplied(listener: () => void): void
}

/** One session of a client. */
export interface SessionView {
  /** Of its id, which is a secret; as the log calls it. */
  readonly fingerprint: string
  /** Milliseconds since the epoch. */
  readonly opened: number
  readonly lastUsed: number
  readonly calls: number
  readonly client: { readonly name: string; readonly version: string } | undefined
  readonly protocolVersion: string
}

export interface AdminContext {
  readonly caller: AdminCaller
  readonly generation: Generation
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly decisions: DecisionLog
  readonly history: HealthHistory
  readonly sessions: {
    readonly count: number
    views(): readonly SessionView[]
    /** Ends those with this fingerprint, and returns how many there were. */
    endBy(fingerprint: string): number
  }
  /** Undefined where the proxy was started without a file, or behind pipes. */
  readonly control: ConfigControl | undefined
  /** Undefined where metrics are off. */
  metrics(): Promise<{ readonly type: string; readonly text: string } | undefined>
}
