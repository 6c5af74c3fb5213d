// What is left of one limit after a call was counted, as callers may know it: never whose quota it is.

export interface Quota {
  /** The name of the rule. */
  readonly name: string
  readonly limit: number
  /** Undefined for calls at one time. */
  readonly periodSeconds?: number | undefined
  readonly remaining: number
  /** Until there is more; undefined where that is not known. */
  readonly resetSeconds?: number | undefined
}

/** The head of an answer, where it has one. */
export interface AnswerHead {
  /** Called before anything of the answer is written. */
  showQuotas?(quotas: readonly Quota[]): void
}
