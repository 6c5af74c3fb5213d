// The files that the configuration names for lines of one kind: opened once, written before the answer goes out, and what
// is lost is counted, and logged once.
import type { Clock } from '../../base/clock.ts'
import type { Logger, Meter } from '../../base/ports.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { openAppendFile, type AppendFileOptions } from './append-file.ts'

export interface LineKind {
  /** The key of the configuration that names the file. */
  readonly key: string
  /** What logs call the lines. */
  readonly lines: string
  readonly lost: 'mcp_proxy_audit_lines_lost_total' | 'mcp_proxy_decisions_lost_total'
}

export interface LineFile {
  readonly config: AppendFileOptions
  write(line: string): void
  close(): void
}

export interface LineFileNeeds {
  readonly clock: Clock
  readonly meter: Meter
  /** Asked each time: a reload may have replaced it. */
  readonly report: () => Logger
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : 'unknown')

/** Undefined where the configuration names no file. A UsageError where it cannot be opened. */
export const openLineFile = (
  config: AppendFileOptions | undefined,
  { key, lines, lost }: LineKind,
  { clock, meter, report }: LineFileNeeds,
): LineFile | undefined => {
  if (config === undefined) return undefined
  const { path } = config
  const counter = meter.counter(lost)
  let isLosing = false
  try {
    const file = openAppendFile(config, clock, {
      onLost: (error) => {
        counter.add({})
        // Once, and not for each line: the log may be on the same disk.
        if (!isLosing) {
          report().error(
            { path, why: reasonOf(error) },
            `${lines} are lost: the file cannot be written`,
          )
        }
        isLosing = true
      },
      onWritten: (count) => {
        isLosing = false
        report().warn({ path, lost: count }, `${lines} are written again`)
      },
      onUnrotated: (error) =>
        report().error(
          { path, why: reasonOf(error) },
          `the file of ${lines} cannot be renamed, and grows`,
        ),
    })
    return { config, write: file.write, close: file.close }
  } catch (error) {
    throw usageError(
      problemOf('config-value', 'append-file', { key: `${key}.path`, path, why: reasonOf(error) }),
    )
  }
}
