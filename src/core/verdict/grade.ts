// The grade of what was found: a letter where everything could be established, the reason where it could not.
import type { Severity } from '../../problems/catalogue/spec.ts'
import { isFinding, severityOf, type Check } from './check.ts'

export type Letter = 'A' | 'B' | 'C' | 'F'

export interface Grade {
  /** Undefined: nobody can tell yet. */
  readonly letter: Letter | undefined
  /** No answer that is still missing could make it better than this. */
  readonly atBest: Letter
  /** The ids that decided: the findings that cap the grade, or what could not be established. */
  readonly decidedBy: readonly Check['id'][]
}

const caps: Readonly<Record<Severity, Letter>> = {
  fatal: 'F',
  high: 'C',
  medium: 'B',
  low: 'A',
  info: 'A',
}

const letters: readonly Letter[] = ['A', 'B', 'C', 'F']

/** Questions whose answer did not come. */
export const unsettledChecks = (checks: readonly Check[]): readonly Check[] =>
  checks.filter((check) => check.status === 'skip' && check.missing === 'answer')

/**
 * Anything fatal makes an F, anything high a C at best, anything medium a B at best. What could not be
 * established is never a pass: there is no letter then, except an F, which no answer could improve. Counts
 * every check alike and does not ask whether they are all that should have been asked.
 */
export const gradeOf = (checks: readonly Check[]): Grade => {
  const findings = checks.filter(isFinding)
  const capOf = (check: Check): Letter => caps[severityOf(check)]
  const atBest =
    letters.findLast((letter) => findings.some((check) => capOf(check) === letter)) ?? 'A'
  const unsettled = unsettledChecks(checks)
  if (atBest !== 'F' && (unsettled.length > 0 || !checks.some(({ status }) => status === 'pass'))) {
    return { letter: undefined, atBest, decidedBy: unsettled.map(({ id }) => id) }
  }
  const capping = atBest === 'A' ? [] : findings.filter((check) => capOf(check) === atBest)
  return { letter: atBest, atBest, decidedBy: capping.map(({ id }) => id) }
}
