// The decisions of the proxy as they come: followed, counted, kept up to a bound, and shown some times a second.
import { ApiError, ask, getJson } from './api.ts'
import { readEvents, type StreamEvent } from './event-stream.ts'
import { createStore, type Store } from './store.ts'
import type { Decisions, DecisionSummary } from './types.ts'

export type Row =
  | { readonly kind: 'decision'; readonly key: number; readonly decision: DecisionSummary }
  /** Decisions that did not get here. */
  | {
      readonly kind: 'gap'
      readonly key: number
      readonly time: string
      /** Undefined: nobody knows how many. */
      readonly missed: number | undefined
      readonly why: 'slow' | 'left-out' | 'restarted'
    }

export interface FeedState {
  /** `denied`: the proxy lets us not follow; it is tried again with another token. */
  readonly phase: 'connecting' | 'live' | 'lost' | 'denied'
  readonly problem: string | undefined
  /** Newest first. */
  readonly rows: readonly Row[]
  readonly paused: boolean
  /** Rows that came while it was paused. */
  readonly waiting: number
  /** Decisions that got here, and that did not, in all. */
  readonly received: number
  readonly missed: number
}

export interface Feed {
  readonly state: Store<FeedState>
  start(): void
  pause(paused: boolean): void
  clear(): void
}

/** As many rows are kept here. */
export const mostRows = 2000
const firstRows = 1000
const showEveryMs = 200
const longestWaitMs = 15_000

const processOf = (place: string): string | undefined => place.split('-')[0]

interface Options {
  readonly onDecision: (decision: DecisionSummary) => void
  /** Called when the stream is open: from now on nothing is left out unseen. */
  readonly onLive: () => void
}

export const createFeed = ({ onDecision, onLive }: Options): Feed => {
  const state = createStore<FeedState>({
    phase: 'connecting',
    problem: undefined,
    rows: [],
    paused: false,
    waiting: 0,
    received: 0,
    missed: 0,
  })
  const change = (some: Partial<FeedState>): void => state.set({ ...state.get(), ...some })
  let nextKey = 0
  /** Not shown yet, oldest first. */
  let queue: Row[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let received = 0
  let missed = 0
  let lastSeq: number | undefined
  /** Where the stream goes on, as the proxy named it: a process, and a number of it. */
  let place: string | undefined
  let attempt = 0
  let running: AbortController | undefined

  const show = (): void => {
    timer = undefined
    const { rows, paused } = state.get()
    if (paused) return change({ waiting: queue.length, received, missed })
    const fresh = queue.toReversed()
    queue = []
    change({ rows: [...fresh, ...rows].slice(0, mostRows), waiting: 0, received, missed })
  }

  const showSoon = (): void => {
    timer ??= setTimeout(show, showEveryMs)
  }

  const push = (row: Row): void => {
    queue.push(row)
    if (queue.length > mostRows * 2) queue = queue.slice(-mostRows)
    showSoon()
  }

  const gap = (why: 'slow' | 'left-out' | 'restarted', count: number | undefined): void => {
    missed += count ?? 0
    nextKey += 1
    push({ kind: 'gap', key: nextKey, time: new Date().toISOString(), missed: count, why })
  }

  const take = (decision: DecisionSummary): void => {
    nextKey += 1
    received += 1
    onDecision(decision)
    push({ kind: 'decision', key: nextKey, decision })
  }

  const takeNext = (decision: DecisionSummary): void => {
    const { seq } = decision
    if (lastSeq !== undefined && seq > lastSeq + 1) gap('left-out', seq - lastSeq - 1)
    lastSeq = seq
    take(decision)
  }

  const moveTo = (next: string): void => {
    if (place !== undefined && processOf(place) !== processOf(next)) {
      gap('restarted', undefined)
      lastSeq = 0
    }
    place = next
  }

  const onEvent = ({ event, id, data }: StreamEvent): void => {
    if (id !== undefined) moveTo(id)
    const value = JSON.parse(data) as unknown
    if (event === 'decision') takeNext(value as DecisionSummary)
    if (event === 'call') take(value as DecisionSummary)
    if (event === 'missed') {
      gap('slow', (value as { readonly missed: number }).missed)
      lastSeq = undefined
    }
  }

  const loadFirst = async (signal: AbortSignal): Promise<void> => {
    if (lastSeq !== undefined) return
    const { decisions } = await getJson<Decisions>(`decisions?limit=${String(firstRows)}`, {
      signal,
    })
    for (const decision of decisions.toReversed()) take(decision)
    lastSeq = decisions[0]?.seq ?? 0
  }

  const follow = async (signal: AbortSignal): Promise<void> => {
    await loadFirst(signal)
    const answer = await ask('events?calls=all', {
      signal,
      headers: {
        accept: 'text/event-stream',
        ...(lastSeq === undefined ? {} : { 'last-event-id': place ?? String(lastSeq) }),
      },
    })
    attempt = 0
    change({ phase: 'live', problem: undefined })
    onLive()
    if (answer.body !== null) await readEvents(answer.body, onEvent)
  }

  const waitMs = (): number => Math.min(longestWaitMs, 500 * 2 ** attempt)

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const problem = await follow(signal).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (signal.aborted) return
      if (problem instanceof ApiError && (problem.status === 401 || problem.status === 403)) {
        return change({ phase: 'denied', problem: problem.message })
      }
      attempt += 1
      change({
        phase: 'lost',
        problem: problem instanceof Error ? problem.message : 'The stream ended',
      })
      await new Promise((resolve) => setTimeout(resolve, waitMs()))
    }
  }

  return {
    state,
    start: () => {
      running?.abort()
      running = new AbortController()
      void run(running.signal)
    },
    pause: (paused) => {
      change({ paused })
      if (!paused) show()
    },
    clear: () => {
      queue = []
      change({ rows: [], waiting: 0 })
    },
  }
}
