// The section public: what a client meets at public_url, held against the configuration.
import { exchange } from '../../net/exchange.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { fail, pass, skip, warn, type Check } from '../../core/verdict/check.ts'
import type { ResourceAttempt } from '../../core/resource/resource-checks.ts'
import { discoverResource, type ResourceDiscovery } from '../../core/resource/resource-discovery.ts'
import { isSilent } from './issuer-examination.ts'
import { ownProxyAt } from './listener.ts'
import type { Fact, ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

const section = 'public'

const sorted = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string').toSorted() : []

const listed = (values: readonly string[]): string =>
  values.length === 0 ? 'empty' : values.join(' ')

const compared = (member: string, found: readonly string[], wanted: readonly string[]): Check[] =>
  found.join('\n') === wanted.join('\n')
    ? []
    : [
        warn(
          problemOf('prm-configured', { member, found: listed(found), wanted: listed(wanted) }),
          { expected: [...wanted], actual: [...found] },
        ),
      ]

/** What this configuration would publish, against what is published. */
const configured = (document: JsonObject, { generation }: DoctorContext): Check[] => {
  const { authorizationServers, requiredScopes } = generation.gate
  const differing = [
    ...compared(
      'authorization_servers',
      sorted(document['authorization_servers']),
      authorizationServers.toSorted(),
    ),
    ...compared(
      'scopes_supported',
      sorted(document['scopes_supported']),
      requiredScopes.toSorted(),
    ),
  ]
  return differing.length === 0 ? [pass('prm-configured')] : differing
}

const audience = (url: string, { generation }: DoctorContext): Check => {
  const { audiences } = generation.gate
  const id = 'prm-audience'
  if (audiences.length === 0) return skip(id, 'tokens for any audience are accepted')
  return audiences.includes(url)
    ? pass(id)
    : warn(problemOf(id, { url, audiences: audiences.join(', ') }))
}

/** Documents at the two places may come from different servers behind one name. */
const agreeing = (attempts: readonly ResourceAttempt[]): Check[] => {
  const [first, ...others] = attempts.flatMap(({ document, exchange: { url } }) =>
    document === undefined ? [] : [{ url, text: JSON.stringify(document) }],
  )
  const other = others.find(({ text }) => text !== first?.text)
  return other === undefined || first === undefined
    ? []
    : [
        warn(
          problemOf('prm-configured', {
            member: other.url,
            found: 'another document',
            wanted: `the one at ${first.url}`,
          }),
        ),
      ]
}

interface Unseen {
  readonly url: string
  readonly why: string
  /** Whether public_url is written; else it is the listener's own. */
  readonly written: boolean
  /** What can be said all the same. */
  readonly checks: readonly Check[]
}

const unseen = ({ url, why, written, checks }: Unseen): ReportSection => {
  const message = problemOf('prm-reach', { url, why })
  const because = 'the proxy does not run yet, and nothing stands between it and its clients'
  return written
    ? {
        section,
        subject: url,
        summary: `not reachable from here: ${why}`,
        checks,
        open: [warn(message)],
      }
    : {
        section,
        subject: url,
        summary: 'not running',
        checks: [skip('prm-reach', because), ...checks],
      }
}

const whyUnseen = ({ probe }: ResourceDiscovery): string =>
  probe.fault?.kind === 'aborted'
    ? 'no answer in time'
    : (probe.fault?.detail ?? `it answers ${String(probe.status)}`)

/** Where nobody is asked for a token there is nothing to publish: an answer is enough. */
const openFace = async (
  url: string,
  written: boolean,
  world: DoctorContext,
): Promise<ReportSection> => {
  const { ports, signal } = world
  const answer = await exchange({ url, signal }, ports, { allowHttp: true })
  if (isSilent(answer)) {
    const why = answer.fault?.detail ?? `it answers ${String(answer.status)}`
    return unseen({ url, why, written, checks: [] })
  }
  const own = await ownProxyAt(new URL(url).origin, ports, signal)
  const summary = own === undefined ? `answers ${String(answer.status)}` : `a proxy, ${own.status}`
  return { section, subject: url, summary, checks: [pass('prm-reach', url)] }
}

const attemptFacts = (attempts: readonly ResourceAttempt[]): Fact[] =>
  attempts.map(({ from, exchange: { url, status, fault } }) => [
    from,
    `${String(status ?? '-')}  ${url}${fault === undefined ? '' : `  ${fault.detail}`}`,
  ])

/** What a stranger answers at public_url is no fault of its challenge. */
const ofStranger = (check: Check): Check =>
  check.status === 'fail' && check.id === 'prm-challenge'
    ? fail(problemOf('prm-challenge', 'elsewhere', { said: check.message }), check.evidence)
    : check

const summaryOf = (found: ResourceDiscovery): string => {
  const { probe, challenge, metadata } = found
  const said = challenge === undefined ? '' : ` ${challenge.scheme === 'dpop' ? 'DPoP' : 'Bearer'}`
  const document = metadata === undefined ? 'no metadata' : 'metadata found'
  return `${String(probe.status)}${said}, ${document}`
}

export const publicFace = async (world: DoctorContext): Promise<ReportSection> => {
  const { generation, loaded, ports, signal } = world
  const { publicUrl, gate } = generation
  const { listen, public_url: written } = loaded.config.proxy
  if (publicUrl === undefined) {
    return { section, summary: 'no public_url is set', checks: [] }
  }
  if (written === undefined && listen.port === 0) {
    return { section, summary: 'known once it listens: the port is 0', checks: [] }
  }
  // Binding the port to see whether it is free would answer in the place of what we look for.
  await world.listener()
  if (gate.type === 'none') return openFace(publicUrl, written !== undefined, world)
  const found = await discoverResource(publicUrl, ports, {
    allowHttp: true,
    allowPrivate: true,
    signal,
  })
  const publishes = gate.authorizationServers.length > 0
  const aside = publishes ? [audience(publicUrl, world)] : []
  if (isSilent(found.probe)) {
    const why = whyUnseen(found)
    return unseen({ url: publicUrl, why, written: written !== undefined, checks: aside })
  }
  const seen = publishes ? found.checks : found.checks.filter(({ id }) => id === 'prm-challenge')
  const foreign = !found.isResource
  return {
    section,
    subject: publicUrl,
    summary: foreign
      ? `something else answers there (${String(found.probe.status)})`
      : summaryOf(found),
    facts: attemptFacts(found.attempts),
    checks: [
      pass('prm-reach', publicUrl),
      ...(foreign ? seen.map(ofStranger) : seen),
      ...(found.metadata === undefined ? [] : configured(found.metadata, world)),
      ...agreeing(found.attempts),
      ...aside,
    ],
  }
}
