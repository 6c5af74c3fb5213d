// Which links to a backend are open, and what follows from that for its callers: values and rules, no timers.
import type { Era } from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Agreement, Health } from '../backend.ts'

/** The link that is opened first, in the newest era that the backend speaks. */
export type Main<Link> =
  | { readonly at: 'starting'; readonly since: number }
  | { readonly at: 'up'; readonly since: number; readonly link: Link }
  | {
      readonly at: 'down'
      readonly since: number
      readonly problem: Problem
      readonly retryAt: number | undefined
    }

/** The session beside a stateless main link, for callers of the session era. */
export type Beside<Link> =
  | { readonly at: 'unneeded' }
  /** `waitUntil`: callers wait so long; from then on they are bridged until it is open. */
  | { readonly at: 'opening'; readonly waitUntil: number }
  | { readonly at: 'up'; readonly since: number; readonly link: Link }
  /** It failed or ended; not to be tried again before `retryAt`. */
  | { readonly at: 'down'; readonly retryAt: number; readonly wasUp: boolean }
  /** The backend has no sessions. */
  | { readonly at: 'none' }

interface Agreeing {
  readonly agreement: Agreement
}

export interface Lifecycle<Link extends Agreeing> {
  readonly main: Main<Link>
  readonly beside: Beside<Link>
}

const unneeded = { at: 'unneeded' } as const

/** How long a call waits for the session of its era before it is bridged. */
export const sessionPatienceMs = 5000

export const starting = <Link extends Agreeing>(now: number): Lifecycle<Link> => ({
  main: { at: 'starting', since: now },
  beside: unneeded,
})

/** What failed before may work with the server that answers now. */
export const mainOpened = <Link extends Agreeing>(
  { beside }: Lifecycle<Link>,
  link: Link,
  now: number,
): Lifecycle<Link> => ({
  main: { at: 'up', since: now, link },
  beside: beside.at === 'up' || beside.at === 'opening' ? beside : unneeded,
})

/** `retryAt`: undefined when it is not tried again. */
export const mainEnded = <Link extends Agreeing>(
  { beside }: Lifecycle<Link>,
  problem: Problem,
  now: number,
  retryAt: number | undefined,
): Lifecycle<Link> => ({ main: { at: 'down', since: now, problem, retryAt }, beside })

export const besideOpening = <Link extends Agreeing>(
  { main, beside }: Lifecycle<Link>,
  now: number,
): Lifecycle<Link> => {
  // Where it failed before, no call waits for it to fail again.
  const isHopeful = beside.at === 'unneeded' || (beside.at === 'down' && beside.wasUp)
  return { main, beside: { at: 'opening', waitUntil: isHopeful ? now + sessionPatienceMs : now } }
}

export const besideOpened = <Link extends Agreeing>(
  { main }: Lifecycle<Link>,
  link: Link,
  now: number,
): Lifecycle<Link> => ({ main, beside: { at: 'up', since: now, link } })

/** It did not open, or it ended. */
export const besideEnded = <Link extends Agreeing>(
  { main, beside }: Lifecycle<Link>,
  retryAt: number,
): Lifecycle<Link> => ({ main, beside: { at: 'down', retryAt, wasUp: beside.at === 'up' } })

export const besideMissing = <Link extends Agreeing>({
  main,
}: Lifecycle<Link>): Lifecycle<Link> => ({ main, beside: { at: 'none' } })

/** The link for callers of that era: one of their own where there is one, else the other. */
export const linkFor = <Link extends Agreeing>(
  { main, beside }: Lifecycle<Link>,
  era: Era,
): Link | undefined => {
  if (beside.at === 'up' && (era === 'legacy' || main.at !== 'up')) return beside.link
  return main.at === 'up' ? main.link : undefined
}

/** Whether there is a link that callers of that era will keep: nothing to open, nothing to wait for. */
export const isSettled = <Link extends Agreeing>(
  { main, beside }: Lifecycle<Link>,
  era: Era,
): boolean => {
  if (era === 'modern') return main.at === 'up'
  if (beside.at === 'up') return true
  return main.at === 'up' && (beside.at === 'none' || main.link.agreement.era === 'legacy')
}

/** Whether a caller of the session era is a reason to open a session now. */
export const mayOpenBeside = <Link extends Agreeing>(
  { main, beside }: Lifecycle<Link>,
  now: number,
): boolean => {
  if (main.at !== 'up' || main.link.agreement.era !== 'modern') return false
  return beside.at === 'unneeded' || (beside.at === 'down' && beside.retryAt <= now)
}

/** How long a call of the session era has to wait for its session. */
export const sessionWaitMs = <Link extends Agreeing>(
  { beside }: Lifecycle<Link>,
  now: number,
): number => (beside.at === 'opening' ? Math.max(0, beside.waitUntil - now) : 0)

/** A backend is up as long as anybody can call it. */
export const healthOf = <Link extends Agreeing>({ main, beside }: Lifecycle<Link>): Health => {
  if (main.at === 'up') {
    const sessions = beside.at === 'up' ? { sessions: beside.link.agreement } : {}
    return { state: 'up', since: main.since, ...main.link.agreement, ...sessions }
  }
  if (beside.at === 'up') {
    return { state: 'up', since: beside.since, ...beside.link.agreement }
  }
  if (main.at === 'starting') return { state: 'starting', since: main.since }
  const { since, problem, retryAt } = main
  return { state: 'down', since, problem, ...(retryAt === undefined ? {} : { retryAt }) }
}
