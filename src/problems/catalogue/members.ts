// Members of metadata documents that are missing or have a wrong value, in whichever document.
import { says, type Texts } from './spec.ts'

/** A value of others in a remedy: no longer than a line can carry. */
export const brief = (value: string | number): string => {
  const text = String(value)
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}

type MemberTexts = Texts<'member' | 'found' | 'wanted' | 'who' | 'need'>

const stopped = 'clients of the official TypeScript SDK refuse the document'

/** What is required stays, with a value. */
const omitted = ({ member, wanted, need }: MemberTexts): string =>
  need === 'required'
    ? `publish ${brief(member)} as ${wanted}`
    : `leave ${brief(member)} out where it has no value`

const corrected = ({ member, wanted, need }: MemberTexts): string =>
  `publish ${brief(member)} as ${wanted}${need === 'required' ? '' : ', or leave it out'}`

const example = {
  member: 'scopes_supported',
  found: 'a string',
  wanted: 'a list of strings',
  who: stopped,
  need: 'optional',
}

/** Members that have a wrong value, in whichever document. */
export const memberCases = {
  null: says(
    ({ member, who }: MemberTexts) => `${member} is null: ${who}`,
    { ...example, found: 'null' },
    omitted,
  ),
  empty: says(
    ({ member, who }: MemberTexts) => `${member} is an empty string: ${who}`,
    { ...example, found: 'an empty string' },
    omitted,
  ),
  'no-items': says(
    ({ member }: MemberTexts) => `${member} is an empty list: members without values are left out`,
    { ...example, found: 'an empty list' },
    omitted,
  ),
  type: says(
    ({ member, found, wanted, who }: MemberTexts) => `${member} is ${found}, not ${wanted}: ${who}`,
    example,
    corrected,
  ),
}

/** Members that are not there, and those that only an authorization server has. */
export const serverMemberCases = {
  missing: says(
    ({ member, who }: MemberTexts) => `${member} is missing, and is required here: ${who}`,
    { ...example, member: 'subject_types_supported', found: 'missing', need: 'required' },
    corrected,
  ),
  needed: says(
    ({ member, found }: MemberTexts) =>
      `${member} is missing, and is required with ${found}: clients do not know which signatures are taken`,
    {
      ...example,
      member: 'token_endpoint_auth_signing_alg_values_supported',
      found: 'private_key_jwt in token_endpoint_auth_methods_supported',
      need: 'required',
    },
    corrected,
  ),
  fragment: says(
    ({ member }: MemberTexts) =>
      `${member} has a fragment: what follows # never reaches the server, nor do parameters that a client appends to it`,
    { ...example, member: 'authorization_endpoint', found: 'a URL', wanted: 'a URL' },
    ({ member }) =>
      `publish ${brief(member)} without # and what follows it: endpoints have no fragment (RFC 6749 section 3)`,
  ),
}
