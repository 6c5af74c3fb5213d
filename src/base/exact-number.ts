// A number of JSON that no JavaScript number writes as it came: 9007199254740993, 1e400, 1.0.

/** Passes where a number does, by `exactNumber`, and is read with `numberOf`. */
export class ExactNumber {
  /** How often one was written as another number. */
  static rounded = 0
  /** As it came: a number by RFC 8259. */
  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  /** The nearest there is, where JSON is written without `writeJson`. */
  toJSON(): number {
    ExactNumber.rounded += 1
    return Number(this.source)
  }
}
