// In what order findings are told: what breaks a client first, causes before their symptoms.
import type { Severity } from '../../problems/catalogue/spec.ts'
import { problemCodes, type ProblemCode } from '../../problems/problem.ts'
import { isFinding, severityOf, type Check, type FailedCheck } from './check.ts'

const severities: readonly Severity[] = ['fatal', 'high', 'medium', 'low', 'info']

/** The way of a client: what stands earlier it meets earlier. Other ids follow, as the catalogue has them. */
const way: readonly ProblemCode[] = [
  'net-tls',
  'net-certificate',
  'mcp-answer',
  'mcp-url',
  'prm-challenge',
  'prm-open',
  'prm-scheme',
  'prm-resource',
  'prm-servers',
  'prm-duplicate-member',
  'prm-location',
  'prm-members',
  'asm-issuer-template',
  'asm-issuer-syntax',
  'asm-issuer',
  'asm-duplicate-member',
  'asm-found',
  'asm-form',
  'asm-first',
  'asm-tls-urls',
  'asm-members',
  'asm-endpoints',
  'asm-pkce',
  'asm-private-host',
  'jwks-private-key',
  'jwks-symmetric',
  'asm-jwks-uri',
  'jwks-duplicate-member',
  'jwks-fetch',
  'jwks-weak-key',
  'jwks-usable',
  'jwks-duplicate-kid',
  'time-clock',
]

/** A finding that is explained by any of these comes after them, however grave it is. */
const causes: Partial<Record<ProblemCode, readonly ProblemCode[]>> = {
  'prm-resource': ['prm-challenge', 'prm-scheme'],
  'prm-servers': ['prm-challenge', 'prm-scheme'],
  'prm-location': ['prm-open', 'prm-challenge'],
  'prm-legacy': ['prm-open', 'prm-location'],
  'asm-issuer': ['prm-challenge', 'asm-issuer-template', 'prm-scheme'],
  'asm-endpoints': ['prm-challenge'],
  'asm-jwks-uri': ['prm-challenge'],
  'asm-found': [
    'net-tls',
    'net-certificate',
    'asm-issuer-template',
    'asm-issuer-syntax',
    'prm-servers',
    'prm-open',
    'prm-challenge',
    'prm-location',
  ],
  'asm-tls-urls': ['asm-issuer-template'],
  'jwks-fetch': ['prm-challenge', 'asm-tls-urls', 'asm-private-host'],
  'jwks-usable': ['prm-challenge', 'jwks-private-key', 'jwks-symmetric', 'jwks-weak-key'],
}

const rankOf = (check: Check): number => {
  const place = way.indexOf(check.id)
  const step = place === -1 ? way.length + problemCodes.indexOf(check.id) : place
  return severities.indexOf(severityOf(check)) * 10_000 + step
}

/** Advice breaks nothing, so nothing is broken because of it. */
const explains = (cause: Check): boolean => !['low', 'info'].includes(severityOf(cause))

/** The findings alone, the one to mend first in front. */
export const findingsInOrder = (checks: readonly Check[]): readonly FailedCheck[] => {
  const waiting = checks.filter(isFinding).toSorted((a, b) => rankOf(a) - rankOf(b))
  const told: FailedCheck[] = []
  const tell = (check: FailedCheck): void => {
    if (told.includes(check)) return
    const before = causes[check.id] ?? []
    for (const cause of waiting) if (before.includes(cause.id) && explains(cause)) tell(cause)
    told.push(check)
  }
  waiting.forEach(tell)
  return told
}
