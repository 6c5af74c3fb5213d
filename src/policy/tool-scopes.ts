// Scopes that calls of tools need beside those of every request: auth.tool_scopes.
import { quoteList } from '../base/quote.ts'
import { fail, pass, type Check } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import type { Patterns } from './glob.ts'
import { restricting, type Spelling, type Target } from './spelling.ts'

export interface ToolScopes {
  readonly patterns: Patterns
  readonly scopes: readonly string[]
}

/** All that the tool needs, by every pattern that it matches. */
export const checkScopes = (
  scopes: ReadonlySet<string>,
  toolScopes: readonly ToolScopes[],
  { kind }: Target,
  spelling: Spelling,
): Check => {
  if (kind !== 'tool') return pass('policy-scope')
  const needed = new Set(
    toolScopes
      .filter(({ patterns }) => restricting(patterns, spelling) !== undefined)
      .flatMap((one) => one.scopes),
  )
  const missing = [...needed].filter((scope) => !scopes.has(scope))
  if (missing.length === 0) return pass('policy-scope')
  const values = { missing: quoteList(missing), needed: quoteList([...needed]) }
  return fail(problemOf('policy-scope', values), {
    expected: [...needed],
    actual: [...scopes].slice(0, 50),
  })
}
