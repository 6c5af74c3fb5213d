// What waits in the order in which it came, and may leave from anywhere: a linked list, where leaving costs the same at each place.

/** The place of one value in its line. */
export class Place<T> {
  readonly value: T
  /** Undefined once it has left. */
  line: Line<T> | undefined
  before: Place<T> | undefined
  after: Place<T> | undefined

  constructor(value: T) {
    this.value = value
  }
}

export class Line<T> {
  first: Place<T> | undefined
  size = 0
  private last: Place<T> | undefined

  /** To the end of the line, from wherever it was in this one. */
  enter(place: Place<T>): void {
    this.leave(place)
    const { last } = this
    place.line = this
    place.before = last
    if (last === undefined) this.first = place
    else last.after = place
    this.last = place
    this.size += 1
  }

  /** A place that is not in this line changes nothing. */
  leave(place: Place<T>): void {
    if (place.line !== this) return
    const { before, after } = place
    if (before === undefined) this.first = after
    else before.after = after
    if (after === undefined) this.last = before
    else after.before = before
    place.line = undefined
    place.before = undefined
    place.after = undefined
    this.size -= 1
  }
}
