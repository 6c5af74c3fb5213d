// The levels of log messages (RFC 5424), from everything to hardly anything.

const logLevels: readonly unknown[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]

export const isLogLevel = (value: unknown): value is string => logLevels.includes(value)

/** Whether a message of `level` passes where `wanted` is the least that is wanted. */
export const passesLevel = (level: unknown, wanted: string): boolean =>
  logLevels.indexOf(level) >= logLevels.indexOf(wanted)
