// The body of a request to the admin API: JSON, or a configuration in one of its formats.
import type { IncomingMessage } from 'node:http'
import { parseJson } from '../../base/json.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { configurationTypes } from '../admin/open-api.ts'
import type { BodyKind } from '../admin/route.ts'
import { readBody } from './body.ts'

export type AdminBody = { readonly value: unknown } | { readonly problem: Problem }

/** As large as a configuration file may be. */
const largestBody = 1_048_576

const typeOf = ({ headers }: IncomingMessage): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

/**
 * No page of another site can send these types without being asked first (Fetch standard, section 4.1.5), so a request
 * that changes something needs one of them even where it has no body.
 */
const typesFor = (body: BodyKind): readonly string[] =>
  body === 'configuration' ? Object.keys(configurationTypes) : ['application/json']

const utf8 = new TextDecoder('utf-8', { fatal: true })

const textIn = (bytes: Buffer): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const configurationIn = (bytes: Buffer, type: string): AdminBody => {
  const text = textIn(bytes)
  if (text === undefined) return { problem: problemOf('admin-body', 'text') }
  return { value: { text, format: configurationTypes[type as keyof typeof configurationTypes] } }
}

const jsonIn = (bytes: Buffer): AdminBody => {
  const read = parseJson(bytes, { maxBytes: largestBody })
  if (!read.ok || read.duplicates.length > 0) return { problem: problemOf('admin-body', 'json') }
  return { value: read.value }
}

/** Calls back once, unless the caller leaves. */
export const readAdminBody = (
  req: IncomingMessage,
  body: BodyKind,
  onBody: (body: AdminBody) => void,
): void => {
  const type = typeOf(req)
  const types = typesFor(body)
  if (!types.includes(type)) {
    onBody({ problem: problemOf('admin-body-type', { types: types.join(' or ') }) })
    return
  }
  readBody(req, largestBody, (bytes) => {
    if (bytes === 'too large') {
      onBody({ problem: problemOf('req-body-size', { limit: largestBody }) })
    } else if (body === 'configuration') onBody(configurationIn(bytes, type))
    else if (body === undefined && bytes.length === 0) onBody({ value: undefined })
    else onBody(jsonIn(bytes))
  })
}
