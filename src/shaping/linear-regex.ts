// Regular expressions that take time in proportion to the text, whatever the expression (RE2). Loaded where one is used.
import { RE2JS, RE2JSException } from 're2js'

/** A search: the expression may match anywhere in the text unless it is anchored. */
export interface LinearRegex {
  test(text: string): boolean
}

export type CompiledRegex =
  | { readonly regex: LinearRegex }
  /** Why it cannot be compiled. */
  | { readonly why: string }

/** Does not bound the length of the expression: its author is the operator. */
export const compileRegex = (source: string): CompiledRegex => {
  try {
    const compiled = RE2JS.compile(source)
    return { regex: { test: (text) => compiled.test(text) } }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return { why: error.message.replace(/^error parsing regexp: /, '') }
  }
}
