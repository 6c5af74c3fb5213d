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

export interface SharedLimit {
  /** The same for the share of one owner. */
  run<Result>(owner: string, work: () => Promise<Result>): Promise<Result> | undefined
  /** Of how many owners there is work now. */
  owners(): number
}

export interface ShareOptions {
  readonly maxFlying: number
  readonly maxWaiting: number
  /** Beyond it, an owner that has no work under way gets no place. */
  readonly maxOwners: number
}

/** A limit for each owner. Only owners with work under way take memory. */
export const createSharedLimit = (options: ShareOptions): SharedLimit => {
  const shares = new Map<string, { readonly limit: FlightLimit; calls: number }>()
  return {
    run: (owner, work) => {
      const known = shares.get(owner)
      if (known === undefined && shares.size >= options.maxOwners) return undefined
      const share = known ?? {
        limit: createFlightLimit(options.maxFlying, options.maxWaiting),
        calls: 0,
      }
      const call = share.limit.run(work)
      if (call === undefined) return undefined
      share.calls += 1
      shares.set(owner, share)
      return call.finally(() => {
        share.calls -= 1
        if (share.calls === 0) shares.delete(owner)
      })
    },
    owners: () => shares.size,
  }
}
