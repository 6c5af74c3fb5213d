// How a step of a composite tool ended, and the one result that all of them become.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Reply } from '../mcp/call.ts'
import { valueIfObject } from '../mcp/lazy-object.ts'
import type { Step } from './composite-config.ts'

/** What a caller reads of one step. */
export interface StepOutcome {
  readonly step: Step
  /** Of a result, and of a result that is an error. */
  readonly result: JsonObject | undefined
  /** Why there is no result; undefined where there is one. */
  readonly error: string | undefined
  readonly isFailed: boolean
  /** The request may have been carried out, though nothing came back. */
  readonly isUnknown: boolean
}

const failed = (step: Step, error: string, isUnknown = false): StepOutcome => ({
  step,
  result: undefined,
  error,
  isFailed: true,
  isUnknown,
})

export const failedStep = (step: Step, error: string): StepOutcome => failed(step, error)

/** It was cancelled before it had a result. */
export const unfinishedStep = (step: Step, error: string): StepOutcome => failed(step, error, true)

const resultOutcome = (step: Step, result: JsonObject | undefined): StepOutcome => {
  if (result === undefined) return failed(step, 'the answer is no object', true)
  if (result['resultType'] === 'input_required') {
    return failed(step, 'the tool asks for input, which a composite tool cannot pass on')
  }
  if (!Array.isArray(result['content']) && result['structuredContent'] === undefined) {
    return failed(step, 'the answer is no result of a tool', true)
  }
  const isFailed = result['isError'] === true
  return { step, result, error: undefined, isFailed, isUnknown: false }
}

export const stepOutcome = (step: Step, reply: Reply): StepOutcome => {
  switch (reply.kind) {
    case 'result':
      return resultOutcome(step, valueIfObject(reply.result))
    case 'error':
      return failed(step, reply.error.message)
    case 'refusal':
      return failed(step, (reply.shownAs ?? reply.problem).detail)
    case 'failure':
      return failed(step, reply.problem.detail, reply.sent)
  }
}

const blocksOf = ({ step, result, error, isFailed }: StepOutcome): readonly Json[] => {
  if (error !== undefined) return [{ type: 'text', text: `${step.name}: ${error}` }]
  const content = result?.['content']
  const blocks = Array.isArray(content) ? (content as readonly Json[]) : []
  return isFailed
    ? [{ type: 'text', text: `${step.name}: the tool reports an error` }, ...blocks]
    : blocks
}

/** The structured contents by step; undefined where no step has any. */
const structuredOf = (outcomes: readonly StepOutcome[]): JsonObject | undefined => {
  const parts = outcomes.flatMap(({ step, result }): (readonly [string, Json])[] => {
    const content = result?.['structuredContent']
    return content === undefined ? [] : [[step.name, content]]
  })
  return parts.length === 0 ? undefined : Object.fromEntries(parts)
}

/** In the order of the steps. */
export const joined = (outcomes: readonly StepOutcome[]): JsonObject => {
  const structuredContent = structuredOf(outcomes)
  return {
    content: outcomes.flatMap(blocksOf),
    ...(structuredContent === undefined ? {} : { structuredContent }),
    ...(outcomes.some(({ isFailed }) => isFailed) ? { isError: true } : {}),
  }
}

/** The result of one step as the result of all, as its tool gave it. */
export const only = (outcome: StepOutcome): JsonObject => {
  if (outcome.isFailed || !isJsonObject(outcome.result)) return joined([outcome])
  const { content, structuredContent } = outcome.result
  return {
    content: Array.isArray(content) ? (content as readonly Json[]) : [],
    ...(structuredContent === undefined ? {} : { structuredContent }),
  }
}
