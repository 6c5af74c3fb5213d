// Scopes that calls of tools need beside those of every request: auth.tool_scopes.
import type { ToolScopesRule } from '../core/auth-config/access-keys.ts'
import { quoteList } from '../base/quote.ts'
import { fail, pass } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import type { Step } from './decision.ts'
import type { Patterns } from './glob.ts'
import { restricting, type Spelling, type Target } from './spelling.ts'

export interface ToolScopes extends ToolScopesRule {
  readonly patterns: Patterns
}

/** By every pattern that the tool matches. */
export const scopesAbout = (
  toolScopes: readonly ToolScopes[],
  { kind }: Target,
  spelling: Spelling,
): readonly ToolScopes[] =>
  kind === 'tool'
    ? toolScopes.filter(({ patterns }) => restricting(patterns, spelling) !== undefined)
    : []

export const checkScopes = (
  scopes: ReadonlySet<string>,
  toolScopes: readonly ToolScopes[],
  target: Target,
  spelling: Spelling,
  /** Those that only report, or those that refuse. */
  reportOnly: boolean,
): Step => {
  const about = scopesAbout(toolScopes, target, spelling).filter(
    (one) => one.reportOnly === reportOnly,
  )
  const needed = new Set(about.flatMap((one) => one.scopes))
  const missing = [...needed].filter((scope) => !scopes.has(scope))
  if (missing.length === 0) return { check: pass('policy-scope'), causes: [] }
  const values = { missing: quoteList(missing), needed: quoteList([...needed]) }
  return {
    check: fail(problemOf('policy-scope', values), {
      expected: [...needed],
      actual: [...scopes].slice(0, 50),
    }),
    causes: about.map(({ pattern, scopes: own }) => ({
      kind: 'scopes',
      name: own.join(' '),
      pattern,
    })),
  }
}
