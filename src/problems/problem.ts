// The one vocabulary for everything that can be wrong: CLI, HTTP, JSON-RPC, logs, metrics and docs use these ids.
import { adminProblems } from './catalogue/admin.ts'
import { authorizationServerProblems } from './catalogue/authorization-server.ts'
import { backendCallProblems } from './catalogue/backend-calls.ts'
import { backendCredentialProblems } from './catalogue/backend-credential.ts'
import { backendProblems } from './catalogue/backend.ts'
import { claimProblems } from './catalogue/claims.ts'
import { clientFileProblems } from './catalogue/client-file.ts'
import { configProblems } from './catalogue/config.ts'
import { connectionProblems } from './catalogue/connection.ts'
import { dpopProofProblems } from './catalogue/dpop-proof.ts'
import { inputProblems } from './catalogue/input.ts'
import { internalProblems } from './catalogue/internal.ts'
import { introspectionProblems } from './catalogue/introspection.ts'
import { keySetProblems } from './catalogue/key-set.ts'
import { keyProblems } from './catalogue/keys.ts'
import { limitProblems } from './catalogue/limits.ts'
import { loginAnswerProblems } from './catalogue/login-answers.ts'
import { loginProblems } from './catalogue/login.ts'
import { mcpServerProblems } from './catalogue/mcp-server.ts'
import { metadataLocationProblems } from './catalogue/metadata-location.ts'
import { networkProblems } from './catalogue/network.ts'
import { policyProblems } from './catalogue/policy.ts'
import { possessionProblems } from './catalogue/possession.ts'
import { protectedResourceProblems } from './catalogue/protected-resource.ts'
import { readinessProblems } from './catalogue/readiness.ts'
import { requestProblems } from './catalogue/request.ts'
import { signatureProblems } from './catalogue/signature.ts'
import type { Case, ProblemSpec } from './catalogue/spec.ts'
import { structureProblems } from './catalogue/structure.ts'
import { surroundingsProblems } from './catalogue/surroundings.ts'
import { timeProblems } from './catalogue/time.ts'
import { usageAdviceProblems } from './catalogue/usage-advice.ts'
import { usageProblems } from './catalogue/usage.ts'

const problems = {
  ...inputProblems,
  ...structureProblems,
  ...signatureProblems,
  ...claimProblems,
  ...timeProblems,
  ...possessionProblems,
  ...dpopProofProblems,
  ...introspectionProblems,
  ...keyProblems,
  ...protectedResourceProblems,
  ...metadataLocationProblems,
  ...authorizationServerProblems,
  ...keySetProblems,
  ...networkProblems,
  ...readinessProblems,
  ...mcpServerProblems,
  ...loginProblems,
  ...loginAnswerProblems,
  ...connectionProblems,
  ...requestProblems,
  ...policyProblems,
  ...limitProblems,
  ...backendProblems,
  ...backendCallProblems,
  ...backendCredentialProblems,
  ...internalProblems,
  ...adminProblems,
  ...configProblems,
  ...usageProblems,
  ...clientFileProblems,
  ...usageAdviceProblems,
  ...surroundingsProblems,
}

type Problems = typeof problems

/** A stable kebab-case id. */
export type ProblemCode = keyof Problems

/** Something that went wrong: its id, and what happened this time (no token, no secret). Made by `problemOf` alone. */
export interface Problem {
  readonly code: ProblemCode
  /** Which of the situations of the id; absent where it has only one. */
  readonly case?: string
  readonly detail: string
  /** The remedy, where it depends on the values; `hintOf` knows it for every problem. */
  readonly hint?: string
}

type ValuesOf<Said> = Said extends Case<infer V> ? ([V] extends [undefined] ? [] : [values: V]) : []

type CaseOf<Cases> = {
  [Name in keyof Cases]: [name: Name, ...values: ValuesOf<Cases[Name]>]
}[keyof Cases]

/** What completes an id: the name of the case, where there are several, and its values, where it has any. */
export type Saying<Code extends ProblemCode> = {
  [Id in Code]: Problems[Id] extends { readonly says: infer Only }
    ? ValuesOf<Only>
    : Problems[Id] extends { readonly cases: infer Cases }
      ? CaseOf<Cases>
      : never
}[Code]

export const problemCodes = Object.keys(problems) as readonly ProblemCode[]

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problems, code)

export const problemSpec = (code: ProblemCode): ProblemSpec => problems[code]

const caseOf = (code: ProblemCode, name: string | undefined): Case => {
  const { says, cases } = problemSpec(code)
  const found = says ?? cases[name ?? '']
  if (found === undefined) throw new Error(`no case ${String(name)} of ${code}`)
  return found
}

const render = (code: ProblemCode, saying: readonly unknown[]): Problem => {
  const { says } = problemSpec(code)
  const name = says === undefined ? String(saying[0]) : undefined
  const values = saying[says === undefined ? 1 : 0]
  const { message, hint } = says ?? caseOf(code, name)
  return {
    code,
    ...(name === undefined ? {} : { case: name }),
    detail: message(values),
    ...(typeof hint === 'function' ? { hint: hint(values) } : {}),
  }
}

/** The problem in the words of the catalogue: its id, the name of the case where there are several, its values. */
export const problemOf = <Code extends ProblemCode>(code: Code, ...saying: Saying<Code>): Problem =>
  render(code, saying)

/** One finding for several alike of which it shows the first. */
export const andMore = (shown: Problem, others: number): Problem =>
  others > 0 ? { ...shown, detail: `${shown.detail}; and ${others} more` } : shown

/** The next step in words that hold no value: for callers who must not learn what was compared. */
export const openHintOf = ({ code, case: name }: Pick<Problem, 'code' | 'case'>): string => {
  const { says, cases, hint } = problemSpec(code)
  // What stayed open has an id and no case: nobody knows in which situation it is.
  const own = (says ?? (name === undefined ? undefined : cases?.[name]))?.hint
  return typeof own === 'string' ? own : hint
}

/** The next step for just this problem. */
export const hintOf = ({
  code,
  case: name,
  hint,
}: Pick<Problem, 'code' | 'case' | 'hint'>): string => {
  return hint ?? openHintOf({ code, ...(name === undefined ? {} : { case: name }) })
}

/** Several findings under one id as one: the sentences side by side, and the remedies that they need, each once. */
export const together = (first: Problem, ...others: readonly Problem[]): Problem => {
  const all = [first, ...others]
  const remedies = new Set(all.map(hintOf))
  return {
    ...first,
    detail: all.map(({ detail }) => detail).join('; '),
    ...(remedies.size > 1 ? { hint: [...remedies].join('; ') } : {}),
  }
}
