// Everything that one introspection request brought to light.
import type { IntrospectionExchange } from './introspection-request.ts'
import type { Verdict } from '../verdict/verdict.ts'

/** Everything that one question brought to light. */
export interface Introspection extends IntrospectionExchange {
  readonly verdict: Verdict
}
