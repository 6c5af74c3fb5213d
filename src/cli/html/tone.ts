// Good, doubtful, bad, not known: each with a word and a sign, because colours alone are not seen by everyone.
import type { CheckReport } from '../../core/verdict/checks-report.ts'

export type Tone = 'ok' | 'warn' | 'bad' | 'open' | 'none'

export const signs: Readonly<Record<Tone, string>> = {
  ok: '✓',
  warn: '!',
  bad: '✗',
  open: '?',
  none: '–',
}

const isFinding = ({ status }: CheckReport): boolean => status === 'fail' || status === 'warn'

export const findingsIn = (checks: readonly CheckReport[]): readonly CheckReport[] =>
  checks.filter(isFinding)

/** `open`: ids of checks that got no answer. */
export const toneOf = (
  checks: readonly CheckReport[],
  open: ReadonlySet<string> = new Set(),
): Tone => {
  const found = findingsIn(checks)
  if (found.some(({ severity }) => severity === 'fatal' || severity === 'high')) return 'bad'
  if (found.some(({ severity }) => severity === 'medium' || severity === 'low')) return 'warn'
  if (checks.some(({ id }) => open.has(id))) return 'open'
  return checks.some(({ status }) => status !== 'skip') ? 'ok' : 'none'
}

const plural = (n: number, what: string): string => `${String(n)} ${what}${n === 1 ? '' : 's'}`

/** The line under the name of a part: never the colour alone. */
export const toneText = (tone: Tone, checks: readonly CheckReport[]): string => {
  if (tone === 'open') return 'no answer'
  if (tone === 'none') return 'not asked'
  const found = findingsIn(checks).filter(({ severity }) => severity !== 'info')
  return found.length === 0 ? 'ok' : plural(found.length, 'finding')
}
