// Carries out the steps of a composite tool: all at one time, one after the other, or until one succeeds.
import { alarmsOf } from '../base/alarms.ts'
import { createCancel, reasonText, type CancelSignal } from '../base/cancellation.ts'
import type { Clock } from '../base/clock.ts'
import { unlessAborted } from '../base/within.ts'
import type { JsonObject } from '../base/json.ts'
import type { Reply } from '../mcp/call.ts'
import type { CompositeConfig, Step } from './composite-config.ts'
import { argumentsOf, type Known } from './step-arguments.ts'
import {
  failedStep,
  joined,
  only,
  stepOutcome,
  unfinishedStep,
  type StepOutcome,
} from './step-outcome.ts'

export interface StepParts {
  /** Those of the composite tool. */
  readonly steps: readonly Step[]
  readonly clock: Clock
  readonly input: JsonObject
  /** The end of the call, from outside. */
  readonly signal: CancelSignal
  /** What the tool of a step takes; undefined where the caller is shown no such tool. */
  readonly schemaOf: (step: Step) => JsonObject | undefined
  /** Whether the tool of a step may be carried out, and another one instead of it too. */
  readonly isHarmless: (step: Step) => boolean
  readonly callTool: (step: Step, args: JsonObject, signal: CancelSignal) => Promise<Reply>
  /** Called with each outcome as it comes. */
  readonly onOutcome: (outcome: StepOutcome) => void
}

class Run {
  private readonly config: CompositeConfig
  private readonly parts: StepParts
  private readonly cancel = createCancel()
  private readonly steps: readonly Step[]
  private readonly results = new Map<string, JsonObject>()
  /** Why what is not finished ends; undefined while time is left. */
  private ended: string | undefined

  constructor(config: CompositeConfig, parts: StepParts) {
    this.config = config
    this.parts = parts
    this.steps = parts.steps
  }

  async carryOut(): Promise<JsonObject> {
    const { clock, signal } = this.parts
    const { timeout_seconds: seconds } = this.config
    const end = (why: string, reason: string | undefined) => {
      this.ended ??= why
      this.cancel.abort(reason)
    }
    const onAbort = () => end('the call was cancelled', reasonText(signal.reason))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    const late = `no result within ${String(seconds)} s; check whether the call took effect before you repeat it`
    const alarm =
      seconds === undefined ? undefined : alarmsOf(clock).set(seconds * 1000, () => end(late, late))
    try {
      return this.resultOf(await this.outcomes())
    } finally {
      alarm?.cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }

  private outcomes(): Promise<readonly StepOutcome[]> {
    return this.config.strategy === 'parallel'
      ? Promise.all(this.steps.map((step) => this.runStep(step)))
      : this.inTurn()
  }

  private async inTurn(): Promise<readonly StepOutcome[]> {
    const isFirst = this.config.strategy === 'first'
    const outcomes: StepOutcome[] = []
    for (const step of this.steps) {
      const outcome = await this.runStep(step)
      outcomes.push(outcome)
      const { isFailed, isUnknown } = outcome
      if (isFirst ? !isFailed : isFailed) break
      // What may have been done must not be done again by another tool.
      if (isUnknown && !this.parts.isHarmless(step)) break
    }
    return outcomes
  }

  private async runStep(step: Step): Promise<StepOutcome> {
    const { input, schemaOf, callTool, onOutcome } = this.parts
    const known: Known = { input, steps: this.results }
    const made = argumentsOf(step, known, schemaOf(step))
    if (this.ended !== undefined) return failedStep(step, `not called: ${this.ended}`)
    const outcome =
      made.kind === 'missing'
        ? failedStep(step, `not called: nothing is at ${made.pointer}`)
        : await this.untilEnded(step, callTool(step, made.args, this.cancel.signal))
    if (outcome.result !== undefined) this.results.set(step.name, outcome.result)
    onOutcome(outcome)
    return outcome
  }

  /** The others do not wait for a tool that ignores its cancellation. */
  private async untilEnded(step: Step, called: Promise<Reply>): Promise<StepOutcome> {
    const reply = await unlessAborted(called, this.cancel.signal)
    return reply === undefined
      ? unfinishedStep(step, this.ended ?? 'cancelled')
      : stepOutcome(step, reply)
  }

  private resultOf(outcomes: readonly StepOutcome[]): JsonObject {
    const last = outcomes.at(-1)
    const { strategy, results } = this.config
    if (last === undefined) return joined([])
    if (strategy === 'first') return last.isFailed ? joined(outcomes) : only(last)
    if (results === 'all') return joined(outcomes)
    const failed = outcomes.filter(({ isFailed }) => isFailed)
    return failed.length === 0 ? only(last) : joined(failed)
  }
}

/** The result of the composite tool. Rejects only where a call throws. */
export const runSteps = (config: CompositeConfig, parts: StepParts): Promise<JsonObject> =>
  new Run(config, parts).carryOut()
