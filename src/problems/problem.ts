// The one vocabulary for everything that can be wrong: CLI, HTTP, JSON-RPC, logs, metrics and docs use these ids.
import { discoveryProblems } from './catalogue/discovery.ts'
import { loginProblems } from './catalogue/login.ts'
import { proxyProblems } from './catalogue/proxy.ts'
import { readinessProblems } from './catalogue/readiness.ts'
import type { ProblemSpec } from './catalogue/spec.ts'
import { surroundingsProblems } from './catalogue/surroundings.ts'
import { tokenProblems } from './catalogue/token.ts'

const problems = {
  ...tokenProblems,
  ...discoveryProblems,
  ...readinessProblems,
  ...loginProblems,
  ...proxyProblems,
  ...surroundingsProblems,
}

/** A stable kebab-case id. */
export type ProblemCode = keyof typeof problems

/** Something that went wrong: its id, and what happened this time (no token, no secret). */
export interface Problem {
  readonly code: ProblemCode
  readonly detail: string
}

export const problemCodes = Object.keys(problems) as readonly ProblemCode[]

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problems, code)

export const problemSpec = (code: ProblemCode): ProblemSpec => problems[code]
