// Which calls a rule is about, and which quota of it each uses.
import { compilePatterns } from '../policy/glob.ts'
import { restricting, type Spelling, type Target } from '../policy/spelling.ts'
import type { Call } from '../mcp/call.ts'
import { peerOf } from '../net/address.ts'
import type { LimitRule, QuotaPart } from './limits-config.ts'

/** The target of a request as far as it is known without asking a backend. */
export interface LimitTarget extends Pick<Target, 'kind' | 'backend' | 'name'> {
  /** Whether the backend lists it. A name that a client made up gets no quota of its own. */
  readonly isListed: boolean
}

/** What rules read of one call. Read once, however many rules there are. */
export interface CallFacts {
  readonly call: Call
  readonly target: LimitTarget | undefined
  roles(): readonly string[]
  spelling(): Spelling
}

/** The key of the quota that the call uses; undefined where the rule is not about it. */
export type RuleScope = (facts: CallFacts) => string | undefined

/** A client on pipes has no address, and is one caller like those of one address. */
const pipes = 'pipes'

/** As many tools as it is remembered of whether a rule is about them. */
const mostKnown = 5000

const toolOf = ({ target }: CallFacts): string =>
  target === undefined ? '' : `${target.backend}/${target.isListed ? target.name : ''}`

const readers: Readonly<Record<QuotaPart, (facts: CallFacts) => string>> = {
  caller: ({ call }) => call.caller.principal.key,
  role: (facts) => facts.roles().join(','),
  tool: toolOf,
  backend: ({ target }) => target?.backend ?? '',
  address: ({ call }) => {
    const { address } = call.caller
    return address === undefined ? pipes : peerOf(address)
  },
}

/** Whether a rule has to know the target of a call. */
export const needsTarget = ({ by, tools, backends }: LimitRule): boolean =>
  tools !== undefined || backends !== undefined || by.includes('tool') || by.includes('backend')

export const scopeOf = ({ by, tools, backends, roles }: LimitRule): RuleScope => {
  const parts = [...new Set(by)].map((part) => readers[part])
  const patterns = tools === undefined ? undefined : compilePatterns(tools)
  const needsTool = patterns !== undefined || by.includes('tool')
  const needsBackend = backends !== undefined || by.includes('backend')
  const [only] = parts
  const known = new Map<string, boolean>()

  /** Whether a pattern fits the tool: found out once for each that is listed. */
  const matches = (facts: CallFacts): boolean => {
    const name = toolOf(facts)
    const found = known.get(name)
    if (found !== undefined) return found
    const fits = patterns !== undefined && restricting(patterns, facts.spelling()) !== undefined
    if (facts.target?.isListed !== true) return fits
    if (known.size >= mostKnown) known.clear()
    known.set(name, fits)
    return fits
  }

  const isAbout = (facts: CallFacts): boolean => {
    const { target } = facts
    if (needsTool && target?.kind !== 'tool') return false
    if (needsBackend && target === undefined) return false
    if (backends !== undefined && !backends.includes(target?.backend ?? '')) return false
    if (patterns !== undefined && !matches(facts)) return false
    return roles === undefined || facts.roles().some((role) => roles.includes(role))
  }
  return (facts) => {
    if (!isAbout(facts)) return undefined
    if (only === undefined) return ''
    if (parts.length === 1) return only(facts)
    let key = ''
    for (const read of parts) {
      const part = read(facts)
      // With its length each part ends where it ends, whatever is in it.
      key += `${part.length}:${part}`
    }
    return key
  }
}
