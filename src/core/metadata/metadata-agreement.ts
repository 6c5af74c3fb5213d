// Whether the documents that answered at several locations say the same: in which members they part.
import { problemOf } from '../../problems/problem.ts'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { pass, skip, warn, type Check } from '../verdict/check.ts'
import type { MetadataForm } from './well-known.ts'

const canonical = (value: Json | undefined): string => {
  if (Array.isArray(value)) {
    return `[${value
      .map((item: Json) => canonical(item))
      .toSorted()
      .join()}]`
  }
  if (!isJsonObject(value)) return JSON.stringify(value) ?? ''
  const members = Object.keys(value).toSorted()
  return `{${members.map((name) => `${name}:${canonical(value[name])}`).join()}}`
}

/**
 * The members that both have and fill differently, and those of `decisive` that only one has: each kind of
 * document has members of its own. The order inside of lists says nothing.
 */
export const disagreements = (
  a: JsonObject,
  b: JsonObject,
  decisive: readonly string[] = [],
): readonly string[] => [
  ...Object.keys(a).filter(
    (name) => Object.hasOwn(b, name) && canonical(a[name]) !== canonical(b[name]),
  ),
  ...decisive.filter((name) => Object.hasOwn(a, name) !== Object.hasOwn(b, name)),
]

/** As many names as a line can hold. */
export const namesOf = (fields: readonly string[]): string => {
  const rest = fields.length - 6
  return `${fields.slice(0, 6).join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}`
}

/** What clients decide by: one document that lacks it sends its readers another way. */
const decisiveMembers = [
  'authorization_endpoint',
  'token_endpoint',
  'registration_endpoint',
  'jwks_uri',
  'code_challenge_methods_supported',
  'client_id_metadata_document_supported',
  'authorization_response_iss_parameter_supported',
]

interface Answer {
  readonly form: MetadataForm
  readonly outcome: 'used' | 'spare' | 'failed'
  readonly document: JsonObject | undefined
}

/** RFC 8414 section 5. Compares with the document that clients use; does not say which of them is right. */
export const checkAgreement = (answers: readonly Answer[]): Check => {
  const id = 'asm-agree'
  const used = answers.find(({ outcome }) => outcome === 'used')
  const others = answers.filter((answer) => answer !== used && answer.document !== undefined)
  if (used?.document === undefined || others.length === 0) {
    return skip(id, 'there is one document, and nothing to compare it with')
  }
  const { form, document } = used
  const found = others.flatMap((other) => {
    const fields = disagreements(document, other.document ?? {}, decisiveMembers)
    return fields.length === 0 ? [] : [{ form: other.form, fields }]
  })
  if (found.length === 0) {
    return pass(id, `${[used, ...others].map((answer) => answer.form).join(' and ')} agree`)
  }
  const told = found.map(
    (other) => `${form} and ${other.form} disagree on ${namesOf(other.fields)}`,
  )
  return warn(problemOf(id, { differences: told.join('; ') }), {
    actual: found.flatMap(({ fields }) => fields),
  })
}
