// One part of the doctor's report: what was looked at, what was seen there, and which questions stayed open.
import type { Check, FailedCheck } from '../../core/verdict/check.ts'
import type { Hint } from '../../core/providers/hints.ts'

/** In the order of the report. */
export const sectionNames = [
  'config',
  'environment',
  'listen',
  'network',
  'clock',
  'discovery',
  'keys',
  'introspection',
  'tokens',
  'limits',
  'decisions',
  'public',
  'backends',
  'names',
  'references',
] as const

export type SectionName = (typeof sectionNames)[number]

/** The one section of a look at the servers of a client. */
export const serversSection = 'servers'

export type Fact = readonly [name: string, text: string]

export interface ReportSection {
  readonly section: SectionName | typeof serversSection
  /** Which of several: an issuer, a backend, a host. */
  readonly subject?: string
  /** What was seen, in a few words. */
  readonly summary: string
  readonly facts?: readonly Fact[]
  readonly checks: readonly Check[]
  /** Questions that nobody could answer now, as opposed to those that do not arise. */
  readonly open?: readonly FailedCheck[]
  /** What the provider is known for, under what was found. */
  readonly hints?: readonly Hint[]
}

export const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
