// What the log has of an internal error: the one message for it, and everything that is known of the cause.
import type { LogFields, Logger } from '../base/ports.ts'
import { problemOf } from './problem.ts'

/** An error can be its own cause. */
const mostCauses = 5

const stackOf = (error: unknown, causes = mostCauses): string => {
  if (!(error instanceof Error)) return String(error)
  const { stack, message, cause } = error
  const own = stack ?? message
  return cause === undefined || causes === 0
    ? own
    : `${own}\ncaused by: ${stackOf(cause, causes - 1)}`
}

/** `error`: what was thrown. Its stack goes into the log, with those of its causes; no answer has them. */
export const logInternalError = (log: Logger, error: unknown, fields: LogFields = {}): void => {
  const { code } = problemOf('internal-error', 'call')
  log.error({ ...fields, code, error: stackOf(error) }, 'internal error')
}
