// What the log and the trace have of one step of a composite tool.
import type { Ports } from '../../base/ports.ts'
import type { Step } from '../../composites/composite-config.ts'
import { outcomeOf, thrown } from '../../layers/outcome.ts'
import { errorTypeOf } from '../../layers/span-words.ts'
import type { Call, Reply } from '../../mcp/call.ts'

export interface NotedStep {
  readonly composite: string
  readonly step: Step
  /** As clients see it. */
  readonly tool: string
}

export interface NoteParts {
  readonly ports: Pick<Ports, 'clock' | 'log'>
  /** Whether a line is logged. */
  readonly audit: boolean
}

/** Carries out the call of a step, and notes how it ended. `work` gets the trace under which it is done. */
export const noteStep = async (
  call: Call,
  { composite, step, tool }: NotedStep,
  { ports: { clock, log }, audit }: NoteParts,
  work: (trace: Call['trace']) => Promise<Reply>,
): Promise<Reply> => {
  const begun = clock.now()
  const span = call.trace?.span.child('tools/call', 'internal', {
    'mcp_proxy.step': step.name,
    'gen_ai.tool.name': tool,
  })
  try {
    const reply = await work(span === undefined ? undefined : { span })
    if (span?.isRecorded === true) span.end(errorTypeOf('tools/call', reply))
    if (!audit) return reply
    const { outcome, code, detail } = outcomeOf(reply)
    log.info(
      {
        event: 'step',
        request_id: call.requestId,
        composite,
        step: step.name,
        name: tool,
        outcome,
        ...(code === '' ? {} : { code }),
        ...(detail === undefined ? {} : { detail }),
        duration_ms: Math.round((clock.now() - begun) * 1000) / 1000,
      },
      'step',
    )
    return reply
  } catch (error) {
    span?.end(thrown.code)
    throw error
  }
}
