// What the catalogue says about one problem.
export type Severity = 'fatal' | 'high' | 'medium' | 'low' | 'info'

export interface ProblemSpec {
  /** The group of ids it belongs to, as docs/checks.md orders them. */
  readonly group: string
  readonly severity: Severity
  /** Whether `serve` refuses on this very predicate: always, only where configured, or never (advice). */
  readonly refuses: 'always' | 'configured' | 'never'
  /** What clients may see (`error_description`): a short phrase without evidence. */
  readonly title: string
  /** What the person sees; `{name}` marks the place of a piece of evidence. */
  readonly message: string
  /** The remedy: the next step, in the imperative. */
  readonly hint: string
  readonly outcome: 'rejected' | 'undecided'
  /** The HTTP status of the proxy's answer; undefined where no HTTP answer is given. */
  readonly http: number | undefined
  /** The JSON-RPC error code, where the answer is one. */
  readonly jsonrpc?: number
  /** The `error` of the challenge (RFC 6750 section 3.1, RFC 9449 section 12.2). */
  readonly oauth:
    | 'invalid_token'
    | 'insufficient_scope'
    | 'invalid_request'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
    | undefined
  /** Where the rule comes from. */
  readonly spec: string
}
