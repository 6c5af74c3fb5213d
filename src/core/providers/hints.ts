// Lines of advice under findings: what the provider, recognised by its issuer or its tokens, is known for.
import { providers, type FactCondition, type Provider } from './providers.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import type { Check } from '../verdict/check.ts'
import { readToken } from '../token/token-shape.ts'

export interface HintFacts {
  /** What was found: hints stand under those that failed or warn. */
  readonly checks: readonly Check[]
  /** The token as it was sent; only its prefix, its header and its claims are looked at. */
  readonly token?: string | undefined
  /** What introspection answered about it. */
  readonly answer?: JsonObject | undefined
  /** The issuer that is configured, or that was asked for. */
  readonly issuer?: string | undefined
  /** What its metadata says. */
  readonly metadata?:
    { readonly issuer: string; readonly introspection_endpoint?: string | undefined } | undefined
  /** Where tokens are introspected, if that is configured. */
  readonly introspectionEndpoint?: string | undefined
  /** The audience that is expected, and our own client: they are named in the advice. */
  readonly audience?: string | undefined
  readonly clientId?: string | undefined
}

export interface Hint {
  /** Names the row of the table. */
  readonly id: string
  readonly provider: string
  /** The finding that it stands under. */
  readonly check: ProblemCode
  readonly text: string
}

interface Subject {
  readonly token: string
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly iss: string | undefined
  readonly issuer: string | undefined
  readonly endpoint: string | undefined
}

/** No issuer is longer, and patterns should not have to read what a stranger made up. */
const longestIssuer = 2048

const issuerText = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value.length <= longestIssuer ? value : undefined

const subjectOf = (facts: HintFacts): Subject => {
  const shape = facts.token === undefined ? undefined : readToken(facts.token)
  const claims = (shape?.shape === 'jws' ? shape.claims : undefined) ?? facts.answer ?? {}
  return {
    token: facts.token ?? '',
    header: shape?.header ?? {},
    claims,
    iss: issuerText(claims['iss']),
    issuer: facts.issuer ?? facts.metadata?.issuer,
    endpoint: facts.introspectionEndpoint ?? facts.metadata?.introspection_endpoint,
  }
}

const isAboutToken = (id: ProblemCode): boolean => /^(?:in|jose|sig|claim|time|pop)-/.test(id)

const fits = (pattern: RegExp | undefined, value: string | undefined): boolean =>
  pattern !== undefined && value !== undefined && pattern.test(value)

/** A finding about the token speaks of the issuer that the token names, any other of the configured one. */
const isFrom = (provider: Provider, subject: Subject, id: ProblemCode): boolean => {
  const { iss, issuer, endpoint, token } = subject
  const concerned = isAboutToken(id) ? (iss ?? issuer) : (issuer ?? iss)
  return (
    fits(provider.issuer, concerned) ||
    fits(provider.prefix, token) ||
    (!(isAboutToken(id) && iss !== undefined) && fits(provider.introspection, endpoint))
  )
}

const pathOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).pathname : undefined

const holds = (members: JsonObject, [name, pattern]: readonly [string, RegExp]): boolean => {
  const value = Object.hasOwn(members, name) ? members[name] : undefined
  if (value === undefined || value === null) return false
  const values: readonly Json[] = Array.isArray(value) ? value : [value]
  return values.some((item) =>
    pattern.test(typeof item === 'string' ? item : (JSON.stringify(item) ?? '')),
  )
}

const applies = (when: FactCondition, subject: Subject, message: string): boolean =>
  (when.iss === undefined || fits(when.iss, subject.iss)) &&
  (when.issuer === undefined || fits(when.issuer, subject.issuer)) &&
  (when.header === undefined || holds(subject.header, when.header)) &&
  (when.claim === undefined || holds(subject.claims, when.claim)) &&
  (when.message === undefined || when.message.test(message)) &&
  (when.samePath === undefined || pathOf(subject.iss) === pathOf(subject.issuer))

/** Puts values into the `{name}` places of a row. */
const phrase = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place)

/**
 * The hints for what was found, in the order of the table; each row gives one at most. Changes no
 * verdict and believes nothing: the issuer of an unverified token is good enough for advice.
 */
export const hintsFor = (facts: HintFacts): readonly Hint[] => {
  const findings = facts.checks.flatMap((check) =>
    check.status === 'fail' || check.status === 'warn' ? [check] : [],
  )
  if (findings.length === 0) return []
  const subject = subjectOf(facts)
  const values = {
    audience: facts.audience ?? 'this resource',
    client: facts.clientId ?? 'the introspecting client',
  }
  return providers.flatMap((provider) =>
    provider.facts.flatMap(({ id, under, when = {}, say }) => {
      const finding = under
        .flatMap((code) => findings.filter((check) => check.id === code))
        .find(
          (check) => isFrom(provider, subject, check.id) && applies(when, subject, check.message),
        )
      return finding === undefined
        ? []
        : [{ id, provider: provider.name, check: finding.id, text: phrase(say, values) }]
    }),
  )
}
