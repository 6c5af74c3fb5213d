// The members of each document as its specification defines them: type, requiredness, and whether the official
// TypeScript clients refuse the whole document for a value of another type (test/core/metadata/members.test.ts asks them).
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'

export type MemberType =
  | 'string'
  | 'URL'
  | 'list of strings'
  | 'list of URLs'
  | 'boolean'
  | 'number'
  | 'object'
  | 'object of URLs'

export interface MetadataMember {
  readonly name: string
  readonly type: MemberType
  readonly isRequired: boolean
  /** What a wrong value costs: the document, or this member alone. */
  readonly costs: 'document' | 'member'
  /** Official clients take addresses of any scheme here, those of scripts included. */
  readonly takesScripts: boolean
  /** The member that makes this one required where it has one of these values. */
  readonly neededBy?: { readonly name: string; readonly values: readonly string[] }
}

/** Before a name: `!` required, `~` official clients do not look at its type, `*` they take any scheme. */
const members = (type: MemberType, names: string): readonly MetadataMember[] =>
  names.split(' ').map((marked) => ({
    name: marked.replace(/^[!~*]+/, ''),
    type,
    isRequired: marked.includes('!'),
    costs: marked.includes('~') ? 'member' : 'document',
    takesScripts: marked.includes('*'),
  }))

/**
 * Beside the members of either form, as IANA registers them: RFC 7662, RFC 8628, RFC 8705, RFC 9101, RFC 9126, RFC 9207,
 * RFC 9396, RFC 9449, RFC 9701, RFC 9728, and those of OpenID for sessions, logout, CIBA, JARM and Federation.
 */
const extensions: readonly MetadataMember[] = [
  ...members(
    'URL',
    '~device_authorization_endpoint ~pushed_authorization_request_endpoint ~end_session_endpoint ~check_session_iframe ~backchannel_authentication_endpoint ~signed_jwks_uri ~federation_registration_endpoint',
  ),
  ...members(
    'list of strings',
    '~introspection_signing_alg_values_supported ~introspection_encryption_alg_values_supported ~introspection_encryption_enc_values_supported ~authorization_signing_alg_values_supported ~authorization_encryption_alg_values_supported ~authorization_encryption_enc_values_supported ~authorization_details_types_supported ~prompt_values_supported ~backchannel_token_delivery_modes_supported ~backchannel_authentication_request_signing_alg_values_supported ~client_registration_types_supported',
  ),
  ...members('list of URLs', '~protected_resources'),
  ...members(
    'boolean',
    '~tls_client_certificate_bound_access_tokens ~authorization_response_iss_parameter_supported ~require_pushed_authorization_requests ~require_signed_request_object ~backchannel_logout_supported ~backchannel_logout_session_supported ~frontchannel_logout_supported ~frontchannel_logout_session_supported ~backchannel_user_code_parameter_supported',
  ),
  ...members('object of URLs', '~mtls_endpoint_aliases'),
  ...members('object', '~jwks'),
  ...members('string', '~signed_metadata'),
]

const shared: readonly MetadataMember[] = [
  ...members('string', '!issuer'),
  ...members('URL', '!authorization_endpoint !token_endpoint registration_endpoint'),
  ...members(
    'list of strings',
    '!response_types_supported scopes_supported response_modes_supported grant_types_supported token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported code_challenge_methods_supported',
  ),
  ...members('boolean', 'client_id_metadata_document_supported'),
  ...extensions,
]

/** Members of OpenID Connect Discovery alone; in the other form official clients do not look at them. */
const openIdAlone = (mark: '' | '~'): readonly MetadataMember[] => {
  const marked = (names: string): string => names.replace(/(?<= |^)(?=\w)/g, mark)
  return [
    ...members('URL', marked('userinfo_endpoint')),
    ...members(
      'list of strings',
      marked(
        'acr_values_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported userinfo_signing_alg_values_supported userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported request_object_signing_alg_values_supported request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported display_values_supported claim_types_supported claims_supported claims_locales_supported',
      ),
    ),
    ...members(
      'boolean',
      marked(
        'claims_parameter_supported request_parameter_supported request_uri_parameter_supported require_request_uri_registration',
      ),
    ),
  ]
}

/** RFC 8414 section 2: clients that authenticate with a signature have to know which ones are taken. */
const withNeeded = (table: readonly MetadataMember[]): readonly MetadataMember[] =>
  table.map((member) => {
    const endpoint = /^(.*)_endpoint_auth_signing_alg_values_supported$/.exec(member.name)?.[1]
    return endpoint === undefined
      ? member
      : {
          ...member,
          neededBy: {
            name: `${endpoint}_endpoint_auth_methods_supported`,
            values: ['private_key_jwt', 'client_secret_jwt'],
          },
        }
  })

/** RFC 8414 section 2, in the document at /.well-known/oauth-authorization-server. */
export const oauthMembers: readonly MetadataMember[] = withNeeded([
  ...shared,
  ...openIdAlone('~'),
  ...members(
    'URL',
    '~jwks_uri ~op_policy_uri ~op_tos_uri service_documentation revocation_endpoint',
  ),
  ...members('string', 'introspection_endpoint'),
  ...members(
    'list of strings',
    '~ui_locales_supported ~subject_types_supported ~id_token_signing_alg_values_supported revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported dpop_signing_alg_values_supported',
  ),
])

/** OpenID Connect Discovery section 3, in the document at /.well-known/openid-configuration. */
export const openIdMembers: readonly MetadataMember[] = [
  ...shared,
  ...openIdAlone(''),
  ...members(
    'URL',
    '!jwks_uri op_policy_uri op_tos_uri ~revocation_endpoint ~introspection_endpoint',
  ),
  ...members('string', 'service_documentation'),
  ...members(
    'list of strings',
    '!subject_types_supported !id_token_signing_alg_values_supported ui_locales_supported ~revocation_endpoint_auth_methods_supported ~revocation_endpoint_auth_signing_alg_values_supported ~introspection_endpoint_auth_methods_supported ~introspection_endpoint_auth_signing_alg_values_supported ~dpop_signing_alg_values_supported',
  ),
]

/** RFC 9728 section 2. */
export const resourceMembers: readonly MetadataMember[] = [
  ...members('URL', '!*resource *jwks_uri *resource_policy_uri *resource_tos_uri'),
  ...members('list of URLs', 'authorization_servers'),
  ...members('string', 'resource_name resource_documentation ~signed_metadata'),
  ...members(
    'list of strings',
    'scopes_supported bearer_methods_supported resource_signing_alg_values_supported authorization_details_types_supported dpop_signing_alg_values_supported',
  ),
  ...members(
    'boolean',
    'tls_client_certificate_bound_access_tokens dpop_bound_access_tokens_required',
  ),
]

/** RFC 7591 sections 2 and 3.2.1, in the answer of the registration endpoint. */
export const registrationMembers: readonly MetadataMember[] = [
  ...members(
    'string',
    '!client_id client_secret token_endpoint_auth_method client_name scope policy_uri software_id software_version software_statement ~registration_access_token',
  ),
  ...members('number', 'client_id_issued_at client_secret_expires_at'),
  ...members('list of URLs', '!redirect_uris'),
  ...members('list of strings', 'grant_types response_types contacts'),
  ...members('URL', 'client_uri logo_uri tos_uri jwks_uri ~registration_client_uri'),
  ...members('object', '~jwks'),
]

export interface MemberFault {
  readonly member: MetadataMember
  /** As it is written in the document: with a language tag, where it has one. */
  readonly name: string
  readonly what: 'missing' | 'needed' | 'null' | 'empty' | 'no-items' | 'type' | 'fragment'
  /** Never the value itself: only what it is. */
  readonly found: string
  /** Whether official clients refuse the document for it. */
  readonly isRefused: boolean
}

type Fits = (value: Json | undefined) => boolean

const isScript: Fits = (value) =>
  typeof value === 'string' &&
  URL.canParse(value) &&
  /^(?:javascript|data|vbscript):$/.test(new URL(value).protocol)

const isUrl: Fits = (value) => typeof value === 'string' && URL.canParse(value) && !isScript(value)

const isListOf =
  (isItem: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every((item: Json) => isItem(item))

const isText: Fits = (value) => typeof value === 'string'

const fits: Readonly<Record<MemberType, Fits>> = {
  string: isText,
  URL: isUrl,
  'list of strings': isListOf(isText),
  'list of URLs': isListOf(isUrl),
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  object: isJsonObject,
  'object of URLs': (value) =>
    isJsonObject(value) && Object.values(value).every((item) => isUrl(item)),
}

/** Endpoints have none (RFC 6749 sections 3.1 and 3.2): a client never sends it (RFC 9110 section 7.1). */
const hasFragment = (value: Json, { name, type }: MetadataMember): boolean =>
  type === 'URL' && name.endsWith('_endpoint') && typeof value === 'string' && value.includes('#')

const articleOf = (noun: string): string => (/^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`)

/** What a member has to be, with its article. */
export const wantedOf = ({ type }: MetadataMember): string => articleOf(type)

const kindOf = (value: Json | undefined): string => {
  if (value === null || value === undefined) return 'null'
  if (value === '') return 'an empty string'
  return Array.isArray(value) ? 'a list' : articleOf(typeof value)
}

const unusable = 'a string that is no usable URL'

/** The value among several that does not fit, and what it is. */
const within = (values: readonly (Json | undefined)[], isItem: Fits): string => {
  const wrong = values.find((item) => !isItem(item))
  return typeof wrong === 'string' && wrong !== '' ? unusable : kindOf(wrong)
}

const found = (value: Json, { type }: MetadataMember): string => {
  if (typeof value === 'string' && type === 'URL') return unusable
  if (Array.isArray(value) && type.startsWith('list')) {
    return `a list with ${within(value, type === 'list of URLs' ? isUrl : isText)} in it`
  }
  return isJsonObject(value) && type === 'object of URLs'
    ? `an object with ${within(Object.values(value), isUrl)} in it`
    : kindOf(value)
}

type Fault = Pick<MemberFault, 'what' | 'found' | 'isRefused'>

const needOf = (document: JsonObject, { neededBy }: MetadataMember): string | undefined => {
  const values = neededBy === undefined ? undefined : document[neededBy.name]
  const value = Array.isArray(values)
    ? neededBy?.values.find((one) => values.includes(one))
    : undefined
  return value === undefined ? undefined : `${value} in ${String(neededBy?.name)}`
}

const absence = (
  document: JsonObject,
  member: MetadataMember,
  isRefused: boolean,
): Fault | undefined => {
  if (member.isRequired) return { what: 'missing', found: 'missing', isRefused }
  const need = needOf(document, member)
  return need === undefined ? undefined : { what: 'needed', found: need, isRefused: false }
}

const faultOf = (
  document: JsonObject,
  value: Json | undefined,
  member: MetadataMember,
): Fault | undefined => {
  const isRefused = member.costs === 'document'
  if (value === undefined) return absence(document, member, isRefused)
  if (value === null) return { what: 'null', found: 'null', isRefused }
  if (value === '') {
    const isTaken = member.type === 'string'
    return { what: 'empty', found: 'an empty string', isRefused: isRefused && !isTaken }
  }
  if (!fits[member.type](value)) {
    const isTaken = member.takesScripts && isScript(value)
    return { what: 'type', found: found(value, member), isRefused: isRefused && !isTaken }
  }
  if (hasFragment(value, member)) return { what: 'fragment', found: 'a URL', isRefused: false }
  return Array.isArray(value) && value.length === 0
    ? { what: 'no-items', found: 'an empty list', isRefused: false }
    : undefined
}

/** Members for people come in several languages, as `client_name#ja` (RFC 7591 section 2.2, RFC 9728 section 2.1). */
const tagged = (document: JsonObject, member: MetadataMember): readonly string[] =>
  member.type === 'string' || member.type === 'URL'
    ? Object.keys(document).filter((name) => name.startsWith(`${member.name}#`))
    : []

/** What is wrong with the members of a document, those for which clients refuse it first. Does not look at other members. */
export const memberFaults = (
  document: JsonObject,
  table: readonly MetadataMember[],
): readonly MemberFault[] => {
  const faults = table.flatMap((member) => {
    const names = [member.name, ...tagged(document, member)]
    return names.flatMap((name) => {
      const judged: MetadataMember = name === member.name ? member : { ...member, costs: 'member' }
      const fault = faultOf(document, document[name], judged)
      return fault === undefined ? [] : [{ member, name, ...fault }]
    })
  })
  return [
    ...faults.filter(({ isRefused }) => isRefused),
    ...faults.filter(({ isRefused }) => !isRefused),
  ]
}
