// Counts and logs refusals of both doors.
import type { JsonObject } from '../../base/json.ts'
import type { LogFields } from '../../base/ports.ts'
import { problemSpec, type Problem } from '../../problems/problem.ts'
import type { MessageSource } from './speaker.ts'

/** Counts a refusal and tells it to the log. */
export const recordRefusal = (
  { state, requestId }: Pick<MessageSource, 'state' | 'requestId'>,
  problem: Problem,
  facts: LogFields = {},
  status = '',
): void => {
  const { config } = state.generation
  state.ports.meter.counter('mcp_proxy_refusals_total').add({ code: problem.code, status })
  state.ports.log.warn(
    {
      event: config.observability.audit ? 'audit' : 'refusal',
      request_id: requestId,
      outcome: problemSpec(problem.code).outcome,
      code: problem.code,
      detail: problem.detail,
      ...facts,
    },
    'refused',
  )
}

export interface MessageRefusal {
  readonly problem: Problem
  /** Where it is not the one of the catalogue. */
  readonly status?: number
  /** More members of the error's data. */
  readonly data?: JsonObject
}
