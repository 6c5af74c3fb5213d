// Whether every member of a document is what its specification says, used by us or not.
import { andMore, problemOf, together, type Problem } from '../../problems/problem.ts'
import type { JsonObject } from '../../base/json.ts'
import { pass, warn, type Check } from '../verdict/check.ts'
import {
  memberFaults,
  oauthMembers,
  openIdMembers,
  resourceMembers,
  type MemberFault,
} from './members.ts'
import type { MetadataForm } from './well-known.ts'

type Id = 'asm-members' | 'prm-members'

const who = ({ isRefused }: MemberFault): string =>
  isRefused
    ? 'clients of the official TypeScript SDK refuse the document'
    : 'clients that check types refuse the document, others ignore the member'

const problemFor = (id: Id, fault: MemberFault): Problem => {
  const { member, what, found } = fault
  const values = { member: member.name, found, wanted: member.type, who: who(fault) }
  return problemOf(id, what, values)
}

const most = 6

const checkTable = (id: Id, faults: readonly MemberFault[]): Check => {
  const [first, ...others] = faults.slice(0, most).map((fault) => problemFor(id, fault))
  if (first === undefined) return pass(id)
  const severity = faults.some(({ isRefused }) => isRefused) ? 'high' : 'medium'
  const actual = faults.map(({ member, found }) => `${member.name}: ${found}`)
  return warn(andMore(together(first, ...others), faults.length - most), { actual }, severity)
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

/** prm-resource and prm-servers judge these members themselves. */
const judgedElsewhere = ['resource', 'authorization_servers']

/** prm-members. */
export const checkResourceMembers = (document: JsonObject): Check =>
  checkTable(
    'prm-members',
    memberFaults(document, resourceMembers).filter(
      ({ member }) => !judgedElsewhere.includes(member.name),
    ),
  )
