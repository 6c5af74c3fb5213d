// Whether every member of a document is what its specification says, used by us or not.
import { andMore, problemOf, together, type Problem } from '../../problems/problem.ts'
import { printable } from '../../base/escape.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Severity } from '../../problems/catalogue/spec.ts'
import { pass, warn, type Check } from '../verdict/check.ts'
import {
  memberFaults,
  oauthMembers,
  openIdMembers,
  resourceMembers,
  wantedOf,
  type MemberFault,
} from './members.ts'
import type { MetadataForm } from './well-known.ts'

type Id = 'asm-members' | 'prm-members'

const who = ({ isRefused }: MemberFault): string =>
  isRefused
    ? 'clients of the official TypeScript SDK refuse the document'
    : 'clients that check types refuse the document, others ignore the member'

const problemFor = (id: Id, fault: MemberFault): Problem => {
  const { member, name, what, found } = fault
  const values = {
    member: printable(name.slice(0, 80)),
    found,
    wanted: wantedOf(member),
    need: member.isRequired || what === 'needed' ? 'required' : 'optional',
    who: who(fault),
  }
  // Nothing of RFC 9728 is required but what prm-resource judges, and nothing of it is an endpoint.
  return what === 'missing' || what === 'needed' || what === 'fragment'
    ? problemOf('asm-members', what, values)
    : problemOf(id, what, values)
}

const most = 6

const severityOf = (faults: readonly MemberFault[]): Severity => {
  if (faults.some(({ isRefused }) => isRefused)) return 'high'
  return faults.every(({ what }) => what === 'no-items' || what === 'needed') ? 'low' : 'medium'
}

const checkTable = (id: Id, faults: readonly MemberFault[]): Check => {
  const [first, ...others] = faults.slice(0, most).map((fault) => problemFor(id, fault))
  if (first === undefined) return pass(id)
  const actual = faults.map(({ name, found }) => `${printable(name.slice(0, 80))}: ${found}`)
  const problem = andMore(together(first, ...others), faults.length - most)
  return warn(problem, { actual }, severityOf(faults))
}

/** asm-endpoints says what is missing of these, and what that means for the code flow. */
const flowMembers = ['authorization_endpoint', 'token_endpoint', 'response_types_supported']

/** asm-members, by the table of the form in which the document is published. */
export const checkServerMembers = (document: JsonObject, form: MetadataForm): Check => {
  const table = form.startsWith('oidc') ? openIdMembers : oauthMembers
  const faults = memberFaults(document, table)
  return checkTable(
    'asm-members',
    faults.filter(({ member, what }) => what !== 'missing' || !flowMembers.includes(member.name)),
  )
}

/** prm-resource and prm-servers judge these members themselves, prm-scopes an empty list of scopes. */
const judgedElsewhere = ['resource', 'authorization_servers']

/** prm-members. */
export const checkResourceMembers = (document: JsonObject): Check =>
  checkTable(
    'prm-members',
    memberFaults(document, resourceMembers).filter(
      ({ member, what }) =>
        !judgedElsewhere.includes(member.name) &&
        (what !== 'no-items' || member.name !== 'scopes_supported'),
    ),
  )
