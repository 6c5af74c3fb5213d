// What the catalogue says about one problem.
export type Severity = 'fatal' | 'high' | 'medium' | 'low' | 'info'

/** Values by name, as a sentence takes them. */
export type Texts<Name extends string> = Readonly<Record<Name, string | number>>

/** A remedy: fixed, or made of the values of the message. */
export type Remedy<V> = string | Made<V>['from']

// A method, so that what is made of certain values is made of some values.
interface Made<V> {
  from(values: V): string
}

/** One situation in which a problem is reported, with the sentence for it. `V`: what the sentence is made of. */
export interface Case<V = unknown> {
  readonly message: Made<V>['from']
  /** The remedy of this case; undefined: that of the entry. */
  readonly hint: Remedy<V> | undefined
  /** Values from which the documentation renders the sentence. */
  readonly example: V
}

/** A sentence made of values. */
export const says = <V>(
  message: (values: V) => string,
  example: NoInfer<V>,
  hint?: Remedy<NoInfer<V>>,
): Case<V> => ({
  message,
  hint,
  example,
})

/** A sentence without values. */
export const states = (text: string, hint?: string): Case<undefined> => ({
  message: () => text,
  hint,
  example: undefined,
})

interface ProblemFacts {
  /** The group of ids it belongs to, as docs/checks.md orders them. */
  readonly group: string
  readonly severity: Severity
  /** Whether `serve` refuses on this very predicate: always, only where configured, or never (advice). */
  readonly refuses: 'always' | 'configured' | 'never'
  /** What clients may see (`error_description`): a short phrase without evidence. */
  readonly title: string
  /** The remedy of every case that has none of its own: the next step, in the imperative. */
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

/** An entry with one situation says one thing; one with several names them. */
export type ProblemSpec = ProblemFacts &
  (
    | { readonly says: Case; readonly cases?: undefined }
    | { readonly says?: undefined; readonly cases: Readonly<Record<string, Case>> }
  )
