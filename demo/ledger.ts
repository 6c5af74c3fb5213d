// Keeps what the tour expected and what came, so that its exit code can tell.
import type { Screen } from './screen.ts'

export interface Ledger {
  /** Notes an expectation and prints it. `came` is said when it was not met. */
  expect(what: string, met: boolean, came?: string): void
  readonly met: number
  readonly unmet: readonly string[]
}

export const createLedger = (screen: Screen): Ledger => {
  let met = 0
  const unmet: string[] = []
  return {
    expect: (what, holds, came) => {
      if (holds) met += 1
      else unmet.push(what)
      screen.expectation(holds || came === undefined ? what : `${what}; came: ${came}`, holds)
    },
    get met() {
      return met
    },
    unmet,
  }
}
