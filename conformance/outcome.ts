// What one run of the suite found: the state of every check of every scenario, and where one run is weaker than another.
import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'

export interface CheckState {
  readonly status: 'SUCCESS' | 'WARNING' | 'FAILURE' | 'SKIPPED' | 'MISSING'
  readonly message?: string
  /** How often it was checked, and how often it succeeded. */
  readonly times: number
  readonly passed: number
}

/** Scenario, check id, state. */
export type Outcome = ReadonlyMap<string, ReadonlyMap<string, CheckState>>

interface WrittenCheck {
  readonly id: string
  readonly status: 'SUCCESS' | 'WARNING' | 'FAILURE' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
}

const severity = { SUCCESS: 0, SKIPPED: 1, MISSING: 2, WARNING: 3, FAILURE: 4 }

/** One id may be checked several times; the worst counts. */
const gather = (checks: readonly WrittenCheck[]): ReadonlyMap<string, CheckState> => {
  const states = new Map<string, CheckState>()
  for (const { id, status, errorMessage } of checks) {
    if (status === 'INFO') continue
    const known = states.get(id) ?? { status: 'SUCCESS', times: 0, passed: 0 }
    const worse = severity[status] > severity[known.status]
    states.set(id, {
      ...known,
      ...(worse ? { status } : {}),
      ...(worse && errorMessage !== undefined ? { message: errorMessage } : {}),
      times: known.times + 1,
      passed: known.passed + (status === 'SUCCESS' ? 1 : 0),
    })
  }
  return states
}

const readChecks = async (file: string): Promise<readonly WrittenCheck[]> => {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  const unfinished: WrittenCheck = { id: 'finishes', status: 'FAILURE' }
  return text === undefined ? [unfinished] : (JSON.parse(text) as WrittenCheck[])
}

const folderName = /^(?:server-)?(?<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/

/** Reads the folder that the suite wrote its results to: one folder for each scenario. */
export const readOutcome = async (folder: string): Promise<Outcome> => {
  const outcome = new Map<string, ReadonlyMap<string, CheckState>>()
  for (const name of (await readdir(folder)).sort()) {
    const scenario = folderName.exec(name)?.groups?.['scenario']
    if (scenario === undefined) continue
    outcome.set(scenario, gather(await readChecks(path.join(folder, name, 'checks.json'))))
  }
  return outcome
}

export interface Weakness extends Pick<CheckState, 'status' | 'message'> {
  /** `scenario:check-id`, as in a list of expected failures. */
  readonly entry: string
}

const entriesOf = (outcome: Outcome) =>
  [...outcome].flatMap(([scenario, checks]) =>
    [...checks].map(([id, state]) => ({ scenario, id, state })),
  )

const weakness = (scenario: string, id: string, { status, message }: CheckState): Weakness => ({
  entry: `${scenario}:${id}`,
  status,
  ...(message === undefined ? {} : { message }),
})

/** All that failed. */
export const failures = (outcome: Outcome): readonly Weakness[] =>
  entriesOf(outcome)
    .filter(({ state }) => state.status === 'FAILURE')
    .map(({ scenario, id, state }) => weakness(scenario, id, state))

const missing: CheckState = { status: 'MISSING', times: 0, passed: 0 }

/** Some ids are checked for each of several messages: to succeed less often is weaker too. */
const isWeaker = (state: CheckState, reference: CheckState): boolean =>
  state.passed < reference.passed || severity[state.status] > severity[reference.status]

/** All that did better in `reference`, and what failed here alone. */
export const weakerThan = (reference: Outcome, outcome: Outcome): readonly Weakness[] => {
  const lost = entriesOf(reference).flatMap(({ scenario, id, state: expected }) => {
    const state = outcome.get(scenario)?.get(id) ?? missing
    return isWeaker(state, expected) ? [weakness(scenario, id, state)] : []
  })
  const isNew = ({ scenario, id }: { scenario: string; id: string }): boolean =>
    reference.get(scenario)?.has(id) !== true
  const added = entriesOf(outcome)
    .filter((check) => isNew(check) && check.state.status === 'FAILURE')
    .map(({ scenario, id, state }) => weakness(scenario, id, state))
  return [...lost, ...added]
}

export interface Counts {
  readonly clean: number
  readonly scenarios: number
  readonly passed: number
  readonly checks: number
}

/** A scenario is clean when none of its checks failed. */
export const count = (outcome: Outcome): Counts => {
  const states = [...outcome.values()]
  const all = states.flatMap((checks) => [...checks.values()])
  const sum = (of: (state: CheckState) => number): number =>
    all.reduce((total, state) => total + of(state), 0)
  const isClean = (checks: ReadonlyMap<string, CheckState>): boolean =>
    [...checks.values()].every(({ status }) => status !== 'FAILURE')
  return {
    clean: states.filter(isClean).length,
    scenarios: states.length,
    passed: sum(({ passed }) => passed),
    checks: sum(({ times }) => times),
  }
}
