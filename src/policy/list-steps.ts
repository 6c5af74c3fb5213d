// What the lists of roles and of one token say of a target.
import { quoteList } from '../base/quote.ts'
import { fail, pass } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import { allowedBy, deniedBy, type Access } from './access-lists.ts'
import type { Cause, Step } from './decision.ts'
import { shown, type Spelling, type Target } from './spelling.ts'

/** A role or a token, with its lists. */
export interface Holder {
  readonly name: string
  readonly access: Access
  /** Refuses nothing. Of roles it is one setting for all. */
  readonly reportOnly?: boolean | undefined
}

/** What one list says of a target. */
export interface Word {
  readonly name: string
  readonly says: 'allows' | 'denies' | 'unlisted'
  /** Undefined: it has no list that would say so, or nothing in it matches. */
  readonly pattern: string | undefined
}

export const wordOf = ({ name, access }: Holder, { kind }: Target, spelling: Spelling): Word => {
  const denying = deniedBy(access, kind, spelling)
  if (denying !== undefined) return { name, says: 'denies', pattern: denying }
  const passage = allowedBy(access, kind, spelling)
  return passage === undefined
    ? { name, says: 'unlisted', pattern: undefined }
    : { name, says: 'allows', pattern: passage.pattern }
}

const causeOf = (kind: Cause['kind'], { name, pattern }: Word): Cause =>
  pattern === undefined ? { kind, name } : { kind, name, pattern }

/** What a caller without any role gets of what `target` says. */
export const checkRoleless = (defaultDeny: boolean, target: string): Step => ({
  check: defaultDeny ? fail(problemOf('policy-role', 'none', { target })) : pass('policy-role'),
  causes: [{ kind: 'no-role', name: `default_deny = ${String(defaultDeny)}` }],
})

/** What several roles say together: one that denies wins over all that allow. */
export const checkRoles = (
  roles: readonly Holder[],
  defaultDeny: boolean,
  target: Target,
  spelling: Spelling,
): Step => {
  if (roles.length === 0) return checkRoleless(defaultDeny, shown(target))
  const words = roles.map((role) => wordOf(role, target, spelling))
  const denying = words.find(({ says }) => says === 'denies')
  if (denying !== undefined) {
    const { name, pattern = '' } = denying
    const values = { role: JSON.stringify(name), pattern: JSON.stringify(pattern) }
    return {
      check: fail(problemOf('policy-role', 'denied', { ...values, target: shown(target) })),
      causes: [causeOf('role', denying)],
    }
  }
  const allowing = words.find(({ says }) => says === 'allows')
  if (allowing !== undefined) {
    return {
      check: pass('policy-role', undefined, { actual: allowing.name }),
      causes: [causeOf('role', allowing)],
    }
  }
  const names = quoteList(roles.map(({ name }) => name))
  return {
    check: fail(problemOf('policy-role', 'unlisted', { roles: names, target: shown(target) })),
    causes: words.map((word) => causeOf('role', word)),
  }
}

export const checkToken = (token: Holder | undefined, target: Target, spelling: Spelling): Step => {
  if (token === undefined) return { check: pass('policy-token'), causes: [] }
  const word = wordOf(token, target, spelling)
  const causes = [causeOf('token', word)]
  const values = { token: token.name, target: shown(target) }
  switch (word.says) {
    case 'allows':
      return { check: pass('policy-token'), causes }
    case 'unlisted':
      return { check: fail(problemOf('policy-token', 'unlisted', values)), causes }
    case 'denies': {
      const pattern = JSON.stringify(word.pattern)
      return { check: fail(problemOf('policy-token', 'denied', { ...values, pattern })), causes }
    }
  }
}

/** What the lists of a profile say, which bind every caller. */
export const checkProfile = (
  profile: Holder | undefined,
  target: Target,
  spelling: Spelling,
): Step => {
  if (profile === undefined) return { check: pass('policy-filter'), causes: [] }
  const word = wordOf(profile, target, spelling)
  const causes = [causeOf('filter', word)]
  if (word.says === 'allows') return { check: pass('policy-filter'), causes }
  const values = { key: profile.name, target: shown(target) }
  const check =
    word.pattern === undefined
      ? fail(problemOf('policy-filter', 'profile-unlisted', values))
      : fail(
          problemOf('policy-filter', 'profile-denied', {
            ...values,
            pattern: JSON.stringify(word.pattern),
          }),
        )
  return { check, causes }
}
