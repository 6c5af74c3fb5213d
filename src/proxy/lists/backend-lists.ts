// What one backend lists: fetched when asked for, all pages at once, and kept until the backend says otherwise.
import type { PinGuard } from '../../pins/pin-book.ts'
import { within } from '../../base/within.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Problem } from '../../problems/problem.ts'
import { agreementFor, type Backend } from '../../backends/backend.ts'
import { outsideProtocol } from '../../backends/failure.ts'
import type { Caller, Handler } from '../../mcp/call.ts'
import type { Era } from '../../mcp/revision.ts'
import { entriesOf, type Entries } from './entries.ts'
import { changedKinds, changeOf, listKinds, listSpecs, type ListKind } from './list-kinds.ts'
import { createListLog } from './list-log.ts'
import { fetchList, noPages, theProxy, type Fetched } from './list-pages.ts'
import type { BackendNames } from '../names/names.ts'

export interface BackendLists {
  /** What is at hand, however old. */
  peek(kind: ListKind): Entries | undefined
  /** The same, or what came last where the backend has said since that it changed. */
  latest(kind: ListKind): Entries | undefined
  /**
   * Undefined when the backend could not tell; what it listed last when it does not tell in time. `caller`: whose
   * session to ask in; default: the proxy's own.
   */
  get(kind: ListKind, caller?: Caller): Entries | undefined | Promise<Entries | undefined>
  /** For a name that was not found: asks again unless the answer is quite new. */
  recheck(kind: ListKind, caller?: Caller): Entries | undefined | Promise<Entries | undefined>
  /** Asks again, however new the answer is that is at hand. */
  renew(kind: ListKind): Promise<Entries | undefined>
  /** What was wrong with the answer that came last; undefined: nothing that the protocol forbids. */
  trouble(kind: ListKind): Problem | undefined
  close(): void
}

/** Without a promise to announce changes, and for names that nobody knows: a flood of them costs little. */
const unannouncedMs = 5_000
/** Even announced changes can get lost with a stream. */
const announcedMs = 60_000
/** How long the lists of all wait for this one, counted from its question. */
const patienceMs = 2_000
/** And while the backend starts, counted from there: clients ask for the lists at once and not all of them again. */
const startingMs = 5_000

/** One question to the backend, and who must hear its answer. */
interface Flight {
  /** Since when the backend says nothing. */
  since: number
  landing: Promise<Entries | undefined>
  /** It began before a change, and may land with what was true before it. */
  outdated: boolean
  /** It began before the backend was up, and so leaves when it is: that is no change to it. */
  waitsForStart: boolean
  /** Somebody was answered without it. */
  missed: boolean
  /** What was asked for after the change: one question at a time is enough. */
  next: Flight | undefined
}

export interface ListParts {
  readonly backend: Backend
  /** The backend behind its layers. */
  readonly handle: Handler
  readonly names: BackendNames
  /** Of those who are shown the lists: a backend of both may list another thing in each. */
  readonly era: Era
  readonly ports: Pick<Ports, 'clock' | 'log'>
  /** What the log has already, by those who list for the same backend. */
  readonly logged?: Set<string>
  /** Which of the tools may be offered; undefined where none is pinned. */
  readonly pins?: Pick<PinGuard, 'pass'> | undefined
  /** A list that callers did not wait for has come: the method of the notification that tells them. */
  readonly onLate: (method: string) => void
}

export const createBackendLists = (parts: ListParts): BackendLists => {
  const { backend, handle, names, era, ports, pins, onLate, logged = new Set() } = parts
  const kept = new Map<ListKind, Entries>()
  /** The latest answers, true or not any more: better than nothing for who will not wait. */
  const last = new Map<ListKind, Entries>()
  const flights = new Map<ListKind, Flight>()
  const restUntil = new Map<ListKind, number>()
  const troubles = new Map<ListKind, Problem>()
  const { clock } = ports
  const log = createListLog(backend.name, ports.log, logged)

  const forget = (kinds: readonly ListKind[]) => {
    for (const kind of kinds) {
      kept.delete(kind)
      const flight = flights.get(kind)
      if (flight !== undefined) flight.outdated = true
    }
  }
  const unsubscribe = backend.subscribe((event) => {
    if (event.kind === 'notification') forget(changedKinds(event.notification.method))
    else if (event.health.state === 'up') {
      restUntil.clear()
      forget(listKinds.filter((kind) => flights.get(kind)?.waitsForStart !== true))
      for (const flight of flights.values()) flight.waitsForStart = false
    }
  })

  const declared = (kind: ListKind): JsonObject | undefined => {
    const agreement = agreementFor(backend.health, era)
    const capability = agreement?.capabilities[listSpecs[kind].capability]
    return isJsonObject(capability) ? capability : undefined
  }

  const fetchUnlessAbsent = async (kind: ListKind, caller?: Caller): Promise<Fetched> => {
    if (backend.health.state === 'up' && declared(kind) === undefined) return noPages
    return fetchList(handle, kind, ports, caller ?? theProxy(era))
  }

  const land = (kind: ListKind, flight: Flight, fetched: Fetched): Entries | undefined => {
    if (flight.next === undefined) flights.delete(kind)
    else flights.set(kind, flight.next)
    troubles.delete(kind)
    if ('why' in fetched) {
      const { why, costly, isGarbage } = fetched
      if (isGarbage) troubles.set(kind, outsideProtocol(backend.name, why))
      log.onSkipped(kind, why)
      if (costly) restUntil.set(kind, clock.now() + unannouncedMs)
      last.delete(kind)
      return undefined
    }
    const { lacks } = fetched
    const offered =
      kind === 'tools' && pins !== undefined ? pins.pass(fetched.items) : fetched.items
    const whole = entriesOf(
      kind,
      offered === fetched.items ? fetched : { ...fetched, items: offered },
      {
        names,
        era: agreementFor(backend.health, era)?.era ?? 'legacy',
        now: clock.now(),
        ...log,
      },
    )
    const entries: Entries = lacks === undefined ? whole : { ...whole, isCut: true }
    log.onCut(kind, lacks, entries.items.length)
    if (lacks?.costly === true) restUntil.set(kind, clock.now() + unannouncedMs)
    last.set(kind, entries)
    if (!flight.outdated) kept.set(kind, entries)
    if (flight.missed) onLate(changeOf(kind))
    return entries
  }
  const launch = (kind: ListKind, caller?: Caller, after?: Flight): Flight => {
    const flight: Flight = {
      since: after?.since ?? clock.now(),
      landing: Promise.resolve(undefined),
      outdated: false,
      waitsForStart: backend.health.state === 'starting',
      missed: false,
      next: undefined,
    }
    const asked =
      after === undefined
        ? fetchUnlessAbsent(kind, caller)
        : after.landing.then(() => {
            flight.since = clock.now()
            return fetchUnlessAbsent(kind, caller)
          })
    flight.landing = asked
      .then((fetched) => land(kind, flight, fetched))
      .catch((error: unknown) => {
        // Nothing here throws on purpose; and nobody may be left who waits.
        log.onLost(kind, error)
        return undefined
      })
    return flight
  }
  const flightOf = (kind: ListKind, caller?: Caller): Flight => {
    const running = flights.get(kind)
    if (running === undefined) {
      const flight = launch(kind, caller)
      flights.set(kind, flight)
      return flight
    }
    return running.outdated ? (running.next ??= launch(kind, caller, running)) : running
  }

  const patienceLeft = ({ since }: Flight): number => {
    const { health } = backend
    const isStarting = health.state === 'starting'
    const limit = isStarting ? startingMs : patienceMs
    return Math.min(limit, (isStarting ? health.since : since) + limit - clock.now())
  }
  /** What is asked for now, or `otherwise` where that would hold up whoever lists the others too. */
  const ask = (kind: ListKind, otherwise: Entries | undefined, caller?: Caller) => {
    const rest = (restUntil.get(kind) ?? 0) - clock.now()
    if (rest > 0 && rest <= unannouncedMs) return otherwise
    const flight = flightOf(kind, caller)
    const giveUp = () => {
      flight.missed = true
      return otherwise
    }
    const leftMs = patienceLeft(flight)
    if (leftMs <= 0) return giveUp()
    return within(flight.landing, { ms: leftMs, clock }, giveUp)
  }

  const youngerThan = (kind: ListKind, ms: number): Entries | undefined => {
    const entries = kept.get(kind)
    return entries !== undefined && clock.now() - entries.fetchedAt < ms ? entries : undefined
  }

  return {
    peek: (kind) => kept.get(kind),
    latest: (kind) => kept.get(kind) ?? last.get(kind),
    get: (kind, caller) => {
      const announced = declared(kind)?.['listChanged'] === true && kept.get(kind)?.isCut !== true
      return (
        youngerThan(kind, announced ? announcedMs : unannouncedMs) ??
        ask(kind, last.get(kind), caller)
      )
    },
    // What was listed before the change may lack the very name that is looked for.
    recheck: (kind, caller) => youngerThan(kind, unannouncedMs) ?? ask(kind, undefined, caller),
    renew: (kind) => flightOf(kind).landing,
    trouble: (kind) => troubles.get(kind),
    close: unsubscribe,
  }
}
