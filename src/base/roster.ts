// What is open for a short while and comes and goes with every call: kept in an array, where leaving leaves nothing behind.
//
// A Set would do, and costs more than all the rest of a call: V8 links each table of a Set to the one that
// replaced it, so one table that grew old keeps all that came after it alive until the next full collection.

/** The place of one value, and the way to take it out. */
export interface Ticket<T> {
  readonly value: T
  /** -1 once it is out. */
  place: number
}

export interface Roster<T> {
  readonly size: number
  add(value: T): Ticket<T>
  /** A second time does nothing. */
  remove(ticket: Ticket<T>): void
  /** A copy, so that what is called on the values may add and remove. */
  values(): readonly T[]
}

export const createRoster = <T>(): Roster<T> => {
  const tickets: Ticket<T>[] = []
  return {
    get size() {
      return tickets.length
    },
    add: (value) => {
      const ticket = { value, place: tickets.length }
      tickets.push(ticket)
      return ticket
    },
    remove: (ticket) => {
      const { place } = ticket
      if (place === -1) return
      ticket.place = -1
      const last = tickets.pop()
      if (last === undefined || last === ticket) return
      tickets[place] = last
      last.place = place
    },
    values: () => tickets.map(({ value }) => value),
  }
}
