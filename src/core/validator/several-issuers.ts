// One gate before the tokens of several issuers: each is judged by the issuer that it names, and by no other.
import { problemOf } from '../../problems/problem.ts'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/clock.ts'
import { isJsonObject } from '../../base/json.ts'
import type { AuthGate, Readiness } from './auth-gate.ts'
import { fail, type Check } from '../verdict/check.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import type { Introspection } from '../introspection/introspection-report.ts'
import { createJwtValidator } from './jwt-validator.ts'
import type { KeySource } from '../keys/key-source.ts'
import { tokenDigest } from '../token/token-digest.ts'
import type { Verdict } from '../verdict/verdict.ts'

export interface IssuerGate {
  readonly gate: AuthGate
  /** The values of `iss` that lead here. */
  readonly issuers: readonly string[]
}

export interface SeveralIssuersOptions {
  /** In the order of the configuration. */
  readonly gates: readonly IssuerGate[]
  /** What is said about tokens that no issuer is asked about: issuers and audiences are those of all. */
  readonly policy: ClaimPolicy
  readonly clock: Clock
}

type Route =
  | { readonly kind: 'issuer'; readonly gate: AuthGate }
  /** A JWT that names none of the issuers. */
  | { readonly kind: 'stranger' }
  /** Nobody can tell from the token whose it is. */
  | { readonly kind: 'opaque' }

const maxRemembered = 10_000

/** `iss` as it stands there, believed by nobody: it only chooses who judges. Undefined: not a JWT. */
const claimedIssuer = (token: string): unknown => {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 1 || second < 0 || token.includes('.', second + 1)) return undefined
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, first), 'base64url').toString())
    if (!isJsonObject(header) || header['alg'] === undefined) return undefined
    const text = Buffer.from(token.slice(first + 1, second), 'base64url').toString()
    const claims: unknown = JSON.parse(text)
    return isJsonObject(claims) ? (claims['iss'] ?? null) : null
  } catch {
    return undefined
  }
}

/** Never asked: a token whose issuer is unknown is refused before its signature is of interest. */
const noKeys: KeySource = {
  revision: 0,
  peek: () => undefined,
  find: () => ({ checks: [fail(problemOf('sig-verify', 'no-issuer'))], candidates: [] }),
}

/** Whether another issuer may still know the token: this one does not, or cannot say. */
const mayBeElsewhere = (verdict: Verdict): boolean =>
  verdict.outcome === 'undecided' ||
  (verdict.outcome === 'rejected' && verdict.problem.code === 'intro-active')

const inactiveEverywhere = (verdict: Verdict, asked: readonly string[]): Verdict => {
  if (verdict.outcome !== 'rejected' || asked.length < 2) return verdict
  const problem = problemOf('intro-active', 'everywhere', { issuers: asked.join(', ') })
  const checks = verdict.checks.map((check): Check =>
    check.id === 'intro-active' ? fail(problem, check.evidence) : check,
  )
  return { ...verdict, checks, problem }
}

/** One that cannot say outweighs those that do not know the token: it may be its. */
const summary = (verdicts: readonly Verdict[], asked: readonly string[]): Verdict => {
  const undecided = verdicts.find(({ outcome }) => outcome === 'undecided')
  const last = undecided ?? verdicts.at(-1)
  if (last === undefined) throw new Error('no issuer was asked')
  return undecided ?? inactiveEverywhere(last, asked)
}

const unique = (lists: readonly (readonly string[])[]): readonly string[] => [
  ...new Set(lists.flat()),
]

/**
 * A JWT goes to the issuer that its (unverified) `iss` names, and is refused as claim-iss where that is
 * none of them. Other tokens are shown to the issuers that introspect, in order, until one knows them:
 * an issuer may so see a token of another. Does not judge anything that an issuer's own gate judges.
 */
export const severalIssuers = (options: SeveralIssuersOptions): AuthGate => {
  const { gates, policy, clock } = options
  const all = gates.map(({ gate }) => gate)
  const [first] = all
  if (first === undefined) throw new Error('no issuer is configured')
  const byIssuer = new Map(
    gates.flatMap(({ gate, issuers }) => issuers.map((issuer) => [issuer, gate] as const)),
  )
  const introspecting = all.filter(({ introspect }) => introspect !== undefined)
  const nobody = createJwtValidator({ keys: noKeys, policy, algorithms: undefined, clock })
  /** Where a token was last known, so that the others are not asked about it again. */
  const homes = new LRUCache<string, AuthGate>({ max: maxRemembered })

  const routeOf = (token: string): Route => {
    const iss = claimedIssuer(token)
    if (iss === undefined) return { kind: 'opaque' }
    const gate = typeof iss === 'string' ? byIssuer.get(iss) : undefined
    return gate === undefined ? { kind: 'stranger' } : { kind: 'issuer', gate }
  }
  const inOrder = (home: AuthGate | undefined): readonly AuthGate[] =>
    home === undefined ? introspecting : [home, ...introspecting.filter((gate) => gate !== home)]
  const namesOf = (asked: readonly AuthGate[]): readonly string[] =>
    asked.flatMap(({ authorizationServers }) => authorizationServers)

  const findHome = async <Found>(
    token: string,
    order: readonly AuthGate[],
    ask: (gate: AuthGate) => Found | Promise<Found>,
    verdictOf: (found: Found) => Verdict,
  ): Promise<readonly Found[]> => {
    const digest = tokenDigest(token)
    const before: Found[] = []
    for (const gate of order) {
      const found = await ask(gate)
      if (!mayBeElsewhere(verdictOf(found))) {
        if (verdictOf(found).outcome === 'accepted') homes.set(digest, gate)
        return [found]
      }
      before.push(found)
    }
    homes.delete(digest)
    return before
  }

  const validateOpaque: AuthGate['validate'] = (token, signal, presentation, peer) => {
    if (introspecting.length === 0) return nobody.validate(token, signal)
    const home = homes.get(tokenDigest(token))
    const atHome = home?.validate(token, signal, presentation, peer)
    if (atHome !== undefined && !(atHome instanceof Promise) && atHome.outcome === 'accepted') {
      return atHome
    }
    const ask = (gate: AuthGate): Verdict | Promise<Verdict> =>
      gate === home && atHome !== undefined
        ? atHome
        : gate.validate(token, signal, presentation, peer)
    const order = inOrder(home)
    return findHome(token, order, ask, (verdict) => verdict).then((verdicts) =>
      verdicts.length === 1 && verdicts[0] !== undefined
        ? verdicts[0]
        : summary(verdicts, namesOf(order)),
    )
  }

  const introspectOpaque = async (token: string, signal: AbortSignal): Promise<Introspection> => {
    const ask = async (gate: AuthGate): Promise<Introspection> => {
      if (gate.introspect === undefined) throw new Error('a gate that cannot introspect was asked')
      return gate.introspect(token, signal)
    }
    const found = await findHome(token, introspecting, ask, ({ verdict }) => verdict)
    const verdict = summary(
      found.map((one) => one.verdict),
      namesOf(introspecting),
    )
    const told =
      found.length === 1 ? found[0] : (found.find((one) => one.verdict === verdict) ?? found.at(-1))
    if (told === undefined) throw new Error('no issuer was asked')
    return found.length === 1 ? told : { ...told, verdict }
  }

  const readiness = (): Readiness => {
    const states = all.map((gate) => gate.ready())
    return states.find(({ ready }) => ready) ?? states[0] ?? first.ready()
  }

  const introspect = async (token: string, signal: AbortSignal): Promise<Introspection> => {
    const route = routeOf(token)
    if (route.kind === 'issuer' && route.gate.introspect !== undefined) {
      return route.gate.introspect(token, signal)
    }
    if (route.kind === 'opaque') return introspectOpaque(token, signal)
    return {
      exchange: undefined,
      answer: {
        kind: 'unreachable',
        ...problemOf('intro-reach', 'stranger'),
        retryAfterSeconds: undefined,
      },
      verdict: await (route.kind === 'issuer' ? route.gate : nobody).validate(token, signal),
    }
  }

  return {
    type: 'oauth',
    anonymous: undefined,
    authorizationServers: unique(all.map((gate) => gate.authorizationServers)),
    audiences: unique(all.map((gate) => gate.audiences)),
    // Who asks an issuer for the scopes of another is refused there; what one of them needs beyond these
    // is told to the caller that comes without.
    requiredScopes: first.requiredScopes.filter((scope) =>
      all.every((gate) => gate.requiredScopes.includes(scope)),
    ),
    validate: (token, signal, presentation, peer) => {
      const route = routeOf(token)
      if (route.kind === 'issuer') return route.gate.validate(token, signal, presentation, peer)
      return route.kind === 'opaque'
        ? validateOpaque(token, signal, presentation, peer)
        : nobody.validate(token, signal)
    },
    holds: (verdict) => all.some((gate) => gate.holds?.(verdict) === true),
    introspect: introspecting.length === 0 ? undefined : introspect,
    probe: introspecting[0]?.probe,
    discovery: () => all.map((gate) => gate.discovery()).find((found) => found !== undefined),
    start: () => {
      for (const gate of all) gate.start()
    },
    ready: readiness,
    close: () => {
      for (const gate of all) gate.close()
    },
  }
}
