// The metadata document of an authorization server (RFC 8414 section 2 and its extensions), read field by field.
import { printable } from '../../base/escape.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'

const textFields = [
  'jwks_uri',
  'authorization_endpoint',
  'token_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'registration_endpoint',
  'device_authorization_endpoint',
  'pushed_authorization_request_endpoint',
] as const

const listFields = [
  'scopes_supported',
  'response_types_supported',
  'grant_types_supported',
  'token_endpoint_auth_methods_supported',
  'introspection_endpoint_auth_methods_supported',
  'code_challenge_methods_supported',
  'introspection_signing_alg_values_supported',
  'introspection_encryption_alg_values_supported',
  'introspection_encryption_enc_values_supported',
  'dpop_signing_alg_values_supported',
] as const

const flagFields = [
  'tls_client_certificate_bound_access_tokens',
  'authorization_response_iss_parameter_supported',
  'client_id_metadata_document_supported',
  'require_pushed_authorization_requests',
] as const

type TextField = (typeof textFields)[number]
type ListField = (typeof listFields)[number]
type FlagField = (typeof flagFields)[number]

export type AuthServerMetadata = { readonly issuer: string } & {
  readonly [field in TextField]?: string
} & {
  /** Absent lists are empty. */
  readonly [field in ListField]: readonly string[]
} & { readonly [field in FlagField]?: boolean } & {
  readonly mtls_endpoint_aliases?: JsonObject
  /** The whole document as it came. */
  readonly raw: JsonObject
}

export type MetadataReading =
  | { readonly metadata: AuthServerMetadata }
  /** The cause, for `failed to parse auth server metadata: {cause}`; `duplicate`: a member that appears twice. */
  | { readonly cause: string; readonly fault: ReadingFault; readonly duplicate?: string }

/** What keeps a document from being read: cases of asm-found. */
export type ReadingFault = 'page' | 'empty' | 'syntax' | 'no-issuer' | 'twice'

type Unread = Extract<MetadataReading, { readonly cause: string }>

const typeName = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const parse = (text: string): { readonly raw: JsonObject; readonly twice?: string } | Unread => {
  const parsed = parseJson(text)
  if (parsed.ok) {
    const { value } = parsed
    if (!isJsonObject(value)) {
      return { cause: `the document is ${typeName(value)}, not an object`, fault: 'syntax' }
    }
    const [twice] = parsed.duplicates
    return { raw: value, ...(twice === undefined ? {} : { twice }) }
  }
  const start = text.trimStart()
  if (start === '') return { cause: 'the document is empty', fault: 'empty' }
  return start.startsWith('<')
    ? { cause: 'the document is HTML or XML, not JSON', fault: 'page' }
    : { cause: `the document is not JSON: ${parsed.reason}`, fault: 'syntax' }
}

/**
 * Reads a document. Only `issuer` is vital: a field of a wrong type is treated as absent (asm-members names it). Does not
 * check that the issuer is the one asked for, nor that any URL is one.
 */
export const readMetadata = (text: string): MetadataReading => {
  const read = parse(text)
  if ('cause' in read) return read
  const { raw, twice } = read
  if (twice !== undefined) {
    const name = printable(twice.slice(0, 60))
    return { cause: `"${name}" appears twice`, fault: 'twice', duplicate: name }
  }
  const { issuer } = raw
  if (issuer === undefined) return { cause: 'missing field `issuer`', fault: 'no-issuer' }
  if (typeof issuer !== 'string') {
    return { cause: `\`issuer\` is ${typeName(issuer)}, not a string`, fault: 'no-issuer' }
  }

  const take = <Value>(
    fields: readonly string[],
    fits: (value: unknown) => value is Value,
    absent?: Value,
  ): Record<string, Value> => {
    const found: Record<string, Value> = {}
    for (const field of fields) {
      const value = raw[field]
      if (fits(value)) found[field] = value
      else if (absent !== undefined) found[field] = absent
    }
    return found
  }
  const metadata = {
    issuer,
    ...take(textFields, (value): value is string => typeof value === 'string'),
    ...take(listFields, isTextList, []),
    ...take(flagFields, (value): value is boolean => typeof value === 'boolean'),
    ...take(['mtls_endpoint_aliases'], isJsonObject),
    raw,
  } as unknown as AuthServerMetadata
  return { metadata }
}

/** The members that are addresses of endpoints, those of unknown extensions included. */
export const urlFields = (metadata: AuthServerMetadata): readonly (readonly [string, string])[] =>
  Object.entries(metadata.raw).flatMap(([field, value]) =>
    typeof value === 'string' && (field.endsWith('_endpoint') || field === 'jwks_uri')
      ? [[field, value] as const]
      : [],
  )
