// The sections discovery and keys: what the issuers publish, and whether the proxy can work with it.
import type { Exchange } from '../../net/exchange.ts'
import { type ProblemCode, problemOf } from '../../problems/problem.ts'
import { discoveryRemedy } from '../../core/metadata/discovery.ts'
import { fail, pass, skip, type Check, type FailedCheck } from '../../core/verdict/check.ts'
import type { KeySetExamination, SetKey } from '../../core/keys/key-set.ts'
import { keyFits } from '../../core/keys/key-set.ts'
import { isSilent, issuerHints, needsMetadata, type ExaminedIssuer } from './issuer-examination.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

const isTold = (check: Check): check is FailedCheck =>
  check.status === 'fail' || check.status === 'warn'

/** What is configured does not have to be advertised. */
const overridden = (check: Check, { settings }: ExaminedIssuer): Check => {
  const configured: Partial<Record<ProblemCode, string | undefined>> = {
    'asm-jwks-uri': settings.jwksUri,
    'asm-introspection': settings.introspectionEndpoint,
  }
  return isTold(check) && configured[check.id] !== undefined
    ? pass(check.id, 'not advertised, and configured')
    : check
}

const firstFault = (answers: readonly Exchange[]): string => {
  const [silent] = answers.filter(isSilent)
  if (silent === undefined) return 'no answer'
  if (silent.fault?.kind === 'aborted') return 'no answer in time'
  return silent.fault?.detail ?? `it answers ${String(silent.status)}`
}

const discoveryOf = (examined: ExaminedIssuer): ReportSection => {
  const { settings, server } = examined
  const base = { section: 'discovery', subject: settings.issuer } as const
  const checks = server.checks.map((check) => overridden(check, examined))
  if (server.metadata !== undefined) {
    const used = server.attempts.find(({ outcome }) => outcome === 'used')
    const facts: Fact[] = server.attempts.map(({ exchange: { url, status, fault } }) => [
      String(status ?? '-'),
      fault === undefined ? url : `${url}: ${fault.detail}`,
    ])
    const summary = `${server.form ?? ''} form, ${used?.exchange.ms ?? 0} ms`
    return { ...base, summary, facts, checks }
  }
  const answers = server.attempts.map(({ exchange: answer }) => answer)
  const why = firstFault(answers)
  const failure = server.failure ?? 'no metadata'
  // A document of somebody else is no question that stayed open.
  const foreign = checks.some((check) => check.id === 'asm-issuer' && isTold(check))
  if (foreign) return { ...base, summary: failure, checks }
  if (!needsMetadata(settings)) {
    const because = 'nothing is published, and the proxy needs nothing; clients have to know'
    return { ...base, summary: 'no metadata, none needed', checks: [skip('asm-found', because)] }
  }
  if (!answers.some(isSilent)) return { ...base, summary: failure, checks }
  const rest = checks.filter(({ id }) => id !== 'asm-found')
  return {
    ...base,
    summary: why,
    checks: rest,
    open: [
      fail(problemOf('asm-found', 'failed', { why: failure, remedy: discoveryRemedy(server) })),
    ],
  }
}

const shown = ({ kid, kty, crv, alg, bits }: SetKey): string =>
  [kid ?? '(no kid)', kty, crv, bits === undefined ? undefined : `${bits} bits`, alg]
    .filter((part) => part !== undefined)
    .join(' ')

/** An allow-list that no published key can satisfy refuses every token. */
const checkAllowed = (
  { keys }: KeySetExamination,
  algorithms: readonly string[] | undefined,
): Check[] => {
  const usable = keys.filter(({ key }) => key !== undefined)
  if (algorithms === undefined || usable.length === 0) return []
  return algorithms.some((alg) => usable.some((key) => keyFits(key, alg)))
    ? []
    : [
        fail(
          problemOf('jwks-usable', 'not-allowed', {
            keys: plural(keys.length, 'key'),
            algorithms: algorithms.join(', '),
          }),
          { expected: [...algorithms], actual: usable.map(shown) },
        ),
      ]
}

const keysOf = ({ settings, keys }: ExaminedIssuer): ReportSection => {
  const base = { section: 'keys', subject: settings.issuer } as const
  if (!settings.verifies) {
    const because = 'introspection needs no keys'
    return { ...base, summary: because, checks: [skip('jwks-usable', because)] }
  }
  if (keys === undefined) {
    const because = 'no key set address is known'
    return { ...base, summary: because, checks: [skip('jwks-usable', because)] }
  }
  const { examination } = keys
  if (examination === undefined) {
    const why = firstFault([keys.exchange])
    if (isSilent(keys.exchange)) {
      const said = fail(problemOf('jwks-fetch', 'unreachable', { url: keys.url, why }))
      return { ...base, summary: why, checks: [], open: [said] }
    }
    const told = keys.checks.find(isTold)
    return { ...base, summary: told?.message ?? why, checks: keys.checks }
  }
  const allowed = checkAllowed(examination, settings.algorithms)
  const checks = [
    ...keys.checks.filter(({ id }) => allowed.length === 0 || id !== 'jwks-usable'),
    ...allowed,
  ]
  const { usable, keys: all } = examination
  const kinds = [...new Set(all.map(({ alg, kty }) => alg ?? kty))].join(', ')
  const count = usable === all.length ? plural(usable, 'key') : `${usable} of ${all.length} keys`
  return {
    ...base,
    summary: `${count} usable${kinds === '' ? '' : `: ${kinds}`}`,
    facts: all.map((key): Fact => ['key', shown(key)]),
    checks,
  }
}

const withoutIssuer = (section: ReportSection['section']): ReportSection => ({
  section,
  summary: 'no issuer is configured',
  checks: [],
})

const each = async (
  world: DoctorContext,
  section: ReportSection['section'],
  tell: (examined: ExaminedIssuer) => ReportSection,
): Promise<readonly ReportSection[]> => {
  const issuers = await world.issuers()
  if (issuers.length === 0) return [withoutIssuer(section)]
  return Promise.all(
    issuers.map(async (examined) => {
      const seen = tell(examined)
      return { ...seen, hints: await issuerHints(examined, seen.checks) }
    }),
  )
}

export const discovery = (world: DoctorContext): Promise<readonly ReportSection[]> =>
  each(world, 'discovery', discoveryOf)

export const keySets = (world: DoctorContext): Promise<readonly ReportSection[]> =>
  each(world, 'keys', keysOf)
