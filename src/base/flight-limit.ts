// How many calls may be under way at once, and how many may wait for their turn.

export interface FlightLimit {
  /** Runs the work when there is room; undefined when too many wait already. */
  run<Result>(work: () => Promise<Result>): Promise<Result> | undefined
}

/** First come, first served. Does not time out: the work itself is bounded. */
export const createFlightLimit = (maxFlying: number, maxWaiting: number): FlightLimit => {
  let flying = 0
  const waiting: (() => void)[] = []

  const turn = (): Promise<void> => {
    if (flying < maxFlying) {
      flying += 1
      return Promise.resolve()
    }
    return new Promise((resolve) => waiting.push(resolve))
  }
  /** The place goes to the next in line without becoming free in between. */
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) flying -= 1
    else next()
  }

  return {
    run: (work) => {
      if (flying >= maxFlying && waiting.length >= maxWaiting) return undefined
      return turn().then(work).finally(leave)
    },
  }
}
