// What can be said of the authorization servers that were asked, beyond the document of each.
import { problemOf } from '../../problems/problem.ts'
import { refusedHost } from '../../net/address.ts'
import { asOpen, fail, pass, skip, warn, type Check } from '../verdict/check.ts'
import type { Discovery } from '../metadata/discovery.ts'
import { nearMiss } from '../verdict/near-miss.ts'
import { quote } from '../../base/quote.ts'
import { silenceOf } from '../../net/unanswered.ts'

/** Nothing was found, and somewhere nobody answered: then nobody knows. */
const silenceAt = ({ metadata, attempts }: Discovery): string | undefined =>
  metadata === undefined
    ? attempts
        .flatMap(({ exchange }) => {
          const silence = silenceOf(exchange)
          return silence === undefined ? [] : [`${silence} (${exchange.url})`]
        })
        .at(0)
    : undefined

/** Turns "not found" into "nobody can tell" where the network kept the answer back. */
export const settledChecks = (found: Discovery): readonly Check[] => {
  const silence = silenceAt(found)
  return found.checks.map((check) =>
    check.id === 'asm-found' && check.status === 'fail' && silence !== undefined
      ? asOpen(check, silence)
      : check,
  )
}

/** Of the issuer that came out, against the one that somebody wants to see. */
export const checkExpectedIssuer = (found: Discovery, expected: string): Check => {
  const issuer = found.metadata?.issuer ?? found.issuer
  if (issuer === expected) return pass('asm-issuer', `${issuer}, as expected`)
  const what = nearMiss(issuer, expected)
  const problem =
    what === undefined
      ? problemOf('asm-issuer', 'unexpected', { issuer, expected })
      : problemOf('asm-issuer', 'nearly', { issuer, expected, what })
  return fail(problem, {
    expected,
    actual: issuer,
  })
}

const answers = ({ metadata }: Discovery): boolean => metadata !== undefined

/**
 * prm-servers once more, when the servers have been asked. Many clients ask the first alone. Undefined
 * where the document has said all there is to say.
 */
export const checkServersAnswer = (
  resource: string,
  servers: readonly Discovery[],
): Check | undefined => {
  const id = 'prm-servers'
  const own = servers.find((server) => server.issuer === resource && !answers(server))
  if (own !== undefined) {
    return fail(problemOf(id, 'itself', { url: resource }))
  }
  const forbidden = servers
    .filter(({ issuer }) => URL.canParse(issuer))
    .map(({ issuer }) => refusedHost(new URL(issuer).hostname, 'private'))
    .find((reason) => reason !== undefined)
  if (forbidden !== undefined) return fail(problemOf(id, 'forbidden', { why: forbidden }))
  const [first, ...others] = servers
  const next = others.find(answers)
  if (first === undefined || answers(first) || next === undefined) return undefined
  const values = { first: quote(first.issuer), next: quote(next.issuer) }
  return warn(problemOf(id, 'second', values), undefined, 'high')
}

/** How the server was found: by metadata, or by the guess that clients of 2025-03-26 make. */
export const checkGuess = (isGuessed: boolean, found: Discovery): Check => {
  const id = 'prm-legacy'
  if (!isGuessed) return pass(id)
  return found.metadata === undefined
    ? skip(id, 'the guess leads nowhere either')
    : warn(problemOf(id, { issuer: found.issuer }))
}

/** RFC 9728 section 4. */
export const checkListedResources = ({ metadata }: Discovery, resource: string): Check => {
  const id = 'asm-protected-resources'
  const listed = metadata?.raw['protected_resources']
  if (!Array.isArray(listed)) return skip(id, 'the authorization server lists no resources')
  return listed.includes(resource)
    ? pass(id)
    : warn(problemOf(id, { resource }), { actual: listed.slice(0, 10) })
}
