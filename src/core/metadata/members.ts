// The members of each document as its specification defines them: type, requiredness, and whether the official
// TypeScript clients refuse the whole document for a value of another type (test/core/metadata/members.test.ts asks them).
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'

export type MemberType =
  'text' | 'URL' | 'list of strings' | 'list of URLs' | 'boolean' | 'number' | 'object'

export interface Member {
  readonly name: string
  readonly type: MemberType
  readonly isRequired: boolean
  /** What a wrong value costs: the document, or this member alone. */
  readonly costs: 'document' | 'member'
}

/** `!` before a name: required. `~` before it: official clients do not look at its type. */
const members = (type: MemberType, names: string): readonly Member[] =>
  names.split(' ').map((marked) => ({
    name: marked.replace(/^[!~]+/, ''),
    type,
    isRequired: marked.includes('!'),
    costs: marked.includes('~') ? 'member' : 'document',
  }))

/** Beside the members of either form: RFC 8414 section 2, RFC 7662, RFC 8628, RFC 8705, RFC 9126, RFC 9207, RFC 9449, RFC 9701. */
const extensions: readonly Member[] = [
  ...members(
    'URL',
    '~device_authorization_endpoint ~pushed_authorization_request_endpoint ~end_session_endpoint ~check_session_iframe ~backchannel_authentication_endpoint',
  ),
  ...members(
    'list of strings',
    '~introspection_signing_alg_values_supported ~introspection_encryption_alg_values_supported ~introspection_encryption_enc_values_supported ~authorization_signing_alg_values_supported ~authorization_details_types_supported ~prompt_values_supported',
  ),
  ...members('list of URLs', '~protected_resources'),
  ...members(
    'boolean',
    '~tls_client_certificate_bound_access_tokens ~authorization_response_iss_parameter_supported ~require_pushed_authorization_requests ~require_signed_request_object ~backchannel_logout_supported ~frontchannel_logout_supported',
  ),
  ...members('object', '~mtls_endpoint_aliases'),
  ...members('text', '~signed_metadata'),
]

const shared: readonly Member[] = [
  ...members('text', '!issuer'),
  ...members('URL', '!authorization_endpoint !token_endpoint registration_endpoint'),
  ...members(
    'list of strings',
    '!response_types_supported scopes_supported response_modes_supported grant_types_supported token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported code_challenge_methods_supported',
  ),
  ...members('boolean', 'client_id_metadata_document_supported'),
  ...extensions,
]

/** RFC 8414 section 2, in the document at /.well-known/oauth-authorization-server. */
export const oauthMembers: readonly Member[] = [
  ...shared,
  ...members(
    'URL',
    '~jwks_uri ~op_policy_uri ~op_tos_uri service_documentation revocation_endpoint',
  ),
  ...members('text', 'introspection_endpoint'),
  ...members(
    'list of strings',
    '~ui_locales_supported revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported dpop_signing_alg_values_supported',
  ),
]

/** OpenID Connect Discovery section 3, in the document at /.well-known/openid-configuration. */
export const openIdMembers: readonly Member[] = [
  ...shared,
  ...members(
    'URL',
    '!jwks_uri userinfo_endpoint op_policy_uri op_tos_uri ~revocation_endpoint ~introspection_endpoint',
  ),
  ...members('text', 'service_documentation'),
  ...members(
    'list of strings',
    '!subject_types_supported !id_token_signing_alg_values_supported acr_values_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported userinfo_signing_alg_values_supported userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported request_object_signing_alg_values_supported request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported display_values_supported claim_types_supported claims_supported claims_locales_supported ui_locales_supported ~revocation_endpoint_auth_methods_supported ~introspection_endpoint_auth_methods_supported ~dpop_signing_alg_values_supported',
  ),
  ...members(
    'boolean',
    'claims_parameter_supported request_parameter_supported request_uri_parameter_supported require_request_uri_registration',
  ),
]

/** RFC 9728 section 2. */
export const resourceMembers: readonly Member[] = [
  ...members('URL', '!resource jwks_uri resource_policy_uri resource_tos_uri'),
  ...members('list of URLs', 'authorization_servers'),
  ...members('text', 'resource_name resource_documentation ~signed_metadata'),
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
export const registrationMembers: readonly Member[] = [
  ...members(
    'text',
    '!client_id client_secret token_endpoint_auth_method client_name scope policy_uri software_id software_version software_statement ~registration_access_token',
  ),
  ...members('number', 'client_id_issued_at client_secret_expires_at'),
  ...members('list of URLs', '!redirect_uris'),
  ...members('list of strings', 'grant_types response_types contacts'),
  ...members('URL', 'client_uri logo_uri tos_uri jwks_uri ~registration_client_uri'),
  ...members('object', '~jwks'),
]

export interface MemberFault {
  readonly member: Member
  readonly what: 'missing' | 'null' | 'empty' | 'type'
  /** Never the value itself: only what it is. */
  readonly found: string
  /** Whether official clients refuse the document for it. */
  readonly isRefused: boolean
}

const isUrl = (value: Json | undefined): boolean =>
  typeof value === 'string' &&
  URL.canParse(value) &&
  !/^(?:javascript|data|vbscript):$/.test(new URL(value).protocol)

const isListOf =
  (fits: (value: Json | undefined) => boolean) =>
  (value: Json | undefined): boolean =>
    Array.isArray(value) && value.every((item: Json) => fits(item))

const isText = (value: Json | undefined): boolean => typeof value === 'string'

const fits: Readonly<Record<MemberType, (value: Json | undefined) => boolean>> = {
  text: isText,
  URL: isUrl,
  'list of strings': isListOf(isText),
  'list of URLs': isListOf(isUrl),
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  object: isJsonObject,
}

const nameOf = (value: Json): string => {
  if (Array.isArray(value)) return 'a list of other values'
  if (typeof value === 'string') return 'a string'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const found = (value: Json, { type }: Member): string => {
  if (typeof value === 'string' && type === 'URL') return 'a string that is no usable URL'
  return nameOf(value)
}

const faultOf = (document: JsonObject, member: Member): MemberFault | undefined => {
  const value = document[member.name]
  const isRefused = member.costs === 'document'
  if (value === undefined) {
    return member.isRequired ? { member, what: 'missing', found: 'missing', isRefused } : undefined
  }
  if (value === null) return { member, what: 'null', found: 'null', isRefused }
  if (value === '') {
    const isTaken = member.type === 'text'
    return { member, what: 'empty', found: 'an empty string', isRefused: isRefused && !isTaken }
  }
  return fits[member.type](value)
    ? undefined
    : { member, what: 'type', found: found(value, member), isRefused }
}

/** What is wrong with the members of a document, those for which clients refuse it first. Does not look at other members. */
export const memberFaults = (
  document: JsonObject,
  table: readonly Member[],
): readonly MemberFault[] => {
  const faults = table.flatMap((member) => faultOf(document, member) ?? [])
  return [
    ...faults.filter(({ isRefused }) => isRefused),
    ...faults.filter(({ isRefused }) => !isRefused),
  ]
}
