// Members of a decision that a test has nothing to say about.
import type { DecidedFacts } from '../../src/decisions/facts.ts'

export const noFacts: DecidedFacts = {
  host: undefined,
  origin: undefined,
  address: 'full',
  tokenRules: undefined,
  caller: undefined,
  target: undefined,
  argumentSize: undefined,
  wantedScopes: [],
  cut: [],
}

export const unexplained = { by: [], wouldDeny: [], facts: noFacts } as const
